//! tox's report (`--result-json`) and what it says about one file.
//!
//! Reports come from the server, so from anybody: reading one never fails, it only finds less. Whether a report may be believed is
//! not decided here but in [`super::evidence`].

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
