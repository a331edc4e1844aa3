//! `tag_build` and `tag_date` of setuptools, which append to every version: `1.4.57` would become `1.4.57.dev20240102`.

use std::ops::Range;
use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::error::Error;
use super::ini::Ini;
use super::pyproject::invalid;
use super::python_tokens::{Kind, Token, tokens};
use super::source_text::SourceText;

const SECTION: &str = "egg_info";
/// Each option with the value that appends nothing.
const OPTIONS: [(&str, &str); 2] = [("tag_build", ""), ("tag_date", "0")];

/// Returns the text of a file without the options.
type Edit = fn(&SourceText) -> Result<String, Error>;

/// Takes the options out of `setup.cfg`, `pyproject.toml` and `setup.py`; returns the files that changed.
pub(super) fn clear(dir: &Path) -> Result<Vec<String>, Error> {
    let mut changed = Vec::new();
    let edits: [(&str, Edit); 3] =
        [("setup.cfg", without_in_cfg), ("pyproject.toml", without_in_toml), ("setup.py", without_in_python)];
    for (name, edit) in edits {
        let Some(file) = SourceText::read(dir, name)? else { continue };
        let text = edit(&file)?;
        if text != file.text() {
            file.rewrite(&text)?;
            changed.push(name.to_owned());
        }
    }
    Ok(changed)
}

fn without_in_cfg(file: &SourceText) -> Result<String, Error> {
    let mut cfg = Ini::parse(file.text());
    for (option, nothing) in OPTIONS {
        if cfg.get(SECTION, &[option]).is_some_and(|value| value != nothing) {
            cfg = cfg.with(SECTION, &[option], nothing);
        }
    }
    Ok(cfg.text().to_owned())
}

/// `[tool.distutils.egg_info]`, with `_` or `-` in the names.
fn without_in_toml(file: &SourceText) -> Result<String, Error> {
    if !file.text().contains("distutils") {
        return Ok(file.text().to_owned());
    }
    let mut document: DocumentMut = file.text().parse().map_err(|e| invalid(file.path(), &e))?;
    for section in [SECTION, "egg-info"] {
        let Some(table) = distutils_section(&mut document, section) else { continue };
        for (option, _) in OPTIONS {
            table.remove(option);
            table.remove(&option.replace('_', "-"));
        }
    }
    Ok(document.to_string())
}

fn distutils_section<'a>(document: &'a mut DocumentMut, section: &str) -> Option<&'a mut dyn toml_edit::TableLike> {
    let distutils = document.get_mut("tool")?.get_mut("distutils")?;
    distutils.get_mut(section).and_then(Item::as_table_like_mut)
}

/// `options={"egg_info": {"tag_build": ".dev", "tag_date": True}}`.
fn without_in_python(file: &SourceText) -> Result<String, Error> {
    let mut text = file.text().to_owned();
    if !text.contains(SECTION) {
        return Ok(text);
    }
    let replaced = |text: &str| OPTIONS.into_iter().find_map(|(option, _)| value_of(text, option));
    while let Some(range) = replaced(&text) {
        let nothing = if text[range.clone()].ends_with(['"', '\'']) { "''" } else { "0" };
        text.replace_range(range, nothing);
    }
    Ok(text)
}

/// The range of the value that appends something: a string that is not empty, `True` or `1`.
fn value_of(text: &str, option: &str) -> Option<Range<usize>> {
    let all: Vec<Token> = tokens(text);
    let appends = |value: &Token| match value.kind {
        Kind::Text { .. } => !value.range.is_empty(),
        Kind::Name | Kind::Number => ["True", "1"].contains(&&text[value.range.clone()]),
        _ => false,
    };
    all.windows(3).find_map(|tokens| match tokens {
        [key, delimiter, value] => {
            let is_key = matches!(key.kind, Kind::Text { .. }) && delimiter.is(b':')
                || key.kind == Kind::Name && delimiter.is(b'=');
            let found = is_key && text[key.range.clone()] == *option && appends(value);
            found.then(|| value.whole.clone())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleared(name: &str, text: &str) -> (Vec<String>, String) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        let changed = clear(dir.path()).unwrap();
        (changed, std::fs::read_to_string(dir.path().join(name)).unwrap())
    }

    #[test]
    fn nothing_is_appended_and_everything_else_stays() {
        for (name, before, after) in [
            (
                "setup.cfg",
                "[metadata]\nname = x\n[egg_info]\ntag-build = .dev  \ntag_date = 1\ntag_x = 2\n",
                "[metadata]\nname = x\n[egg_info]\ntag_build = \ntag_date = 0\ntag_x = 2\n",
            ),
            (
                "pyproject.toml",
                "[tool.distutils.egg_info] # c\ntag-build = '.dev'\ntag_date = true\nother = 1\n",
                "[tool.distutils.egg_info] # c\nother = 1\n",
            ),
            (
                "setup.py",
                "setup(options={'egg_info': {'tag_build': '.dev', 'tag_date': True}})\n",
                "setup(options={'egg_info': {'tag_build': '', 'tag_date': 0}})\n",
            ),
            (
                "setup.py",
                "setup(options=dict(egg_info=dict(tag_build='.dev', tag_date=1)))\n",
                "setup(options=dict(egg_info=dict(tag_build='', tag_date=0)))\n",
            ),
        ] {
            assert_eq!(cleared(name, before), (vec![name.to_owned()], after.to_owned()));
            assert_eq!(cleared(name, after), (Vec::new(), after.to_owned()), "twice");
        }
        let unrelated = "[egg_info]\ntag_build =\ntag_date = 0\n";
        assert_eq!(cleared("setup.cfg", unrelated).0, Vec::<String>::new());
    }
}
