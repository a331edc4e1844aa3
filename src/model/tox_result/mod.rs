//! tox's report (`--result-json`): parsing, results for one file, and the report to upload.
//!
//! Reports from the server are untrusted input. Parsing does not fail; it skips what it cannot read. [`super::evidence`] decides which
//! reports are trusted.

mod note;
mod redact;
mod report;
mod upload;

pub use note::{NOTE_KEY, NOTE_SCHEMA, Note, Provenance, TestNote, provenance_report};
pub use redact::without_userinfo;
pub use report::{EnvironmentRun, NotEvidence, Outcome, ToxReport};
pub use upload::{DroppedEnvironment, PreparedReport, UploadContext, report_for_upload};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
