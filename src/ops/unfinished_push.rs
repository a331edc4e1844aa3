//! What a clean-up after a push still has to do: noted by pre-push, done by the finisher, else by a later hook.
//!
//! A note proves nothing: the push may have failed. It only says what to look for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::git::Repository;
use crate::model::names::{BranchName, CommitId};
use crate::ops::Error;
use crate::system::files::{self, Access};

const FILE: &str = "unfinished-push.json";

/// What a push does to a branch on the remote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedRef {
    /// The new tip of a release branch; `None` for a deletion.
    pub tip: Option<CommitId>,
    /// Whether git updates the remote-tracking branch when the push succeeds, so that it tells the result.
    pub is_tracked: bool,
}

/// The notes of a clone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedPush {
    /// The moved release branches and the deleted branches, by name.
    pub refs: BTreeMap<String, PushedRef>,
    /// When `keep-for` of an index ends that is kept for it.
    pub again_after: Option<Timestamp>,
}

impl UnfinishedPush {
    /// Reads the notes. A malformed file counts as empty.
    pub fn read(repository: &Repository) -> Self {
        let bytes = files::read_optional(&repository.state_path(FILE)).ok().flatten();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes the notes.
    pub fn write(&self, repository: &Repository) -> Result<(), Error> {
        let path = repository.state_path(FILE);
        if *self == Self::default() {
            return Ok(files::remove_if_exists(&path)?);
        }
        // The serialization of such a map cannot fail.
        Ok(files::write_atomic(&path, &serde_json::to_vec(self).unwrap_or_default(), Access::Shared)?)
    }

    /// Whether a clean-up has something to do at `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.refs.is_empty() || self.is_grace_over(now)
    }

    /// Whether `keep-for` has ended for an index that was kept for it.
    pub fn is_grace_over(&self, now: Timestamp) -> bool {
        self.again_after.is_some_and(|after| after <= now)
    }

    /// Adds a ref.
    pub fn add(&mut self, branch: &BranchName, pushed: PushedRef) {
        self.refs.insert(branch.as_str().to_owned(), pushed);
    }
}

/// Removes the refs that are still as in `done`; a push may have noted others meanwhile.
pub fn remove(repository: &Repository, done: &BTreeMap<String, PushedRef>) -> Result<(), Error> {
    let mut notes = UnfinishedPush::read(repository);
    notes.refs.retain(|name, pushed| done.get(name) != Some(pushed));
    notes.write(repository)
}

/// Notes when `keep-for` ends for the first of the kept indexes, after a clean-up that was complete.
pub fn note_end_of_grace(repository: &Repository, again_after: Option<Timestamp>) -> Result<(), Error> {
    let notes = UnfinishedPush::read(repository);
    if notes.again_after == again_after {
        return Ok(());
    }
    UnfinishedPush { again_after, ..notes }.write(repository)
}
