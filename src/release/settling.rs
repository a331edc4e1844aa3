//! Waiting until concurrent writes have ended, on a storage where the last one stays.
//!
//! A write that began before ours and ends after it replaces ours without having seen it. Later writes see ours. So what is read back
//! after a time that is longer than a write takes stays.

use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::devpi::{Server, Storage};
use crate::model::names::IndexName;
use crate::release::Error;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::system::clock;

/// The shortest and the longest time that a write is given.
const LIMITS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(15));
/// The time of a write, in times of the last one that this process made.
const FACTOR: u32 = 4;

/// Waits until no write is under way that began before one that has just taken `took`.
pub(crate) fn wait(took: Duration) {
    thread::sleep((took * FACTOR).clamp(LIMITS.0, LIMITS.1));
}

impl ReleaseQuery<'_> {
    /// Returns the release as it stays: on a storage where the last write wins, a release that is a few seconds old is read again.
    /// `storage` is called for such a release only.
    pub(crate) fn settled(
        &self,
        server: &Server,
        index: &IndexName,
        (matched, storage): (ReleaseMatch, impl FnOnce() -> Storage),
    ) -> Result<ReleaseMatch, Error> {
        let is_young = is_young(&matched, server.server_time().unwrap_or_else(clock::now));
        if !is_young || storage() == Storage::Transactional {
            return Ok(matched);
        }
        wait(Duration::ZERO);
        Ok(self.lookup_once(server, index)?.unwrap_or(matched))
    }
}

/// Whether a file came to the index a moment ago: the log's last entry is the push.
fn is_young(matched: &ReleaseMatch, now: Timestamp) -> bool {
    let limit = SignedDuration::try_from(LIMITS.0 * 2).unwrap_or(SignedDuration::MAX);
    let came = matched.release.files.iter().filter_map(|file| file.log.last()).map(|entry| entry.when).max();
    came.is_some_and(|came| now.duration_since(came) < limit)
}
