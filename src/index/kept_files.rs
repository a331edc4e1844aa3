//! The files and tox results that are kept when they are deleted on the server, in a folder beside the deletion log.
//!
//! A copy in the cache costs nothing to keep: the folder has a second name for it, so the cache can evict it. The folders of all logs
//! together have at most [`LIMIT`] bytes; the oldest go first, and their logs stay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::devpi::{self, IndexConfig, Server};
use crate::index::Error;
use crate::index::contents::Contents;
use crate::model::names::{IndexName, Sha256};
use crate::model::release::{Release, ReleaseFile, ToxResultLink};
use crate::model::tox_result::MAX_REPORT_SIZE;
use crate::system::files::{self, Access};
use crate::workspace::deletion_log::FOLDERS;
use crate::workspace::{Workspace, cache};

/// The limit of all kept files in bytes.
pub const LIMIT: u64 = 2 << 30;

/// Which files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeepFiles {
    /// Those in the cache, with those of their results that are there too. For hooks.
    #[default]
    CachedOnly,
    /// Those in the cache. Their results are fetched.
    Cached,
    /// All of them. What the cache lacks is fetched first.
    All,
}

/// What was kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// The folder; `None` if nothing was kept.
    pub folder: Option<PathBuf>,
    /// The number of files.
    pub files: usize,
    /// The size of the folder in bytes.
    pub bytes: u64,
    /// The sha256 of each kept tox result, by its path on the server.
    pub results: BTreeMap<String, Sha256>,
}

/// The folder of a deletion log.
#[derive(Debug, Clone)]
pub struct KeptFolder(PathBuf);

impl KeptFolder {
    /// The folder of this log, which may not exist.
    pub fn of(log: &Path) -> Self {
        Self(log.with_extension("files"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The place of a file. `None` for a name that would leave the folder.
    pub fn file(&self, sha256: &Sha256, file_name: &str) -> Option<PathBuf> {
        let is_plain = Path::new(file_name).file_name().is_some_and(|name| name == file_name);
        is_plain.then(|| self.0.join(sha256.as_str()).join(file_name))
    }

    /// The place of a tox result.
    pub fn result(&self, sha256: &Sha256) -> PathBuf {
        self.0.join("results").join(format!("{sha256}.json"))
    }

    /// Deletes the folder.
    pub fn remove(&self) -> Result<(), Error> {
        Ok(files::remove_folder_if_exists(&self.0)?)
    }
}

/// The releases that are about to be deleted, and where to keep them.
#[derive(Debug, Clone, Copy)]
pub struct KeepRequest<'a> {
    /// The index.
    pub index: &'a IndexName,
    /// Its configuration.
    pub config: &'a IndexConfig,
    /// The releases.
    pub contents: &'a Contents,
    /// The path of the deletion log, which need not exist.
    pub log: &'a Path,
    /// Which files are kept.
    pub keep: KeepFiles,
}

/// Keeps the files. With [`KeepFiles::All`] a file that cannot be kept is an error; otherwise it is only not kept.
pub fn keep(workspace: &Workspace<'_>, server: &Server, request: KeepRequest<'_>) -> Result<Kept, Error> {
    let folder = KeptFolder::of(request.log);
    let keeper = Keeper { workspace, server, request, folder: folder.clone() };
    let mut kept = Kept::default();
    for release in &request.contents.releases {
        for file in &release.files {
            let is_kept = match keeper.keep_file((release, file), &mut kept) {
                Err(error) if request.keep == KeepFiles::All => {
                    folder.remove()?;
                    return Err(error);
                }
                other => other.unwrap_or(false),
            };
            kept.files += usize::from(is_kept);
        }
        kept.bytes = files::size_below(folder.path());
        if kept.bytes > LIMIT {
            folder.remove()?;
            return match request.keep {
                KeepFiles::All => {
                    Err(Error::TooLargeToKeep { index: request.index.clone(), limit: LIMIT, folder: folder.0 })
                }
                _ => Ok(Kept::default()),
            };
        }
    }
    if kept.files == 0 {
        folder.remove()?;
        return Ok(Kept::default());
    }
    make_room(&workspace.directories.state, &folder, LIMIT);
    Ok(Kept { folder: Some(folder.0), ..kept })
}

struct Keeper<'a> {
    workspace: &'a Workspace<'a>,
    server: &'a Server,
    request: KeepRequest<'a>,
    folder: KeptFolder,
}

impl Keeper<'_> {
    /// Keeps a file and its results; returns whether it is kept.
    fn keep_file(&self, (release, file): (&Release, &ReleaseFile), kept: &mut Kept) -> Result<bool, Error> {
        let Some(path) = self.folder.file(&file.sha256, &file.file_name) else { return Ok(false) };
        let cached = cache::package(&self.workspace.directories, &file.sha256, &file.file_name);
        match self.request.keep {
            KeepFiles::CachedOnly | KeepFiles::Cached if !cached.is_file() => return Ok(false),
            KeepFiles::CachedOnly | KeepFiles::Cached => files::link_or_copy(&cached, &path)?,
            KeepFiles::All if files::sha256_if_exists(&cached)?.as_ref() == Some(&file.sha256) => {
                files::link_or_copy(&cached, &path)?;
            }
            KeepFiles::All => {
                self.workspace.progress.step(&format!("saving {}", file.file_name));
                self.server.fetch(file, &path)?;
            }
        }
        for link in release.results_for(file).filter(|link| self.may_be_restored(link)) {
            match self.keep_result(link) {
                Ok(sha256) => kept.results.extend(sha256.map(|sha256| (link.path.clone(), sha256))),
                Err(error) if self.request.keep == KeepFiles::All => return Err(error),
                Err(_) => {}
            }
        }
        Ok(true)
    }

