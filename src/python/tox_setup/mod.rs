//! The changes of `init` that make plain `tox -e unit` test the package that was built once.
//!
//! There are two ways: git-devpi's plugin, which needs one entry in `requires`, and the snippet with `toxfile.py`, which needs no
//! package beside tox. A plan contains all changes or is refused: with a part of them tox would silently test another package.

mod undo;

use std::fmt;
use std::path::{Path, PathBuf};

pub use super::reverse_edit::Reversed;
pub use crate::python::tox_setup::undo::{Undone, undo};

use super::error::Error;
use super::file_edit::FileEdit;
use super::source_text::SourceText;
use super::tox_file::{self, ToxFile};
use super::{tox_requires, tox_snippet};

/// How tox gets the package that was built once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToxWay {
    /// git-devpi's plugin of tox, which `requires` names.
    Plugin,
    /// A package environment in tox's configuration, and `toxfile.py`.
    Snippet,
}

/// What a configuration of tox has of git-devpi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToxSetup {
    /// The file of the configuration.
    pub file: PathBuf,
    /// Whether `requires` names git-devpi.
    pub plugin: bool,
    /// Whether the package environment or the hook in `toxfile.py` exists.
    pub snippet: bool,
    /// Whether the hook in `toxfile.py` exists, which keeps the plugin from acting.
    pub hook: bool,
}

/// A setting of a configuration that keeps tox from testing the package of git-devpi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The setting and its effect, as the rest of a sentence that starts with the file.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem, self.remedy)
    }
}

/// The planned changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupPlan {
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
    /// The text to add by hand; `None` if that would not help.
    pub by_hand: Option<String>,
}

impl fmt::Display for ToxWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plugin => "plugin",
            Self::Snippet => "snippet",
        })
    }
}

/// Reads what the configuration in `root` has; `None` without one.
pub fn read(root: &Path) -> Result<Option<ToxSetup>, Error> {
    let Some(ToxFile { source, format }) = tox_file::find(root)? else { return Ok(None) };
    let text = source.text();
    let toxfile = SourceText::read(root, tox_snippet::FILE_NAME)?;
    let hook = toxfile.is_some_and(|toxfile| tox_snippet::has_hook(toxfile.text()));
    let plugin = tox_requires::is_present(text, format);
    let snippet = tox_snippet::is_present(text, format) || hook;
    Ok(Some(ToxSetup { file: source.path().to_owned(), plugin, snippet, hook }))
}

/// Returns what keeps tox from testing the package of git-devpi in this way.
pub fn limits(root: &Path, way: ToxWay) -> Result<Vec<Limit>, Error> {
    let Some(file) = tox_file::find(root)? else { return Ok(Vec::new()) };
    let mut limits: Vec<Limit> = unusable(&file).err().into_iter().collect();
    if way == ToxWay::Snippet {
        let exceptions = tox_snippet::exceptions(file.source.text(), file.format).into_iter();
        limits.extend(exceptions.map(|(name, setting)| {
            Limit {
                problem: format!("has {setting} in the environment {name}, which gets another package"),
                remedy:
                    "remove this setting, or run `git devpi init --tox plugin`: the plugin serves every environment"
                        .to_owned(),
            }
        }));
    }
    Ok(limits)
}

/// Plans the changes to the configuration that tox reads in `root`: they add one way, and remove the other.
pub fn plan(root: &Path, way: ToxWay) -> Result<SetupPlan, Error> {
    let Some(file) = tox_file::find(root)? else { return Ok(SetupPlan::NoTox) };
    if let Err(limit) = unusable(&file) {
        let reason = limit.to_string();
        return Ok(SetupPlan::Refused(Refusal { file: file.source.path().to_owned(), reason, by_hand: None }));
    }
    let ToxFile { source, format } = file;
    let text = source.text();
    let refused = |file, reason, by_hand| Ok(SetupPlan::Refused(Refusal { file, reason, by_hand }));
    let edited = match way {
        ToxWay::Plugin => tox_snippet::remove(text, format).and_then(|text| tox_requires::add(&text, format)),
        ToxWay::Snippet => tox_requires::remove(text, format).and_then(|text| tox_snippet::add(&text, format)),
    };
    let readable = |after: String| match tox_file::defect(&after, format) {
        None => Ok(after),
        Some(_) => Err("has a form that cannot be edited".to_owned()),
    };
    let after = match edited.and_then(readable) {
        Ok(after) => after,
        Err(reason) => {
            let lines = match way {
                ToxWay::Plugin => tox_requires::by_hand(format),
                ToxWay::Snippet => tox_snippet::by_hand(format),
            };
            return refused(source.path().to_owned(), reason, Some(lines));
        }
    };
    let toxfile = root.join(tox_snippet::FILE_NAME);
    let before = SourceText::read(root, tox_snippet::FILE_NAME)?.map(|file| file.text().to_owned());
    let hook = match (way, &before) {
        (ToxWay::Plugin, None) => Ok(None),
        (ToxWay::Plugin, Some(before)) => tox_snippet::remove_hook(before),
        (ToxWay::Snippet, before) => tox_snippet::add_hook(before.as_deref()).map(Some),
    };
    let hook = match hook {
        Ok(hook) => hook,
        Err(reason) => return refused(toxfile, reason, Some(tox_snippet::TOXFILE.to_owned())),
    };
    let configuration = FileEdit { path: source.path().to_owned(), before: Some(text.to_owned()), after: Some(after) };
    let edits = [configuration, FileEdit { path: toxfile, before, after: hook }];
    Ok(SetupPlan::Edits(edits.into_iter().filter(FileEdit::changes_something).collect()))
}

/// What keeps either way from working.
fn unusable(file: &ToxFile) -> Result<(), Limit> {
    let text = file.source.text();
    if let Some(problem) = tox_file::defect(text, file.format) {
        return Err(Limit { problem, remedy: "correct it; `tox list` shows whether tox reads it".to_owned() });
    }
    if let Some(requirement) = tox_requires::excludes_tox(text, file.format) {
        return Err(Limit {
            problem: format!("requires {requirement}, and git-devpi needs tox 4.2 or later"),
            remedy: "change it to tox>=4.2".to_owned(),
        });
    }
    match tox_snippet::no_package_key(text, file.format) {
        None => Ok(()),
        Some(key) => Err(Limit {
            problem: format!("sets {key}, so no environment installs the project"),
            remedy: "remove it, and set `skip_install = true` in the environments that need no package".to_owned(),
        }),
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
