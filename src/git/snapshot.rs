//! Bringing a work tree's differences into a stamped copy.

use std::path::{Path, PathBuf};

use super::changes::{WorkTreeChanges, path_of};
use super::clone::StampRepository;
use super::{Error, Repository};

/// Copies, or deletes, each of the paths of `changes` in `copy` as the work tree of `source` has it.
pub(super) fn take(source: &Repository, copy: &StampRepository, changes: &WorkTreeChanges) -> Result<(), Error> {
    let Some(work_tree) = source.work_tree() else {
        return Err(Error::NoWorkTree { path: source.git_dir().to_owned() });
    };
    for path in changes.tracked.iter().chain(&changes.untracked) {
        let (from, to) = (work_tree.join(path), copy.join(path));
        if !is_beyond_link(copy.path(), path) {
            remove(&to)?;
        }
        if is_beyond_link(work_tree, path) {
            // A folder became a link: what git means by this path is gone.
            continue;
        }
        match std::fs::symlink_metadata(&from) {
            Ok(kind) if kind.is_dir() => {
                // A submodule, or a repository inside the work tree: what git sees of it.
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

/// Whether a folder on the way from `top` to `path` is a symbolic link: beyond it nothing is the repository's, and nothing may be
/// touched.
fn is_beyond_link(top: &Path, path: &Path) -> bool {
    path.ancestors().skip(1).any(|above| above != Path::new("") && top.join(above).is_symlink())
}

/// Tracked and untracked files of the repository in `folder`, ignored ones left out.
fn files_of(copy: &StampRepository, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = copy.tool_in(folder).args(list).checked()?;
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(path_of).collect())
}

/// Takes away what is at `path`. A submodule keeps its `.git`, or it would be no submodule any more.
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

/// Copies the file `path` with its mode, or a symbolic link as a link. What is neither (a submodule of a submodule, a socket, a file that
/// was deleted) is left out.
fn copy_one(source: &Path, copy: &Path, path: &Path) -> Result<(), Error> {
    let (from, to) = (source.join(path), copy.join(path));
    let Ok(kind) = std::fs::symlink_metadata(&from).map(|metadata| metadata.file_type()) else {
        return Ok(());
    };
    if kind.is_dir() {
        return Ok(());
    }
    make_room(copy, path)?;
    if kind.is_symlink() {
        let target = std::fs::read_link(&from).map_err(Error::file("read", &from))?;
        link(&target, &to).map_err(Error::file("write", &to))
    } else if kind.is_file() {
        std::fs::copy(&from, &to).map(drop).map_err(Error::file("write", &to))
    } else {
        Ok(())
    }
}

/// Makes the folders for `path` in `copy`, also where a file or a link had the name of one of them.
fn make_room(copy: &Path, path: &Path) -> Result<(), Error> {
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

/// Gives every file of the copy the mode 0644 or 0755, and every folder 0755: as a check-out under umask 022 has them.
#[cfg(unix)]
pub(super) fn even_modes(top: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::file("read", &folder))?.flatten() {
            let path = entry.path();
            let metadata = entry.metadata().map_err(Error::file("read", &path))?;
            if entry.file_name() == ".git" || metadata.file_type().is_symlink() {
                continue;
            }
            let mode = metadata.permissions().mode() & 0o777;
            let wanted = if metadata.is_dir() || mode & 0o100 != 0 { 0o755 } else { 0o644 };
            if mode != wanted {
                let permissions = std::fs::Permissions::from_mode(wanted);
                std::fs::set_permissions(&path, permissions).map_err(Error::file("write", &path))?;
            }
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(())
}

/// Windows has no such modes.
#[cfg(not(unix))]
pub(super) fn even_modes(_top: &Path) -> Result<(), Error> {
    Ok(())
}