    /// Whether the result may be posted again, under another name. One by a user who is not named as trusted never is.
    fn may_be_restored(&self, link: &ToxResultLink) -> bool {
        let owner = self.request.index.user().as_str();
        let named = &self.request.config.acl_toxresult_upload;
        link.uploader().is_some_and(|who| who == owner || named.iter().any(|user| user == who))
    }

    /// Keeps a result; `None` if there is no copy of it that could be kept.
    fn keep_result(&self, link: &ToxResultLink) -> Result<Option<Sha256>, Error> {
        use devpi::Error as E;
        let cached = link.sha256.as_ref().and_then(|sha256| {
            let bytes =
                files::read_at_most(&cache::report(&self.workspace.directories, sha256), MAX_REPORT_SIZE).ok()??;
            (files::sha256_of(&bytes) == *sha256).then_some(bytes)
        });
        let bytes = match (cached, self.request.keep) {
            (Some(bytes), _) => bytes,
            (None, KeepFiles::CachedOnly) => return Ok(None),
            (None, _) => match self.server.tox_report(link, MAX_REPORT_SIZE) {
                Err(E::BodyTooLarge { .. } | E::ChecksumMismatch { .. } | E::Gone { .. } | E::NotFound { .. }) => {
                    return Ok(None);
                }
                other => other?,
            },
        };
        let sha256 = files::sha256_of(&bytes);
        files::write_atomic(&self.folder.result(&sha256), &bytes, Access::Private)?;
        Ok(Some(sha256))
    }
}

/// Deletes the oldest kept files, other than `newest`, until all have at most `limit` bytes. What cannot be deleted stays.
fn make_room(state: &Path, newest: &KeptFolder, limit: u64) {
    let mut folders = Vec::new();
    for folder in FOLDERS {
        folders.extend(files::newest_names_first(&state.join(folder), "files").unwrap_or_default());
    }
    // The names begin with the time.
    folders.sort_by(|one, other| other.file_name().cmp(&one.file_name()));
    let mut total = files::size_below(newest.path());
    for folder in folders.iter().filter(|folder| *folder != newest.path()) {
        total += files::size_below(folder);
        if total > limit {
            let _ = files::remove_folder_if_exists(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_files_go_first_and_their_logs_stay() {
        let state = tempfile::tempdir().unwrap();
        let log = |folder: &str, name: &str| {
            let log = state.path().join(folder).join(format!("{name}.json"));
            let kept = KeptFolder::of(&log);
            files::write_atomic(&kept.path().join("x"), &[0; 10], Access::Private).unwrap();
            files::write_atomic(&log, b"{}", Access::Private).unwrap();
            (log, kept)
        };
        let logs = [
            log("deleted-indexes", "20260101T000000Z-b"),
            log("deleted-releases", "20260102T000000Z-a"),
            log("deleted-indexes", "20260103T000000Z-a"),
        ];
        let left = || logs.iter().map(|(_, kept)| kept.path().is_dir()).collect::<Vec<_>>();
        make_room(state.path(), &logs[2].1, 30);
        assert_eq!(left(), [true, true, true]);
        make_room(state.path(), &logs[2].1, 25);
        assert_eq!(left(), [false, true, true]);
        // The newest is the one that was kept last, whatever its name says.
        make_room(state.path(), &logs[1].1, 10);
        assert_eq!(left(), [false, true, false]);
        assert!(logs.iter().all(|(log, _)| log.is_file()));
    }

    #[test]
    fn a_file_name_cannot_leave_the_folder() {
        let folder = KeptFolder::of(Path::new("/state/log.json"));
        let sha256 = files::sha256_of(b"x");
        for name in ["../x", "/etc/passwd", "a/b", "..", ".", ""] {
            assert_eq!(folder.file(&sha256, name), None, "{name}");
        }
        assert!(folder.file(&sha256, "demo-1.0.tar.gz").is_some_and(|path| path.starts_with("/state/log.files")));
    }
}
