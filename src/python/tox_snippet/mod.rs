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
use super::source_text::SourceText;
use super::tox_file::{self, ToxFile, ToxFormat};
use package_environment::Edited;
use toml_format::Place;

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

/// Whether a `toxfile.py` contains more than git-devpi's hook.
pub(super) fn has_other_plugin(toxfile: &str) -> bool {
    toxfile::has_other_code(toxfile)
}

/// Edits the configuration that tox reads in `root`.
fn edit_configuration(root: &Path) -> Result<Option<(SourceText, Edited, String)>, Error> {
    let Some(ToxFile { source, format }) = tox_file::find(root)? else { return Ok(None) };
    let text = source.text();
    let (edited, snippet) = match format {
        ToxFormat::Ini(core) => (ini_format::edit(text, core), ini_format::snippet()),
        ToxFormat::LegacyIni => (edit_legacy(text), ini_format::snippet()),
        ToxFormat::Pyproject => (toml_format::edit(text, Place::Pyproject), toml_format::snippet(Place::Pyproject)),
        ToxFormat::ToxToml => (toml_format::edit(text, Place::ToxToml), toml_format::snippet(Place::ToxToml)),
    };
    Ok(Some((source, edited, snippet)))
}

/// Edits `legacy_tox_ini = """…"""`, an INI text in TOML, if the raw text contains it unescaped.
fn edit_legacy(text: &str) -> Edited {
    let legacy = tox_file::legacy_ini(text).unwrap_or_default();
    let edited = ini_format::edit(&legacy, "tox")?;
    match text.matches(&legacy).count() {
        1 if !edited.contains("\"\"\"") && !edited.contains("'''") => Ok(text.replacen(&legacy, &edited, 1)),
        _ => Err("has legacy_tox_ini in a form that cannot be edited".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
