//! What `promote` is asked for, and what it answers.

use crate::model::evidence::UnreadableReport;
use crate::model::names::{IndexName, ProjectName};
use crate::model::promotion::{Blocker, FileEvidence};
use crate::model::release::ReleaseFile;
use crate::release::select::ReleaseSelector;

/// What is to be promoted, and how.
#[derive(Debug, Clone, Default)]
pub struct PromoteRequest {
    /// The release.
    pub asked: ReleaseSelector,
    /// The index that it lies on; `None`: the release branch's.
    pub from: Option<String>,
    /// The index that it goes to; `None`: production.
    pub to: Option<String>,
    /// The environments that must be green; none: those that the settings require.
    pub require: Vec<String>,
    /// Whether a version below production's highest of the same base may go there.
    pub older: bool,
    /// Whether to look only.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Production has it now.
    Promoted,
    /// Production had it already.
    AlreadyThere,
    /// It may be promoted; this was a dry run.
    Ready,
    /// It may not.
    Blocked(Vec<Blocker>),
}

/// A promotion that was decided, and carried out if it was to be.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// What came of it.
    pub decision: Decision,
    /// Whether production holds other bytes.
    pub is_conflict: bool,
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: String,
    /// The index that it comes from.
    pub from: IndexName,
    /// The index that it goes to.
    pub to: IndexName,
    /// The files of the release.
    pub files: Vec<ReleaseFile>,
    /// What is known of every file in every required environment.
    pub evidence: Vec<FileEvidence>,
    /// The results that cannot be read and do not count.
    pub unreadable: Vec<UnreadableReport>,
}
