//! The range of text that contains the version of a version source.

use std::ops::Range;
use std::path::Path;

use fancy_regex::Regex;

use super::source::VersionSource;
use crate::python::error::Error;
use crate::python::ini::Ini;
use crate::python::pyproject::TomlFile;
use crate::python::python_source::{Bound, binding, meson_project_keyword, setup_keyword};
use crate::python::source_text::SourceText;

/// A file and the range of the version in it.
#[derive(Debug)]
pub(in crate::python) struct VersionSpan {
    pub file: SourceText,
    pub range: Range<usize>,
}

impl VersionSpan {
    /// The version, unparsed.
    pub fn text(&self) -> &str {
        &self.file.text()[self.range.clone()]
    }
}

/// Finds the range; `None` for a tag or a variable.
pub(in crate::python) fn locate(dir: &Path, source: &VersionSource) -> Result<Option<VersionSpan>, Error> {
    let found = match source {
        VersionSource::ProjectTable => toml(dir, "pyproject.toml", &[&["project", "version"]])?,
        VersionSource::PoetryTable => toml(dir, "pyproject.toml", &[&["tool", "poetry", "version"]])?,
        VersionSource::CargoToml { path } => {
            toml(dir, path, &[&["package", "version"], &["workspace", "package", "version"]])?
        }
        VersionSource::SetupCfg => in_text(dir, "setup.cfg", |text| {
            Ini::parse(text).span("metadata", &["version"]).filter(|range| !range.is_empty())
        })?,
        VersionSource::Attribute { path, name } => in_text(dir, path, |text| literal(binding(text, name)))?,
        VersionSource::SetupPy => {
            in_text(dir, "setup.py", |text| literal(setup_keyword(text, "version").map(|keyword| keyword.bound)))?
        }
        VersionSource::MesonBuild => in_text(dir, "meson.build", |text| {
            literal(meson_project_keyword(text, "version").map(|keyword| keyword.bound))
        })?,
        VersionSource::File { path } => in_text(dir, path, |text| {
            let start = text.len() - text.trim_start_matches('\u{feff}').trim_start().len();
            Some(start..start + text[start..].trim_end().len()).filter(|range| !range.is_empty())
        })?,
        VersionSource::RegexFile { path, pattern, group } => {
            let regex = compile(pattern).map_err(|reason| unknown(dir, path, &reason))?;
            in_text(dir, path, |text| matched(&regex, text, group))?
        }
        VersionSource::Variable { .. } | VersionSource::Scm { .. } => return Ok(None),
    };
    let (path, place) = found;
    place.map(Some).ok_or_else(|| unknown(dir, &path, "it contains no version literal"))
}

type Found = (String, Option<VersionSpan>);

fn in_text(dir: &Path, path: &str, find: impl FnOnce(&str) -> Option<Range<usize>>) -> Result<Found, Error> {
    let file = SourceText::read(dir, path)?;
    let place = file.and_then(|file| find(file.text()).map(|range| VersionSpan { range, file }));
    Ok((path.to_owned(), place))
}

fn toml(dir: &Path, path: &str, keys: &[&[&str]]) -> Result<Found, Error> {
    let file = TomlFile::read(dir, path)?;
    let place = file.and_then(|file| {
        let range = keys.iter().find_map(|keys| file.text_span(keys))?;
        Some(VersionSpan { range, file: file.file().clone() })
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

fn unknown(dir: &Path, path: &str, reason: &str) -> Error {
    Error::VersionUnknown { file: dir.join(path), reason: reason.to_owned() }
}
