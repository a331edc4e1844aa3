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
        remove(&to)?;
        match std::fs::symlink_metadata(&from) {
            Ok(kind) if kind.is_dir() => {
                // A submodule, or a repository inside the work tree: what git sees of it.
                for inner in files_of(copy, &from)? {
                    copy_one(&from.join(&inner), &to.join(&inner))?;
                }
            }
            Ok(_) => copy_one(&from, &to)?,
            Err(_) => {}
        }
    }
    Ok(())
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
    match std::fs::symlink_metadata(path) {
        Ok(kind) if kind.is_dir() => {
            for entry in std::fs::read_dir(path).map_err(Error::file("read", path))?.flatten() {
                let inner = entry.path();
                match entry.file_type() {
                    _ if entry.file_name() == ".git" => {}
                    Ok(kind) if kind.is_dir() => {
                        std::fs::remove_dir_all(&inner).map_err(Error::file("remove", &inner))?
                    }
                    _ => std::fs::remove_file(&inner).map_err(Error::file("remove", &inner))?,
                }
            }
            Ok(())
        }
        Ok(_) => std::fs::remove_file(path).map_err(Error::file("remove", path)),
        Err(_) => Ok(()),
    }
}

/// Copies a file with its mode, or a symbolic link as a link. What is neither (a submodule of a submodule, a socket, a file that was
/// deleted) is left out.
fn copy_one(from: &Path, to: &Path) -> Result<(), Error> {
    let Ok(kind) = std::fs::symlink_metadata(from).map(|metadata| metadata.file_type()) else {
        return Ok(());
    };
    if let Some(folder) = to.parent() {
        make_room(folder)?;
    }
    if kind.is_symlink() {
        let target = std::fs::read_link(from).map_err(Error::file("read", from))?;
        link(&target, to).map_err(Error::file("write", to))
    } else if kind.is_file() {
        std::fs::copy(from, to).map(drop).map_err(Error::file("write", to))
    } else {
        Ok(())
    }
}

/// Makes a folder where a file of that name may have been before.
fn make_room(folder: &Path) -> Result<(), Error> {
    for above in folder.ancestors() {
        match std::fs::symlink_metadata(above) {
            Ok(kind) if kind.is_dir() => break,
            Ok(_) => {
                std::fs::remove_file(above).map_err(Error::file("remove", above))?;
                break;
            }
            Err(_) => {}
        }
    }
    std::fs::create_dir_all(folder).map_err(Error::file("create", folder))
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
