//! Fetches packages into the cache, and copies them from there to their destination.
//!
//! A file `files/<sha256>/<name>` was verified when it was stored. It is verified again when it is used: during the copy, so
//! that a large file is read once.

use std::path::{Path, PathBuf};

use crate::build::destination::{self, Destination, Verification};
use crate::devpi::Server;
use crate::model::names::Sha256;
use crate::model::release::ReleaseFile;
use crate::release::Error;
use crate::system::files;
use crate::workspace::{Workspace, cache};

/// A package in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CachedFile {
    pub path: PathBuf,
    pub sha256: Sha256,
    pub verification: Verification,
}

/// Copies the package that `obtain` returns to `dest`, or returns its path in the cache if `dest`
/// is `None`.
///
/// A cached file that is damaged or was deleted meanwhile is obtained once more.
pub(crate) fn deliver(
    workspace: &Workspace<'_>,
    dest: Option<&Destination>,
    obtain: impl Fn() -> Result<CachedFile, Error>,
) -> Result<(PathBuf, Sha256), Error> {
    let cached = obtain()?;
    if let Some(path) = copy_to_destination(workspace, dest, &cached)? {
        return Ok((path, cached.sha256));
    }
    files::remove_if_exists(&cached.path)?;
    let cached = obtain()?;
    match copy_to_destination(workspace, dest, &cached)? {
        Some(path) => Ok((path, cached.sha256)),
        None => Err(Error::CacheModified { path: cached.path }),
    }
}

/// Returns `None` if the cached file is missing or has other bytes.
fn copy_to_destination(
    workspace: &Workspace<'_>,
    dest: Option<&Destination>,
    cached: &CachedFile,
) -> Result<Option<PathBuf>, Error> {
    match dest {
        Some(dest) => Ok(dest.put(cached.package(), &workspace.directories)?),
        None if cached.verification == Verification::Verified => Ok(Some(cached.path.clone())),
        None => {
            Ok((files::sha256_if_exists(&cached.path)?.as_ref() == Some(&cached.sha256)).then(|| cached.path.clone()))
        }
    }
}

/// Returns `file` from the cache; fetches it if the cache does not have it.
pub(crate) fn fetch(workspace: &Workspace<'_>, server: &Server, file: &ReleaseFile) -> Result<CachedFile, Error> {
    if let Some(cached) = CachedFile::find(workspace, &file.sha256, &file.file_name) {
        return Ok(cached);
    }
    let path = cache::package(&workspace.directories, &file.sha256, &file.file_name);
    workspace.progress.step(&format!("fetching {}", file.file_name));
    server.fetch(file, &path)?;
    cache::evict(workspace);
    Ok(CachedFile { path, sha256: file.sha256.clone(), verification: Verification::Verified })
}

/// Moves a built file into the cache.
pub(crate) fn add_to_cache(workspace: &Workspace<'_>, file: &Path) -> Result<CachedFile, Error> {
    let sha256 = files::sha256_of_file(file)?;
    let path = destination::move_into(file, &folder(workspace, &sha256))?;
    cache::mark_used(&path);
    cache::evict(workspace);
    Ok(CachedFile { path, sha256, verification: Verification::Verified })
}

impl CachedFile {
    /// Returns the cached file of this name; its bytes are not verified.
    pub fn find(workspace: &Workspace<'_>, sha256: &Sha256, file_name: &str) -> Option<Self> {
        let path = cache::package(&workspace.directories, sha256, file_name);
        path.is_file().then(|| {
            cache::mark_used(&path);
            Self { path, sha256: sha256.clone(), verification: Verification::Unverified }
        })
    }

    fn package(&self) -> destination::Package<'_> {
        destination::Package { file: &self.path, sha256: &self.sha256, verification: self.verification }
    }
}

fn folder(workspace: &Workspace<'_>, sha256: &Sha256) -> PathBuf {
    workspace.directories.cache.join(cache::FILES).join(sha256.as_str())
}
