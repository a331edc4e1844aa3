//! The files of a project folder that count: all files, or those that git tracks.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::pyproject::TomlFile;
use super::source_text::{SourceText, inside};
use crate::system;

/// Says which files git tracks. This room does not know git.
pub trait TrackedFiles {
    /// Returns what git tracks at an absolute path.
    fn get(&self, path: &Path) -> Result<Tracked, system::Error>;
}

/// What git tracks at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracked {
    /// No file.
    None,
    /// The file of the work tree.
    InWorkTree,
    /// A file with this content, which the work tree may lack: of a sparse checkout.
    Content(Vec<u8>),
}

/// Reads the files of a project's folder, and of the repository around it.
#[derive(Clone, Copy)]
pub struct SourceTree<'a> {
    dir: &'a Path,
    tracked: Option<&'a dyn TrackedFiles>,
}

impl<'a> SourceTree<'a> {
    /// All files of the folder: of a stamped copy.
    pub fn all(dir: &'a Path) -> Self {
        Self { dir, tracked: None }
    }

    /// Only the tracked files of the folder: of a work tree, in which earlier builds have left files.
    pub fn tracked(dir: &'a Path, tracked: &'a dyn TrackedFiles) -> Self {
        Self { dir, tracked: Some(tracked) }
    }

    /// The folder.
    pub fn dir(&self) -> &'a Path {
        self.dir
    }

    /// Reads `relative` below the folder; `None` if it does not exist, or does not count.
    pub(super) fn text(&self, relative: &str) -> Result<Option<SourceText>, Error> {
        let path = inside(self.dir, relative)?;
        match self.state(&path)? {
            Tracked::None => Ok(None),
            Tracked::InWorkTree => SourceText::read(self.dir, relative),
            Tracked::Content(bytes) => Ok(Some(SourceText::from_bytes(path, bytes))),
        }
    }

    /// Reads a TOML file, as [`Self::text`] does.
    pub(super) fn toml(&self, relative: &str) -> Result<Option<TomlFile>, Error> {
        self.text(relative)?.map(TomlFile::parse).transpose()
    }

    /// Whether [`Self::text`] finds the file. A file that cannot be read is found, so that reading it gives the reason.
    pub(super) fn has(&self, relative: &str) -> bool {
        let path = self.dir.join(relative);
        match self.state(&path) {
            Ok(Tracked::InWorkTree) => path.is_file(),
            Ok(state) => state != Tracked::None,
            Err(_) => true,
        }
    }

    /// The error for a version in `relative` that cannot be read: an untracked file is itself the reason.
    pub(super) fn unknown(&self, relative: &str, reason: &str) -> Error {
        let file = self.dir.join(relative);
        match self.is_untracked(relative) {
            true => Error::Untracked { file },
            false => Error::VersionUnknown { file, reason: reason.to_owned() },
        }
    }

    /// Whether `relative` exists in the work tree and git does not track it.
    pub(super) fn is_untracked(&self, relative: &str) -> bool {
        let path = self.dir.join(relative);
        path.is_file() && self.state(&path).is_ok_and(|state| state == Tracked::None)
    }

    fn state(&self, path: &Path) -> Result<Tracked, Error> {
        let path: PathBuf = path.components().collect();
        Ok(self.tracked.map_or(Ok(Tracked::InWorkTree), |tracked| tracked.get(&path))?)
    }
}

impl std::fmt::Debug for SourceTree<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceTree").field("dir", &self.dir).field("tracked", &self.tracked.is_some()).finish()
    }
}
