//! From the cache to where a package is wanted. `files/<sha256>/<name>` was checked when it came, and is checked again when it is used:
//! while it is copied, so that a large file is read once.

use std::path::{Path, PathBuf};

use crate::devpi::Server;
use crate::model::names::Sha256;
use crate::model::release::ReleaseFile;
use crate::ops::dest::{self, Destination};
use crate::ops::{Error, Workbench, cache};
use crate::system::files;

/// A package in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub path: PathBuf,
    pub sha256: Sha256,
    pub bytes: Bytes,
}

/// What is known of the bytes of a package in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    /// They were seen a moment ago, by this very process.
    Checked,
    /// They are what somebody put there, some time.
    Unchecked,
}

/// Leaves the package that `bring` finds, fetches or builds in `dest`, or says where it lies in the cache. One that was damaged there, or
/// is taken away meanwhile, is brought anew.
pub(super) fn deliver(
    workbench: &Workbench<'_>,
    dest: Option<&Destination>,
    bring: impl Fn() -> Result<Kept, Error>,
) -> Result<(PathBuf, Sha256), Error> {
    let kept = bring()?;
    if let Some(path) = hand_over(workbench, dest, &kept)? {
        return Ok((path, kept.sha256));
    }
    files::remove_if_there(&kept.path)?;
    let kept = bring()?;
    match hand_over(workbench, dest, &kept)? {
        Some(path) => Ok((path, kept.sha256)),
        None => Err(Error::CacheChanges { path: kept.path }),
    }
}

/// `None`: what is there is not the package.
fn hand_over(workbench: &Workbench<'_>, dest: Option<&Destination>, kept: &Kept) -> Result<Option<PathBuf>, Error> {
    match dest {
        Some(dest) => dest.leave(kept.package(), &workbench.directories),
        None if kept.bytes == Bytes::Checked => Ok(Some(kept.path.clone())),
        None => Ok((files::sha256_if_there(&kept.path)?.as_ref() == Some(&kept.sha256)).then(|| kept.path.clone())),
    }
}

/// Brings `file` into the cache, if it is not there.
pub(super) fn fetch(workbench: &Workbench<'_>, server: &Server, file: &ReleaseFile) -> Result<Kept, Error> {
    if let Some(kept) = Kept::find(workbench, &file.sha256, &file.file_name) {
        return Ok(kept);
    }
    let path = folder(workbench, &file.sha256).join(&file.file_name);
    workbench.progress.step(&format!("fetching {}", file.file_name));
    server.fetch(file, &path)?;
    cache::thin(workbench);
    Ok(Kept { path, sha256: file.sha256.clone(), bytes: Bytes::Checked })
}

/// Takes a file that was built here into the cache; afterwards it is nowhere else.
pub(super) fn take(workbench: &Workbench<'_>, file: &Path) -> Result<Kept, Error> {
    let sha256 = files::sha256_of_file(file)?;
    let path = dest::move_into(file, &folder(workbench, &sha256))?;
    cache::used(&path);
    cache::thin(workbench);
    Ok(Kept { path, sha256, bytes: Bytes::Checked })
}

impl Kept {
    /// What the cache has under this name, whatever its bytes are by now.
    pub fn find(workbench: &Workbench<'_>, sha256: &Sha256, file_name: &str) -> Option<Self> {
        let path = folder(workbench, sha256).join(file_name);
        path.is_file().then(|| {
            cache::used(&path);
            Self { path, sha256: sha256.clone(), bytes: Bytes::Unchecked }
        })
    }

    fn package(&self) -> dest::Package<'_> {
        dest::Package { file: &self.path, sha256: &self.sha256, is_checked: self.bytes == Bytes::Checked }
    }
}

fn folder(workbench: &Workbench<'_>, sha256: &Sha256) -> PathBuf {
    workbench.directories.cache.join(cache::FILES).join(sha256.as_str())
}
