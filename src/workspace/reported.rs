//! What a hook has reported already: it reports a situation once for each subject and text.
//!
//! The lists belong to the clone. If the state folder is not writable, the next run reports again.

use std::collections::BTreeMap;

use crate::git::Repository;
use crate::system::files::{self, Access};
use crate::workspace::Error;

/// The list of what was reported about one kind of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportList {
    /// The branches for which pre-push created no index, with the reason.
    SkippedBranches,
    /// The indexes that are kept for `keep-for`, with the end of that time.
    EndingIndexes,
    /// The servers whose clock is not trusted.
    DoubtedClocks,
}

impl ReportList {
    fn file(self) -> &'static str {
        match self {
            Self::SkippedBranches => "skipped-branches.json",
            Self::EndingIndexes => "ending-indexes.json",
            Self::DoubtedClocks => "doubted-clocks.json",
        }
    }

    /// Returns the subjects that were not reported with the same text yet, and records them as reported.
    pub fn take_unreported<'s>(self, repository: &Repository, reports: &[(&'s str, String)]) -> Vec<&'s str> {
        let mut reported = self.read(repository);
        let is_new = |(subject, text): &&(&str, String)| reported.get(*subject) != Some(text);
        let new: Vec<&str> = reports.iter().filter(is_new).map(|(subject, _)| *subject).collect();
        if !new.is_empty() {
            reported.extend(reports.iter().map(|(subject, text)| ((*subject).to_owned(), text.clone())));
            let _ = self.write(repository, &reported);
        }
        new
    }

    /// Removes the subjects about which `is_over` holds: they are reported again when the situation returns.
    pub fn forget(self, repository: &Repository, is_over: impl Fn(&str) -> bool) -> Result<(), Error> {
        let mut reported = self.read(repository);
        let before = reported.len();
        reported.retain(|subject, _| !is_over(subject));
        if reported.len() == before { Ok(()) } else { self.write(repository, &reported) }
    }

    /// Reads the list. A malformed file counts as empty.
    fn read(self, repository: &Repository) -> BTreeMap<String, String> {
        let bytes = files::read_optional(&repository.state_path(self.file())).ok().flatten();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn write(self, repository: &Repository, reported: &BTreeMap<String, String>) -> Result<(), Error> {
        let path = repository.state_path(self.file());
        if reported.is_empty() {
            return Ok(files::remove_if_exists(&path)?);
        }
        // The serialization of a map of strings cannot fail.
        Ok(files::write_atomic(&path, &serde_json::to_vec(reported).unwrap_or_default(), Access::Shared)?)
    }
}
