//! tox's report (`--result-json`): parsing, results for one file, and the report to upload.
//!
//! Reports from the server are untrusted input: [`ToxReport::from_bytes`] reads what is a report, skips parts of an unexpected shape, and
//! gives a reason for the rest. [`super::evidence`] decides which reports are trusted.

mod note;
mod redact;
mod report;
mod strict_json;
mod unreadable;
mod upload;

pub use note::{
    NOTE_KEY, NOTE_SCHEMA, Note, Provenance, TestCounts, TestNote, WithdrawalNote, provenance_report, withdrawal_report,
};
pub use redact::without_userinfo;
pub use report::{CommandRun, EnvironmentRun, NotEvidence, Outcome, ToxReport};
pub use strict_json::parse_report;
pub use unreadable::{MAX_REPORT_SIZE, Unreadable};
pub use upload::{DroppedEnvironment, PreparedReport, UploadContext, report_for_upload};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
