//! The hooks folder of the repository, and the files in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::git::{ConfigScope, HooksLocation, Repository};
use crate::ops::Error;
use crate::ops::hooks::event::{Event, ScriptAuthor, ScriptState};
use crate::ops::hooks::manager::HookManager;
use crate::system;
use crate::workspace::Workspace;

/// The suffix of an existing hook that the script of git-devpi calls first.
const CHAINED: &str = ".pre-devpi";
/// The state file which records that git-devpi created the hooks folder.
pub(super) const FOLDER_NOTE: &str = "made-hooks-folder";

const SHARED: &str = "a folder outside this repository";

/// A hooks folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksFolder {
    /// The folder, which may not exist.
    pub path: PathBuf,
    /// Whether it is in the work tree, so that it may be shared with other machines.
    pub is_in_work_tree: bool,
}

/// What the file of a hook is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookFile {
    /// It does not exist.
    Missing,
    /// A script of git-devpi.
    Ours {
        /// Its state.
        state: ScriptState,
        /// Whether it is executable.
        executable: bool,
        /// Whether it calls another hook first.
        chained: bool,
    },
    /// A symbolic link: writing through it would change another file.
    Symlink,
    /// Another file.
    Foreign,
}

impl HooksFolder {
    /// Returns the folder that git uses, if it belongs to this repository only.
    pub fn own(workspace: &Workspace<'_>) -> Result<Self, Error> {
        let repository = workspace.repository()?;
        let location = repository.hooks()?;
        let foreign = |path: String, why| {
            let manager = HookManager::of_folder(&location.dir);
            Error::ForeignHooksPath { path, origin: origin_of(&location), why, manager }
        };
        if let Some(set) = &location.hooks_path {
            let shown = location.dir.display().to_string();
            if set.value.is_empty() {
                return Err(foreign("empty".to_owned(), "so git looks for hooks at the top of the work tree"));
            }
            if HookManager::of_folder(&location.dir).is_some() {
                return Err(foreign(shown, "which husky writes again at each `npm install`"));
            }
            if !matches!(set.scope, ConfigScope::Local | ConfigScope::Worktree) {
                return Err(foreign(shown, SHARED));
            }
        }
        let path = real_path(&location.dir);
        let inside = |folder: &Path| path.starts_with(real_path(folder));
        let is_gits = inside(repository.common_dir()) || inside(repository.git_dir());
        let is_in_work_tree = !is_gits && repository.work_tree().is_some_and(inside);
        if !is_gits && !is_in_work_tree {
            return Err(foreign(path.display().to_string(), SHARED));
        }
        Ok(Self { path: location.dir, is_in_work_tree })
    }

    /// Returns the folder that git uses by default.
    pub fn usual(repository: &Repository) -> Self {
        Self { path: repository.common_dir().join("hooks"), is_in_work_tree: false }
    }

    /// Returns the path of the hook.
    pub fn file(&self, event: Event) -> PathBuf {
        self.path.join(event.name())
    }

    /// Returns the path of the hook that is called first.
    pub fn chained_file(&self, event: Event) -> PathBuf {
        self.path.join(format!("{}{CHAINED}", event.name()))
    }

    /// Returns what the file of the hook is.
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

/// Returns what a file is, whatever its name.
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

/// Whether the path exists, dangling links included.
pub fn exists(path: &Path) -> bool {
    fs_err::symlink_metadata(path).is_ok()
}

/// Whether git runs the file.
#[cfg(unix)]
pub(super) fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

/// Whether git runs the file.
#[cfg(not(unix))]
pub(super) fn is_executable(_metadata: &std::fs::Metadata) -> bool {
    true
}

fn origin_of(location: &HooksLocation) -> String {
    location.hooks_path.as_ref().map_or("a symbolic link".to_owned(), |set| set.origin.clone())
}

/// Resolves links as far as the path exists.
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
