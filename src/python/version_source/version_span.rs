//! The range of text that contains the version of a version source.

use std::ops::Range;

use fancy_regex::Regex;

use super::source::VersionSource;
use crate::python::error::Error;
use crate::python::ini::Ini;
use crate::python::python_source::{Bound, meson_project_keyword, setup_keyword};
use crate::python::source_text::SourceText;
use crate::python::source_tree::SourceTree;
use crate::python::version_literal::{LiteralForm, VersionLiteral, of_expression, version_literal};

/// A file and the range of the version in it.
#[derive(Debug)]
pub(in crate::python) struct VersionSpan {
    pub file: SourceText,
    text: String,
    range: Range<usize>,
    form: LiteralForm,
}

impl VersionSpan {
    /// The version, unparsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes `version` in its place.
    pub fn write(&self, version: &str) -> Result<(), Error> {
        self.file.replace(self.range.clone(), &self.form.write(version))
    }
}

/// Finds the range; `None` for a tag or a variable.
pub(in crate::python) fn locate(tree: SourceTree<'_>, source: &VersionSource) -> Result<Option<VersionSpan>, Error> {
    let found = match source {
        VersionSource::ProjectTable => toml(tree, "pyproject.toml", &[&["project", "version"]])?,
        VersionSource::PoetryTable => toml(tree, "pyproject.toml", &[&["tool", "poetry", "version"]])?,
        VersionSource::CargoToml { path } => {
            toml(tree, path, &[&["package", "version"], &["workspace", "package", "version"]])?
        }
        VersionSource::SetupCfg => in_text(tree, "setup.cfg", |text| {
            Ini::parse(text).span("metadata", &["version"]).filter(|range| !range.is_empty())
        })?,
        VersionSource::Attribute { path, name } => with_form(tree, path, |text| version_literal(text, name))?,
        VersionSource::SetupPy => with_form(tree, "setup.py", |text| match setup_keyword(text, "version")?.bound {
            Bound::Literal(range) => Some(plain(text, range)),
            Bound::Computed(range) => of_expression(text, "", range),
            _ => None,
        })?,
        VersionSource::MesonBuild => in_text(tree, "meson.build", |text| {
            literal(meson_project_keyword(text, "version").map(|keyword| keyword.bound))
        })?,
        VersionSource::File { path } => in_text(tree, path, |text| {
            let start = text.len() - text.trim_start_matches('\u{feff}').trim_start().len();
            Some(start..start + text[start..].trim_end().len()).filter(|range| !range.is_empty())
        })?,
        VersionSource::RegexFile { path, pattern, group } => {
            let regex = compile(pattern).map_err(|reason| tree.unknown(path, &reason))?;
            in_text(tree, path, |text| matched(&regex, text, group))?
        }
        VersionSource::Variable { .. } | VersionSource::Scm { .. } => return Ok(None),
    };
    let (path, place) = found;
    place.map(Some).ok_or_else(|| tree.unknown(&path, "it contains no version literal"))
}

type Found = (String, Option<VersionSpan>);

fn in_text(tree: SourceTree<'_>, path: &str, find: impl FnOnce(&str) -> Option<Range<usize>>) -> Result<Found, Error> {
    with_form(tree, path, |text| find(text).map(|range| plain(text, range)))
}

fn with_form(
    tree: SourceTree<'_>,
    path: &str,
    find: impl FnOnce(&str) -> Option<VersionLiteral>,
) -> Result<Found, Error> {
    let place = tree.text(path)?.and_then(|file| {
        let VersionLiteral { text, range, form, .. } = find(file.text())?;
        Some(VersionSpan { file, text, range, form })
    });
    Ok((path.to_owned(), place))
}

fn plain(text: &str, range: Range<usize>) -> VersionLiteral {
    let (name, text) = (String::new(), text[range.clone()].to_owned());
    VersionLiteral { name, text, range, form: LiteralForm::Plain }
}

fn toml(tree: SourceTree<'_>, path: &str, keys: &[&[&str]]) -> Result<Found, Error> {
    let file = tree.toml(path)?;
    let place = file.and_then(|file| {
        let range = keys.iter().find_map(|keys| file.text_span(keys))?;
        let (text, file) = (file.file().text()[range.clone()].to_owned(), file.file().clone());
        Some(VersionSpan { file, text, range, form: LiteralForm::Plain })
    });
    Ok((path.to_owned(), place))
}

fn literal(bound: Option<Bound>) -> Option<Range<usize>> {
    match bound {
        Some(Bound::Literal(range)) => Some(range),
        _ => None,
    }
}

/// Compiles a pattern of Python's `re.search` with `re.MULTILINE`; unsupported syntax is an error.
fn compile(pattern: &str) -> Result<Regex, String> {
    let python = pattern.replace("\\Z", "\\z");
    Regex::new(&format!("(?m){python}")).map_err(|error| format!("its pattern is not supported ({error})"))
}

fn matched(regex: &Regex, text: &str, group: &str) -> Option<Range<usize>> {
    let captures = regex.captures(text).ok()??;
    let group = captures.name(group).or_else(|| captures.get(1))?;
    Some(group.range())
}
