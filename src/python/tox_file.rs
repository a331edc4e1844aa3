//! The configuration file that tox reads.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::ini::{self, Ini};
use super::pyproject::TomlFile;
use super::source_text::SourceText;

const LEGACY: [&str; 3] = ["tool", "tox", "legacy_tox_ini"];

/// A file with tox's configuration.
#[derive(Debug, Clone)]
pub(super) struct ToxFile {
    /// The whole file.
    pub source: SourceText,
    /// The format of tox's part of it.
    pub format: ToxFormat,
}

/// How tox's configuration is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToxFormat {
    /// An INI file with this core section.
    Ini(&'static str),
    /// An INI text in `legacy_tox_ini` of `pyproject.toml`.
    LegacyIni,
    /// `tox.toml`.
    ToxToml,
    /// `[tool.tox]` in `pyproject.toml`.
    Pyproject,
}

/// Finds the configuration in `folder`, in tox's order: `tox.ini`, `setup.cfg`, `pyproject.toml`, `tox.toml`.
pub(super) fn find(folder: &Path) -> Result<Option<ToxFile>, Error> {
    let found = |source, format| Ok(Some(ToxFile { source, format }));
    if let Some(source) = SourceText::read(folder, "tox.ini")? {
        return found(source, ToxFormat::Ini("tox"));
    }
    if let Some(source) = SourceText::read(folder, "setup.cfg")?
        && Ini::parse(source.text()).has_section("tox:tox")
    {
        return found(source, ToxFormat::Ini("tox:tox"));
    }
    if let Some(toml) = TomlFile::read(folder, "pyproject.toml")?
        && toml.has(&["tool", "tox"])
    {
        let format = if toml.has(&LEGACY) { ToxFormat::LegacyIni } else { ToxFormat::Pyproject };
        return found(toml.file().clone(), format);
    }
    match SourceText::read(folder, "tox.toml")? {
        Some(source) => found(source, ToxFormat::ToxToml),
        None => Ok(None),
    }
}

/// Why tox cannot read this text, as the rest of a sentence that starts with the file.
pub(super) fn defect(text: &str, format: ToxFormat) -> Option<String> {
    let of_ini = |text: &str| ini::defect(text).map(|defect| format!("cannot be read by tox: {defect}"));
    match format {
        ToxFormat::Ini(_) => of_ini(text),
        ToxFormat::LegacyIni => {
            let legacy = legacy_ini(text)?;
            ini::defect(&legacy).map(|defect| format!("cannot be read by tox: in legacy_tox_ini, {defect}"))
        }
        ToxFormat::ToxToml | ToxFormat::Pyproject => {
            let error = toml_edit::Document::parse(text).err()?;
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            Some(format!("cannot be read by tox: line {line}: {}", error.message()))
        }
    }
}

/// The INI text in a `pyproject.toml`.
pub(super) fn legacy_ini(pyproject: &str) -> Option<String> {
    let document = toml_edit::Document::parse(pyproject).ok()?;
    let item = LEGACY.iter().try_fold(document.as_item(), |item, key| item.get(key))?;
    item.as_str().map(str::to_owned)
}

/// Edits `legacy_tox_ini = """…"""`, an INI text in TOML, if the raw text contains it unescaped.
pub(super) fn edit_legacy(
    pyproject: &str,
    edit: impl FnOnce(&str) -> Result<String, String>,
) -> Result<String, String> {
    let legacy = legacy_ini(pyproject).unwrap_or_default();
    let edited = edit(&legacy)?;
    match pyproject.matches(&legacy).count() {
        _ if edited == legacy => Ok(pyproject.to_owned()),
        1 if !edited.contains("\"\"\"") && !edited.contains("'''") => Ok(pyproject.replacen(&legacy, &edited, 1)),
        _ => Err("has legacy_tox_ini in a form that cannot be edited".to_owned()),
    }
}

/// Finds the nearest folder with a tox configuration, from `folder` up to `top`, as tox does.
pub fn nearest_folder(folder: &Path, top: &Path) -> Result<Option<PathBuf>, Error> {
    let inside = folder.ancestors().take_while(|ancestor| ancestor.starts_with(top));
    for candidate in inside {
        if find(candidate)?.is_some() {
            return Ok(Some(candidate.to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_configuration_is_found_and_none_above_the_top() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("repository");
        let project = top.join("packages/one");
        std::fs::create_dir_all(&project).unwrap();
        std::fs::write(dir.path().join("tox.ini"), "[tox]\n").unwrap();
        assert_eq!(nearest_folder(&project, &top).unwrap(), None);
        std::fs::write(top.join("pyproject.toml"), "[tool.tox]\nenv_list = ['a']\n").unwrap();
        assert_eq!(nearest_folder(&project, &top).unwrap(), Some(top.clone()));
        // Neither of these two is a tox configuration.
        std::fs::write(project.join("pyproject.toml"), "[project]\nname = 'one'\n").unwrap();
        std::fs::write(project.join("setup.cfg"), "[metadata]\n").unwrap();
        assert_eq!(nearest_folder(&project, &top).unwrap(), Some(top.clone()));
        std::fs::write(top.join("packages/tox.toml"), "").unwrap();
        assert_eq!(nearest_folder(&project, &top).unwrap(), Some(top.join("packages")));
    }
}
