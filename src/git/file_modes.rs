//! File modes of a stamped copy.

use std::path::Path;

use super::error::Error;

/// Sets files below `top` to mode 0644 or 0755 and folders to 0755, as a checkout with umask 022.
///
/// Skips symbolic links and `.git`.
#[cfg(unix)]
pub(super) fn normalize(top: &Path) -> Result<(), Error> {
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

/// Does nothing: Windows has no file modes.
#[cfg(not(unix))]
pub(super) fn normalize(_top: &Path) -> Result<(), Error> {
    Ok(())
}
