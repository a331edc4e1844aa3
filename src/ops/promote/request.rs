//! The request of `promote`, and its result.

use url::Url;

use crate::model::evidence::UnreadableReport;
use crate::model::names::{CommitId, IndexName, ProjectName};
use crate::model::promotion::{Blocker, FileEvidence, FlakyPolicy};
use crate::model::release::ReleaseFile;
use crate::ops::Error;

/// The releases to promote, and the conditions.
#[derive(Debug, Clone, Default)]
pub struct PromoteRequest {
    /// The project; `None`: every project that the folder or `--project` selects.
    pub project: Option<ProjectName>,
    /// Which release of each project.
    pub selection: Selection,
    /// The source index; `None`: the release branch's.
    pub from: Option<String>,
    /// The target index; `None`: production.
    pub to: Option<String>,
    /// The upload URL of another index that gets the files from production afterwards.
    pub upload_to: Option<Url>,
    /// The environments that must be green; none: those of the setting `require`.
    pub require: Vec<String>,
    /// Whether a version below production's highest of the same base may be promoted.
    pub older: bool,
    /// Whether to change nothing.
    pub dry_run: bool,
}

/// Selects a release of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// The release that was built from the checked-out commit.
    #[default]
    ThisCommit,
    /// The release with this version.
    Version(String),
    /// The newest release of the release branch that may be promoted, or that production has already.
    LatestGreen,
}

/// The result for one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This run copied files to production.
    Promoted,
    /// Production had all files already.
    AlreadyThere,
    /// The release may be promoted. Nothing was changed: a dry run, or another project's release is blocked.
    Ready,
    /// The release may not be promoted.
    Blocked(Vec<Blocker>),
}

/// A requirement of a release that no version in production meets, although a repository of `bases-from` has the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetRequirement {
    /// The project of the release.
    pub project: ProjectName,
    /// The requirement as its metadata have it. Untrusted: escape it before printing.
    pub requirement: String,
    /// The production index.
    pub production: IndexName,
}

/// The result for all selected projects.
#[derive(Debug)]
pub struct PromoteOutcome {
    /// The requirements that production does not meet.
    pub unmet: Vec<UnmetRequirement>,
    /// The releases that were decided on, in the order of `project-dirs`, up to the interruption.
    pub promotions: Vec<Promotion>,
    /// The URL of the target index for installers, without credentials.
    pub index_url: Url,
    /// The failure that ended the run early.
    pub interruption: Option<Interruption>,
}

/// A failure while releases were copied.
#[derive(Debug)]
pub struct Interruption {
    /// The project whose release could not be copied.
    pub project: ProjectName,
    /// The failure.
    pub error: Error,
    /// The projects whose releases were not tried.
    pub remaining: Vec<ProjectName>,
}

/// The decision about one release, carried out if that was requested.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// The result.
    pub decision: Decision,
    /// Whether production holds other bytes under the same file name.
    pub is_conflict: bool,
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: String,
    /// The commit from which all files of the release were built; `None` when the provenance does not tell.
    pub commit: Option<CommitId>,
    /// The source index.
    pub from: IndexName,
    /// The target index.
    pub to: IndexName,
    /// The files of the release on the source index, as they were decided on.
    pub files: Vec<ReleaseFile>,
    /// The files of this version that the target index holds now, as the server lists them.
    pub production_files: Vec<ReleaseFile>,
    /// The upload to the index of `--to URL`.
    pub upload: Option<IndexUpload>,
    /// The evidence for each file in each required environment.
    pub evidence: Vec<FileEvidence>,
    /// The results that cannot be read and do not count.
    pub unreadable: Vec<UnreadableReport>,
    /// What follows from a failure before an environment passed.
    pub flaky: FlakyPolicy,
}

/// An upload to an index beside the devpi server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexUpload {
    /// The upload URL.
    pub index: Url,
    /// The files of the release.
    pub files: Vec<UploadedFile>,
}

/// A file and the index of `--to URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// The file's name.
    pub file_name: String,
    /// What was done.
    pub outcome: UploadOutcome,
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadOutcome {
    /// This run uploaded it.
    Uploaded,
    /// The index had it already, with the same bytes.
    AlreadyThere,
    /// A dry run: it would be uploaded.
    Planned,
}

impl UploadOutcome {
    /// The outcome as shown in messages and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::AlreadyThere => "already there",
            Self::Planned => "to be uploaded",
        }
    }
}

impl Promotion {
    /// The files that the target index holds under this version and that are not part of the release.
    pub fn extra_files(&self) -> impl Iterator<Item = &ReleaseFile> {
        let is_part = |file: &&ReleaseFile| self.files.iter().any(|own| own.file_name == file.file_name);
        self.production_files.iter().filter(move |file| !is_part(file))
    }
}
