//! Applies the uncommitted changes of a work tree to a stamped copy.

use std::path::{Path, PathBuf};

use super::changes::{WorkTreeChanges, path_of};
use super::error::Error;
use super::repository::Repository;
use super::stamp_repository::StampRepository;

impl StampRepository {
    /// Copies or deletes each path of `changes` so that the copy matches the work tree of `source`.
    ///
    /// `changes` is the result of `source.changes()`.
    pub fn apply_changes(&self, source: &Repository, changes: &WorkTreeChanges) -> Result<(), Error> {
        apply(source, self, changes)
    }
}

fn apply(source: &Repository, copy: &StampRepository, changes: &WorkTreeChanges) -> Result<(), Error> {
    let Some(work_tree) = source.work_tree() else {
        return Err(Error::NoWorkTree { path: source.git_dir().to_owned() });
    };
    for path in changes.tracked.iter().chain(&changes.untracked) {
        let (from, to) = (work_tree.join(path), copy.join(path));
        if !is_behind_link(copy.path(), path) {
            remove(&to)?;
        }
        if is_behind_link(work_tree, path) {
            // A symbolic link replaced a parent folder, so the path that git lists was deleted.
            continue;
        }
        match std::fs::symlink_metadata(&from) {
            Ok(kind) if kind.is_dir() => {
                // A submodule or a nested repository, which git lists as one path.
                for inner in files_of(copy, &from)? {
                    copy_one(work_tree, copy.path(), &path.join(inner))?;
                }
            }
            Ok(_) => copy_one(work_tree, copy.path(), path)?,
            Err(_) => {}
        }
    }
    Ok(())
}

/// Whether a parent folder of `path` below `top` is a symbolic link.
///
/// Files behind such a link do not belong to the repository and must not be changed.
fn is_behind_link(top: &Path, path: &Path) -> bool {
    path.ancestors().skip(1).any(|above| above != Path::new("") && top.join(above).is_symlink())
}

/// The tracked and untracked files of the repository in `folder`, without ignored ones.
fn files_of(copy: &StampRepository, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = copy.tool_in(folder).args(list).checked()?;
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(path_of).collect())
}

/// Deletes the file or folder `path`. A submodule keeps its `.git`.
fn remove(path: &Path) -> Result<(), Error> {
    let Ok(kind) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !kind.is_dir() {
        return std::fs::remove_file(path).map_err(Error::file("remove", path));
    }
    if !path.join(".git").exists() {
        return std::fs::remove_dir_all(path).map_err(Error::file("remove", path));
    }
    for entry in std::fs::read_dir(path).map_err(Error::file("read", path))?.flatten() {
        let inner = entry.path();
        match entry.file_type() {
            _ if entry.file_name() == ".git" => {}
            Ok(kind) if kind.is_dir() => std::fs::remove_dir_all(&inner).map_err(Error::file("remove", &inner))?,
            _ => std::fs::remove_file(&inner).map_err(Error::file("remove", &inner))?,
        }
    }
    Ok(())
}

/// Copies the file `path` with its mode, or the symbolic link `path` as a link.
///
/// Skips everything else: folders (nested submodules), sockets, deleted files.
fn copy_one(source: &Path, copy: &Path, path: &Path) -> Result<(), Error> {
    let (from, to) = (source.join(path), copy.join(path));
    let Ok(kind) = std::fs::symlink_metadata(&from).map(|metadata| metadata.file_type()) else {
        return Ok(());
    };
    if kind.is_dir() {
        return Ok(());
    }
    create_parents(copy, path)?;
    if kind.is_symlink() {
        let target = std::fs::read_link(&from).map_err(Error::file("read", &from))?;
        link(&target, &to).map_err(Error::file("write", &to))
    } else if kind.is_file() {
        std::fs::copy(&from, &to).map(drop).map_err(Error::file("write", &to))
    } else {
        Ok(())
    }
}

/// Creates the parent folders of `path` in `copy`, replacing files and links of the same name.
fn create_parents(copy: &Path, path: &Path) -> Result<(), Error> {
    let mut folder = copy.to_owned();
    for part in path.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        match std::fs::symlink_metadata(&folder) {
            Ok(kind) if kind.is_dir() => {}
            Ok(_) => {
                std::fs::remove_file(&folder).map_err(Error::file("remove", &folder))?;
                std::fs::create_dir(&folder).map_err(Error::file("create", &folder))?;
            }
            Err(_) => std::fs::create_dir(&folder).map_err(Error::file("create", &folder))?,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn link(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target, at)
}
