//! The folder of hooks that belongs to this repository alone, and what lies in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::git::{ConfigScope, HooksLocation, Repository};
use crate::ops::Error;
use crate::ops::hooks::event::{Event, ScriptAuthor, ScriptState};
use crate::system;
use crate::workspace::Workspace;

/// What a hook that was there before ours is called while ours calls it first.
const CHAINED: &str = ".pre-devpi";
/// The state file which records that git-devpi created the hooks folder.
pub(super) const FOLDER_NOTE: &str = "made-hooks-folder";

/// A folder of hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksFolder {
    /// The folder. It need not exist.
    pub path: PathBuf,
    /// Whether it is among the files that people work on, so that other machines may get what is written there.
    pub is_in_work_tree: bool,
}

/// What lies in the place of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookFile {
    /// Nothing.
    Missing,
    /// Our script.
    Ours {
        /// What it is like.
        state: ScriptState,
        /// Whether git will run it.
        executable: bool,
        /// Whether it calls one that was there before.
        chained: bool,
    },
    /// A link, wherever it leads: writing through it would change somebody else's script.
    Symlink,
    /// Somebody else's.
    Foreign,
}

impl HooksFolder {
    /// The folder that git uses, if it is this repository's own.
    pub fn own(workspace: &Workspace<'_>) -> Result<Self, Error> {
        let repository = workspace.repository()?;
        let location = repository.hooks()?;
        let foreign = |path: String| Error::ForeignHooksPath { path, origin: origin_of(&location) };
        if let Some(set) = &location.hooks_path {
            if set.value.is_empty() {
                return Err(foreign("the top of the work tree, since it is empty,".to_owned()));
            }
            // husky makes this folder anew at every `npm install`.
            let is_generated = location.dir.ends_with(".husky/_");
            if !matches!(set.scope, ConfigScope::Local | ConfigScope::Worktree) || is_generated {
                return Err(foreign(location.dir.display().to_string()));
            }
        }
        let path = real_path(&location.dir);
        let inside = |folder: &Path| path.starts_with(real_path(folder));
        let is_gits = inside(repository.common_dir()) || inside(repository.git_dir());
        let is_in_work_tree = !is_gits && repository.work_tree().is_some_and(inside);
        if !is_gits && !is_in_work_tree {
            return Err(foreign(path.display().to_string()));
        }
        Ok(Self { path: location.dir, is_in_work_tree })
    }

    /// The folder that git uses where nothing else is set.
    pub fn usual(repository: &Repository) -> Self {
        Self { path: repository.common_dir().join("hooks"), is_in_work_tree: false }
    }

    /// The hook's file.
    pub fn file(&self, event: Event) -> PathBuf {
        self.path.join(event.name())
    }

    /// Where a hook lies that was there before ours.
    pub fn chained_file(&self, event: Event) -> PathBuf {
        self.path.join(format!("{}{CHAINED}", event.name()))
    }

    /// What lies in the place of the hook.
    pub fn inspect(&self, event: Event) -> Result<HookFile, Error> {
        let file = inspect_file(&self.file(event), event)?;
        Ok(match file {
            HookFile::Ours { state, executable, .. } => {
                HookFile::Ours { state, executable, chained: exists(&self.chained_file(event)) }
            }
            other => other,
        })
    }
}

/// What a file is, whatever it is called.
pub fn inspect_file(path: &Path, event: Event) -> Result<HookFile, Error> {
    let metadata = match fs_err::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(HookFile::Missing);
        }
        Err(error) => return Err(system::Error::file("read", path)(error).into()),
    };
    if metadata.is_symlink() {
        return Ok(HookFile::Symlink);
    }
    if !metadata.is_file() {
        return Ok(HookFile::Foreign);
    }
    let bytes = fs_err::read(path).map_err(system::Error::file("read", path))?;
    Ok(match event.author(&bytes) {
        ScriptAuthor::GitDevpi(state) => HookFile::Ours { state, executable: is_executable(&metadata), chained: false },
        ScriptAuthor::Other => HookFile::Foreign,
    })
}

/// Whether anything is there, a link that leads nowhere included.
pub fn exists(path: &Path) -> bool {
    fs_err::symlink_metadata(path).is_ok()
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &std::fs::Metadata) -> bool {
    true
}

fn origin_of(location: &HooksLocation) -> String {
    location.hooks_path.as_ref().map_or("a symbolic link".to_owned(), |set| set.origin.clone())
}

/// Links resolved as far as the path exists.
fn real_path(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut known = path;
    loop {
        if let Ok(real) = fs_err::canonicalize(known) {
            return rest.into_iter().rev().fold(real, |path, name| path.join(name));
        }
        let (Some(parent), Some(name)) = (known.parent(), known.file_name()) else { return path.to_owned() };
        rest.push(name.to_owned());
        known = parent;
    }
}
