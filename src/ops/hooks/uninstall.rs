//! Taking the hooks away: exactly what was put there, and nothing that somebody else has changed since.

use std::path::{Path, PathBuf};

use crate::git::{ConfigScope, Repository};
use crate::ops::Error;
use crate::ops::hooks::event::Event;
use crate::ops::hooks::folder::{FOLDER_NOTE, HookFile, HooksFolder, exists, inspect_file};
use crate::system::{self, files};
use crate::workspace::Workspace;

/// What other tools call a hook that they put aside when they were installed over ours.
const RENAMED_SUFFIXES: [&str; 2] = [".legacy", ".old"];

/// Something that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// A section of the repository's configuration.
    Config {
        /// Its name.
        section: String,
    },
    /// A file.
    File {
        /// Where it was.
        path: PathBuf,
        /// Whether the hook that was there before is back.
        restored: bool,
    },
}

/// Takes every hook of ours away.
pub fn uninstall(workspace: &Workspace<'_>) -> Result<Vec<Removed>, Error> {
    let mut removed = from_config(workspace.repository()?, &Event::ALL)?;
    removed.extend(from_files(workspace, &Event::ALL)?);
    Ok(removed)
}

pub(super) fn from_config(repository: &Repository, events: &[Event]) -> Result<Vec<Removed>, Error> {
    let mut removed = Vec::new();
    for event in events {
        let section = event.config_section();
        let entries = repository.config(&format!("{section}."))?;
        // What the person set for all repositories is not ours to remove.
        if entries.iter().any(|entry| entry.scope == ConfigScope::Local)
            && repository.config_remove_section(&section)?
        {
            removed.push(Removed::Config { section });
        }
    }
    Ok(removed)
}

pub(super) fn from_files(workspace: &Workspace<'_>, events: &[Event]) -> Result<Vec<Removed>, Error> {
    let repository = workspace.repository()?;
    // core.hooksPath may have been set since the hooks were installed.
    let mut folders = vec![HooksFolder::usual(repository)];
    folders.extend(HooksFolder::own(workspace).ok().filter(|own| own.path != folders[0].path));
    let mut removed = Vec::new();
    for folder in &folders {
        for &event in events {
            removed.extend(from_folder(folder, event)?);
        }
        remove_folder(repository, &folder.path)?;
    }
    Ok(removed)
}

fn from_folder(folder: &HooksFolder, event: Event) -> Result<Vec<Removed>, Error> {
    let mut removed = Vec::new();
    if let HookFile::Ours { chained, .. } = folder.inspect(event)? {
        let path = folder.file(event);
        if chained {
            let chained = folder.chained_file(event);
            fs_err::rename(&chained, &path).map_err(system::Error::file("rename", &chained))?;
        } else {
            files::remove_if_exists(&path)?;
        }
        removed.push(Removed::File { path, restored: chained });
    }
    for suffix in RENAMED_SUFFIXES {
        let path = folder.path.join(format!("{}{suffix}", event.name()));
        if let HookFile::Ours { .. } = inspect_file(&path, event)? {
            files::remove_if_exists(&path)?;
            removed.push(Removed::File { path, restored: false });
        }
    }
    Ok(removed)
}

/// Removes the folder of hooks if we made it and nobody uses it.
fn remove_folder(repository: &Repository, folder: &Path) -> Result<(), Error> {
    let note = repository.state_path(FOLDER_NOTE);
    // `remove_dir` fails where anything is left in it: then it stays.
    if exists(&note) && fs_err::remove_dir(folder).is_ok() {
        files::remove_if_exists(&note)?;
    }
    Ok(())
}
