//! The cache folder, and its size limits.
//!
//! Its parts are `files` (packages), `local` (records of local builds), `reports` (tox results) and `constraints`. All of it can be fetched or
//! built again. The least recently used entries are evicted first, and never within a day after their last use.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::model::names::Sha256;
use crate::system::directories::Directories;
use crate::system::files::{self, Access, FileLock};
use crate::system::{Error, clock};
use crate::workspace::Workspace;

/// The parts of the cache with their limits in bytes.
const PARTS: [(&str, u64); 4] = [(FILES, 2 << 30), (LOCAL, 16 << 20), (REPORTS, 64 << 20), (CONSTRAINTS, 16 << 20)];
/// Packages, each in a folder with its sha256 as name.
pub(crate) const FILES: &str = "files";
/// Records of local builds.
pub(crate) const LOCAL: &str = "local";
/// Tox results.
pub(crate) const REPORTS: &str = "reports";
/// Constraints files for pip and uv.
pub(crate) const CONSTRAINTS: &str = "constraints";

/// The minimum age of an evicted entry: an installer may be reading a newer one.
const MIN_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The interval between two evictions, and the precision of the last use.
const INTERVAL: Duration = Duration::from_secs(60 * 60);
/// The block size of file systems: a file takes at least one block.
const BLOCK_SIZE: u64 = 4096;

/// The place of a package in the cache.
pub(crate) fn package(directories: &Directories, sha256: &Sha256, file_name: &str) -> PathBuf {
    directories.cache.join(FILES).join(sha256.as_str()).join(file_name)
}

/// The place of a tox result in the cache. Copies of one report on several indexes share it.
pub(crate) fn report(directories: &Directories, sha256: &Sha256) -> PathBuf {
    directories.cache.join(REPORTS).join(format!("{sha256}.json"))
}

/// Records the use of `path` in its modification time.
pub(crate) fn mark_used(path: &Path) {
    let now = SystemTime::from(clock::now());
    let is_known = modified(path).and_then(|then| now.duration_since(then).ok()).is_some_and(|age| age < INTERVAL);
    if !is_known {
        // If the time cannot be set, the entry only looks older than it is.
        let _ = std::fs::File::options().write(true).open(path).and_then(|file| file.set_modified(now));
    }
}

/// Evicts entries if the cache exceeds its limits.
///
/// Runs at most once an hour, and never waits for another run.
pub(crate) fn evict(workspace: &Workspace<'_>) {
    match evict_from(&workspace.directories, SystemTime::from(clock::now())) {
        Ok(0) => {}
        Ok(count) => workspace.progress.detail(&format!("removed {count} unused entries from the cache")),
        // Another run may evict at the same time, and a cache that is too large is no reason to fail.
        Err(error) => workspace.progress.detail(&format!("cannot clean up the cache: {error}")),
    }
}

fn evict_from(directories: &Directories, now: SystemTime) -> Result<usize, Error> {
    let stamp = directories.cache.join("thinned");
    let is_due = || modified(&stamp).and_then(|then| now.duration_since(then).ok()).is_none_or(|age| age >= INTERVAL);
    if !is_due() {
        return Ok(0);
    }
    let lock = FileLock::try_acquire(&directories.state.join("locks/cache.lock"))?;
    if lock.is_none() || !is_due() {
        return Ok(0);
    }
    files::write_atomic(&stamp, b"", Access::Shared)?;
    let trash = directories.cache.join("going");
    // Left by a run that was killed.
    let _ = std::fs::remove_dir_all(&trash);
    files::create_folder(&trash)?;
    let mut count = 0;
    for (part, limit) in PARTS {
        for entry in evictable(entries(&directories.cache.join(part))?, limit, now) {
            // Renamed first: a concurrent reader finds the whole entry or none.
            count += usize::from(std::fs::rename(&entry.path, trash.join(count.to_string())).is_ok());
        }
    }
    let _ = std::fs::remove_dir_all(&trash);
    Ok(count)
}

/// A file or a folder that is evicted as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

