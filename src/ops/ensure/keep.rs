//! The cache of packages: `files/<sha256>/<name>`. What lies there was checked when it came, and is checked again when it is used.

use std::path::{Path, PathBuf};

use crate::devpi::Server;
use crate::model::names::Sha256;
use crate::model::release::ReleaseFile;
use crate::ops::{Error, Workbench, dest};
use crate::system::files;

/// Brings `file` into the cache, if it is not there.
pub(super) fn fetch(workbench: &Workbench<'_>, server: &Server, file: &ReleaseFile) -> Result<PathBuf, Error> {
    let path = folder(workbench, &file.sha256).join(&file.file_name);
    if path.is_file() && files::sha256_of_file(&path)? == file.sha256 {
        return Ok(path);
    }
    workbench.progress.step(&format!("fetching {}", file.file_name));
    server.fetch(file, &path)?;
    Ok(path)
}

/// Takes a file that was built here into the cache.
pub(super) fn take(workbench: &Workbench<'_>, file: &Path) -> Result<(PathBuf, Sha256), Error> {
    let sha256 = files::sha256_of_file(file)?;
    let folder = folder(workbench, &sha256);
    Ok((dest::put(file, &folder, &folder)?, sha256))
}

fn folder(workbench: &Workbench<'_>, sha256: &Sha256) -> PathBuf {
    workbench.directories.cache.join("files").join(sha256.as_str())
}
