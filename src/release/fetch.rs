//! From the cache to where a package is wanted. `files/<sha256>/<name>` was checked when it came, and is checked again when it is used:
//! while it is copied, so that a large file is read once.

use std::path::{Path, PathBuf};

use crate::build::destination::{self, Destination};
use crate::devpi::Server;
use crate::model::names::Sha256;
use crate::model::release::ReleaseFile;
use crate::release::Error;
use crate::system::files;
use crate::workspace::{Workspace, cache};

/// A package in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub path: PathBuf,
    pub sha256: Sha256,
    pub bytes: Bytes,
}

/// What is known of the bytes of a package in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// They were seen a moment ago, by this very process.
    Checked,
    /// They are what somebody put there, some time.
    Unchecked,
}

/// Leaves the package that `bring` finds, fetches or builds in `dest`, or says where it lies in the cache. One that was damaged there, or
/// is taken away meanwhile, is brought anew.
pub(crate) fn deliver(
    workspace: &Workspace<'_>,
    dest: Option<&Destination>,
    bring: impl Fn() -> Result<Kept, Error>,
) -> Result<(PathBuf, Sha256), Error> {
    let kept = bring()?;
    if let Some(path) = hand_over(workspace, dest, &kept)? {
        return Ok((path, kept.sha256));
    }
    files::remove_if_exists(&kept.path)?;
    let kept = bring()?;
    match hand_over(workspace, dest, &kept)? {
        Some(path) => Ok((path, kept.sha256)),
        None => Err(Error::CacheChanges { path: kept.path }),
    }
}

/// `None`: what is there is not the package.
fn hand_over(workspace: &Workspace<'_>, dest: Option<&Destination>, kept: &Kept) -> Result<Option<PathBuf>, Error> {
    match dest {
        Some(dest) => Ok(dest.leave(kept.package(), &workspace.directories)?),
        None if kept.bytes == Bytes::Checked => Ok(Some(kept.path.clone())),
        None => Ok((files::sha256_if_exists(&kept.path)?.as_ref() == Some(&kept.sha256)).then(|| kept.path.clone())),
    }
}

/// Brings `file` into the cache, if it is not there.
pub(crate) fn fetch(workspace: &Workspace<'_>, server: &Server, file: &ReleaseFile) -> Result<Kept, Error> {
    if let Some(kept) = Kept::find(workspace, &file.sha256, &file.file_name) {
        return Ok(kept);
    }
    let path = folder(workspace, &file.sha256).join(&file.file_name);
    workspace.progress.step(&format!("fetching {}", file.file_name));
    server.fetch(file, &path)?;
    cache::thin(workspace);
    Ok(Kept { path, sha256: file.sha256.clone(), bytes: Bytes::Checked })
}

/// Takes a file that was built here into the cache; afterwards it is nowhere else.
pub(crate) fn take(workspace: &Workspace<'_>, file: &Path) -> Result<Kept, Error> {
    let sha256 = files::sha256_of_file(file)?;
    let path = destination::move_into(file, &folder(workspace, &sha256))?;
    cache::used(&path);
    cache::thin(workspace);
    Ok(Kept { path, sha256, bytes: Bytes::Checked })
}

impl Kept {
    /// What the cache has under this name, whatever its bytes are by now.
    pub fn find(workspace: &Workspace<'_>, sha256: &Sha256, file_name: &str) -> Option<Self> {
        let path = folder(workspace, sha256).join(file_name);
        path.is_file().then(|| {
            cache::used(&path);
            Self { path, sha256: sha256.clone(), bytes: Bytes::Unchecked }
        })
    }

    fn package(&self) -> destination::Package<'_> {
        destination::Package { file: &self.path, sha256: &self.sha256, is_checked: self.bytes == Bytes::Checked }
    }
}

fn folder(workspace: &Workspace<'_>, sha256: &Sha256) -> PathBuf {
    workspace.directories.cache.join(cache::FILES).join(sha256.as_str())
}