/// Returns the entries to evict, so that the others take at most `limit` bytes.
fn evictable(mut entries: Vec<Entry>, limit: u64, now: SystemTime) -> Vec<Entry> {
    let mut size: u64 = entries.iter().map(|entry| entry.size).sum();
    entries.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
    // A time in the future means that the clock was set back: the entry counts as recent.
    let is_old = |entry: &Entry| now.duration_since(entry.used).is_ok_and(|age| age > MIN_AGE);
    let evicted = entries.into_iter().take_while(|entry| {
        let evicted = size > limit && is_old(entry);
        size -= if evicted { entry.size } else { 0 };
        evicted
    });
    evicted.collect()
}

/// Returns the entries of `folder`: files, and folders with files.
///
/// Entries that vanish meanwhile are skipped.
fn entries(folder: &Path) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    for path in children(folder)? {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        let mut entry =
            Entry { size: on_disk(metadata.len()), used: modified(&path).unwrap_or(SystemTime::UNIX_EPOCH), path };
        if metadata.is_dir() {
            for file in children(&entry.path)? {
                let Ok(metadata) = file.symlink_metadata() else { continue };
                entry.size += on_disk(metadata.len());
                entry.used = entry.used.max(metadata.modified().unwrap_or(entry.used));
            }
        }
        found.push(entry);
    }
    Ok(found)
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::file("read", folder)(error)),
    }
}

fn on_disk(size: u64) -> u64 {
    size.max(1).next_multiple_of(BLOCK_SIZE)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.symlink_metadata().and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    /// Takes names with sizes and hours since the last use; returns the evicted names.
    fn going(entries: &[(&str, u64, u64)], limit: u64) -> Vec<String> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 * DAY);
        let entry = |&(name, size, hours): &(&str, u64, u64)| Entry {
            path: PathBuf::from(name),
            size,
            used: now - Duration::from_secs(hours * 60 * 60),
        };
        let gone = evictable(entries.iter().map(entry).collect(), limit, now);
        gone.into_iter().map(|entry| entry.path.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_no_more_than_must() {
        let entries = [("new", 4, 30), ("oldest", 3, 90), ("old", 3, 50)];
        assert_eq!(going(&entries, 10), [""; 0]);
        assert_eq!(going(&entries, 9), ["oldest"]);
        assert_eq!(going(&entries, 7), ["oldest"]);
        assert_eq!(going(&entries, 6), ["oldest", "old"]);
        assert_eq!(going(&entries, 0), ["oldest", "old", "new"]);
    }

    #[test]
    fn what_was_used_within_a_day_stays_however_much_it_is() {
        assert_eq!(going(&[("old", 1, 25), ("young", 50, 23), ("now", 50, 0)], 10), ["old"]);
        assert_eq!(going(&[("young", 50, 24)], 10), [""; 0]);
    }

    #[test]
    fn an_entry_is_as_large_as_all_its_files_and_as_young_as_the_youngest() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        std::fs::create_dir_all(folder.path().join("files/abc")).unwrap();
        for (name, days) in [("one", 3), ("two", 2)] {
            let path = folder.path().join("files/abc").join(name);
            std::fs::write(&path, vec![0; 5000]).unwrap();
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(now - Duration::from_secs(days * DAY)).unwrap();
        }
        let found = entries(&folder.path().join("files")).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].size >= 4 * BLOCK_SIZE && found[0].used >= now - Duration::from_secs(2 * DAY));
        assert_eq!(entries(&folder.path().join("reports")).unwrap(), []);
    }

    #[test]
    fn a_use_is_noted_once_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "x").unwrap();
        let set = |ago: u64| {
            let time = SystemTime::now() - Duration::from_secs(ago);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            modified(&path).unwrap()
        };
        let lately = set(60);
        mark_used(&path);
        assert_eq!(modified(&path).unwrap(), lately);
        let long_ago = set(2 * DAY);
        mark_used(&path);
        assert!(modified(&path).unwrap() > long_ago + Duration::from_secs(DAY));
        mark_used(&folder.path().join("gone"));
    }
}
