//! Planning the changes of `init` that make plain `tox -e unit` test the package that was built once.
//!
//! They are external packaging in tox's configuration, and `toxfile.py`, which reports the result. The plan contains all changes or
//! is refused: with a part of them tox would silently test another package.

mod ini_format;
mod package_environment;
mod toml_format;
mod toxfile;

use std::path::{Path, PathBuf};

use super::error::Error;
use super::file_edit::FileEdit;
use super::ini::Ini;
use super::pyproject::TomlFile;
use super::source_text::SourceText;
use package_environment::Edited;

/// The planned changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnippetPlan {
    /// The project has no tox configuration.
    NoTox,
    /// The files to change; empty if the project is already set up.
    Edits(Vec<FileEdit>),
    /// The configuration must be changed by hand.
    Refused(Refusal),
}

/// Why the configuration is not edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The file that cannot be edited.
    pub file: PathBuf,
    /// The reason, as the rest of a sentence that starts with the file.
    pub reason: String,
    /// The text to add by hand.
    pub snippet: String,
}

/// Plans the changes to the configuration that tox reads in `root`.
pub fn plan_snippet(root: &Path) -> Result<SnippetPlan, Error> {
    let Some((file, edited, snippet)) = edit_configuration(root)? else { return Ok(SnippetPlan::NoTox) };
    let refused = |file: PathBuf, reason, snippet| Ok(SnippetPlan::Refused(Refusal { file, reason, snippet }));
    let after = match edited {
        Ok(after) => after,
        Err(reason) => return refused(file.path().to_owned(), reason, snippet),
    };
    let plugin = SourceText::read(root, toxfile::FILE_NAME)?;
    let plugin_before = plugin.map(|plugin| plugin.text().to_owned());
    let plugin_after = match toxfile::edit(plugin_before.as_deref()) {
        Ok(after) => after,
        Err(reason) => return refused(root.join(toxfile::FILE_NAME), reason, toxfile::TOXFILE.to_owned()),
    };
    let edits = [
        FileEdit { path: file.path().to_owned(), before: Some(file.text().to_owned()), after },
        FileEdit { path: root.join(toxfile::FILE_NAME), before: plugin_before, after: plugin_after },
    ];
    Ok(SnippetPlan::Edits(edits.into_iter().filter(FileEdit::changes_something).collect()))
}

/// Edits the first configuration in tox's order: `tox.ini`, `setup.cfg`, `pyproject.toml` (native, then INI inside), `tox.toml`.
fn edit_configuration(root: &Path) -> Result<Option<(SourceText, Edited, String)>, Error> {
    if let Some(file) = SourceText::read(root, "tox.ini")? {
        let edited = ini_format::edit(file.text(), "tox");
        return Ok(Some((file, edited, ini_format::snippet())));
    }
    if let Some(file) = SourceText::read(root, "setup.cfg")?
        && Ini::parse(file.text()).has_section("tox:tox")
    {
        let edited = ini_format::edit(file.text(), "tox:tox");
        return Ok(Some((file, edited, ini_format::snippet())));
    }
    if let Some(toml) = TomlFile::read(root, "pyproject.toml")?
        && toml.has(&["tool", "tox"])
    {
        if let Some(legacy) = toml.text(&["tool", "tox", "legacy_tox_ini"]) {
            let edited = edit_legacy(toml.file().text(), legacy);
            return Ok(Some((toml.file().clone(), edited, ini_format::snippet())));
        }
        let edited = toml_format::edit(toml.file().text(), toml_format::Place::Pyproject);
        return Ok(Some((toml.file().clone(), edited, toml_format::snippet(toml_format::Place::Pyproject))));
    }
    if let Some(file) = SourceText::read(root, "tox.toml")? {
        let edited = toml_format::edit(file.text(), toml_format::Place::ToxToml);
        return Ok(Some((file, edited, toml_format::snippet(toml_format::Place::ToxToml))));
    }
    Ok(None)
}

/// Edits `legacy_tox_ini = """…"""`, an INI text in TOML, if the raw text contains it unescaped.
fn edit_legacy(text: &str, legacy: &str) -> Edited {
    let edited = ini_format::edit(legacy, "tox")?;
    match text.matches(legacy).count() {
        1 if !edited.contains("\"\"\"") && !edited.contains("'''") => Ok(text.replacen(legacy, &edited, 1)),
        _ => Err("has legacy_tox_ini in a form that cannot be edited".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
