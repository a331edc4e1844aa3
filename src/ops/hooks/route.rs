//! How git reaches git-devpi's hook when the hook that git starts belongs to another program.

use std::path::{Path, PathBuf};

use crate::git::Repository;
use crate::ops::Error;
use crate::ops::hooks::event::{Event, ScriptState};
use crate::ops::hooks::folder::{HookFile, HooksFolder, inspect_file, is_executable};
use crate::ops::hooks::manager::{HookManager, calls};
use crate::system::files::read_optional;

/// Suffixes of hooks that other programs have renamed during their own installation.
pub(super) const RENAMED_SUFFIXES: [&str; 2] = [".legacy", ".old"];

/// The way from git to git-devpi's hook through another program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The program that manages the hook.
    pub manager: Option<HookManager>,
    /// The script or configuration file that runs git-devpi's hook.
    pub caller: Option<PathBuf>,
    /// A script of git-devpi that git does not run.
    pub bypassed: Option<PathBuf>,
}

/// Finds the route for one hook. `folder` is the folder in which git looks for it.
pub fn find(repository: &Repository, folder: &Path, event: Event) -> Result<Route, Error> {
    let script = folder.join(event.name());
    if matches!(inspect_file(&script, event)?, HookFile::Ours { .. }) {
        return Ok(Route::default());
    }
    // git skips a script that is not executable.
    let is_started = fs_err::metadata(&script).is_ok_and(|metadata| is_executable(&metadata));
    let text = if is_started { text_of(&script) } else { None };
    let from_script = text.as_deref().and_then(HookManager::of_script);
    let manager = from_script.or_else(|| text.is_some().then(|| HookManager::of_folder(folder)).flatten());
    let caller = match &text {
        Some(text) if calls(text, event) => Some(script),
        _ => manager.map(|manager| called_by(manager, repository, (folder, event))).transpose()?.flatten(),
    };
    let bypassed = if caller.is_some() { None } else { bypassed(repository, folder, event)? };
    Ok(Route { manager, caller, bypassed })
}

/// Returns the file through which a manager runs git-devpi's hook.
fn called_by(
    manager: HookManager,
    repository: &Repository,
    (folder, event): (&Path, Event),
) -> Result<Option<PathBuf>, Error> {
    if let Some((suffix, true)) = manager.renames() {
        let renamed = folder.join(format!("{}{suffix}", event.name()));
        if is_runnable(&inspect_file(&renamed, event)?) {
            return Ok(Some(renamed));
        }
    }
    let files = manager.user_files(folder, event).into_iter().map(|file| repository.top().join(file));
    let mut calling = files.filter(|file| text_of(file).is_some_and(|text| manager.file_calls(&text, event)));
    Ok(calling.next())
}

fn bypassed(repository: &Repository, folder: &Path, event: Event) -> Result<Option<PathBuf>, Error> {
    let renamed = RENAMED_SUFFIXES.map(|suffix| folder.join(format!("{}{suffix}", event.name())));
    let usual = HooksFolder::usual(repository).file(event);
    for path in renamed.into_iter().chain([usual]) {
        if path != folder.join(event.name()) && matches!(inspect_file(&path, event)?, HookFile::Ours { .. }) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Whether git, or a manager, can run it.
pub fn is_runnable(file: &HookFile) -> bool {
    let state = |state: &ScriptState| matches!(state, ScriptState::Current | ScriptState::Outdated);
    matches!(file, HookFile::Ours { state: found, executable: true, .. } if state(found))
}

/// The text of a file; `None` if it cannot be read as text.
fn text_of(path: &Path) -> Option<String> {
    read_optional(path).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok())
}
