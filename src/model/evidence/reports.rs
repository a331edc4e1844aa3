//! The reports of a release, as far as they can be read.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::super::names::{IndexName, UserName, escape_for_terminal};
use super::super::release::{Release, ToxResultLink};
use super::super::tox_result::{ToxReport, Unreadable};

/// Reports by the path of their link; each is parsed, or has a reason why it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    by_path: BTreeMap<String, Result<ToxReport, Unreadable>>,
}

impl Reports {
    /// Adds the report of `link`, or the reason why it cannot be read.
    pub fn insert(&mut self, link: &ToxResultLink, report: Result<ToxReport, Unreadable>) {
        self.by_path.insert(link.path.clone(), report);
    }

    /// The report of `link`, if it can be read.
    pub fn get(&self, link: &ToxResultLink) -> Option<&ToxReport> {
        self.by_path.get(&link.path)?.as_ref().ok()
    }
}

/// A report that cannot be read. It counts neither as passed nor as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableReport {
    /// The index.
    pub index: IndexName,
    /// The file that the report was posted to.
    pub file_name: String,
    /// The report's own name on the server.
    pub report_name: String,
    /// The original uploader; `None` for an anonymous one.
    pub who: Option<String>,
    /// The time of the upload (UTC); the Unix epoch when the server has no log entry.
    pub when: Timestamp,
    /// Whether `who` is a trusted user.
    pub trusted: bool,
    /// The reason.
    pub reason: Unreadable,
}

impl fmt::Display for UnreadableReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = escape_for_terminal(&self.file_name);
        let who = escape_for_terminal(self.who.as_deref().unwrap_or("anonymous"));
        write!(f, "a tox result for {file} on {} (by {who}, at {}) {}", self.index, self.when, self.reason)
    }
}

/// The reports of `release` that cannot be read, in the server's order.
pub fn unreadable_reports(release: &Release, reports: &Reports, trusted: &[UserName]) -> Vec<UnreadableReport> {
    let mut unreadable = Vec::new();
    for file in &release.files {
        for link in release.results_for(file) {
            let Some(Err(reason)) = reports.by_path.get(&link.path) else { continue };
            unreadable.push(UnreadableReport {
                index: release.index.clone(),
                file_name: file.file_name.clone(),
                report_name: link.path.rsplit('/').next().unwrap_or_default().to_owned(),
                who: link.uploader().map(str::to_owned),
                when: link.posted().unwrap_or(Timestamp::UNIX_EPOCH),
                trusted: link.is_by(trusted),
                reason: reason.clone(),
            });
        }
    }
    unreadable
}
