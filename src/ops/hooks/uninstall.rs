//! Removes the hooks that git-devpi installed and that are unchanged since.

use std::path::{Path, PathBuf};

use crate::git::{ConfigScope, Repository};
use crate::ops::Error;
use crate::ops::hooks::event::Event;
use crate::ops::hooks::folder::{FOLDER_NOTE, HookFile, HooksFolder, exists, inspect_file};
use crate::ops::hooks::manager::HookManager;
use crate::ops::hooks::route::RENAMED_SUFFIXES;
use crate::system::{self, files};
use crate::workspace::Workspace;

/// A removed part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// A section of the repository's configuration.
    Config {
        /// Its name.
        section: String,
    },
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether the earlier hook was restored.
        restored: bool,
    },
}

/// Removes every hook of git-devpi.
pub fn uninstall(workspace: &Workspace<'_>) -> Result<Vec<Removed>, Error> {
    let mut removed = from_config(workspace.repository()?, &Event::WITH_SERVER_SIDE)?;
    removed.extend(from_files(workspace, &Event::WITH_SERVER_SIDE)?);
    Ok(removed)
}

pub(super) fn from_config(repository: &Repository, events: &[Event]) -> Result<Vec<Removed>, Error> {
    let mut removed = Vec::new();
    for event in events {
        let section = event.config_section();
        let entries = repository.config(&format!("{section}."))?;
        // A user's setting for all repositories is not removed.
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
    // core.hooksPath may have been set since the installation.
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
    if let HookFile::Ours { .. } = folder.inspect(event)? {
        removed.push(remove_or_restore(&folder.file(event), &folder.chained_file(event))?);
    }
    for suffix in RENAMED_SUFFIXES {
        let path = folder.path.join(format!("{}{suffix}", event.name()));
        if let HookFile::Ours { .. } = inspect_file(&path, event)? {
            let chained = folder.chained_file(event);
            if same_manager(&chained, &folder.file(event)) {
                // The manager was chained, and has installed its hook again since.
                files::remove_if_exists(&chained)?;
            }
            removed.push(remove_or_restore(&path, &chained)?);
        }
    }
    Ok(removed)
}

/// Replaces the script by the hook that it runs first, if there is one.
fn remove_or_restore(path: &Path, chained: &Path) -> Result<Removed, Error> {
    let restored = exists(chained);
    if restored {
        fs_err::rename(chained, path).map_err(system::Error::file("rename", chained))?;
    } else {
        files::remove_if_exists(path)?;
    }
    Ok(Removed::File { path: path.to_owned(), restored })
}

fn same_manager(one: &Path, other: &Path) -> bool {
    let manager = |path: &Path| HookManager::of_script(&files::read_text_optional(path).ok()??);
    manager(one).is_some() && manager(one) == manager(other)
}

/// Removes the hooks folder if git-devpi created it and it is empty.
fn remove_folder(repository: &Repository, folder: &Path) -> Result<(), Error> {
    let note = repository.state_path(FOLDER_NOTE);
    // `remove_dir` fails if the folder is not empty.
    if exists(&note) && fs_err::remove_dir(folder).is_ok() {
        files::remove_if_exists(&note)?;
    }
    Ok(())
}
