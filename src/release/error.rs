//! Errors of the lookup, the build and the publication of a release.

use crate::model::names::{CommitId, IndexName, ProjectName, Sha256};
use crate::workspace::{self, error::from_workspace_errors};
use crate::{build, index};

/// A release could not be looked up, built, published or fetched.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// An error of the workspace, or of a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// An error of the build.
    #[error(transparent)]
    Build(build::Error),
    /// An error of the branch's index.
    #[error(transparent)]
    Index(index::Error),
    /// The release of this version was built from another commit: the build number was used twice.
    #[error("{project} {version} on {index} was built from commit {}, this is commit {}", .published.short(), .commit.short())]
    NumberReused {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The index that holds the release.
        index: IndexName,
        /// The commit of the published release.
        published: CommitId,
        /// The commit of this build.
        commit: CommitId,
        /// The likely cause, and what to set.
        cause: String,
    },
    /// The build of this version failed on another machine, for a reason that holds on every
    /// machine.
    #[error("the build of {version} failed on another machine: {reason}{}", .ci_url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    BuildFailedElsewhere {
        /// The version.
        version: String,
        /// The recorded reason.
        reason: String,
        /// The URL of the CI build that failed.
        ci_url: Option<String>,
    },
    /// Claims on the version were taken repeatedly, and none led to a release.
    #[error("{count} attempts to build on {index} ended without a release")]
    TooManyClaims {
        /// The branch's index.
        index: IndexName,
        /// The number of claims that were tried.
        count: u32,
    },
    /// The claim was deleted or taken by another machine while this one was suspended.
    #[error("the claim {claim} was lost to another machine")]
    ClaimLost {
        /// The claim's index.
        claim: IndexName,
    },
    /// Another client uploaded a file into the claim.
    #[error("the claim {claim} contains {file}, which this machine did not upload")]
    ForeignFile {
        /// The claim's index.
        claim: IndexName,
        /// The file.
        file: String,
    },
    /// The index has no release of this version.
    #[error("{project} {version} not found on {index}")]
    NoRelease {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The index that was searched.
        index: IndexName,
    },
    /// The release has no file that fits the installing interpreter.
    #[error("no compatible file of {project} {version} on {index}: {}", .files.join(", "))]
    NoCompatibleFile {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The index that holds the release.
        index: IndexName,
        /// The file names of the release.
        files: Vec<String>,
    },
    /// The built wheel does not fit the interpreter that is to install it.
    #[error("{file} does not fit {} and is not published", python.display())]
    IncompatibleBuild {
        /// The wheel.
        file: String,
        /// The interpreter that built the wheel and is to install it.
        python: std::path::PathBuf,
    },
    /// A file in the cache changed twice during its use.
    #[error("{} changed while it was used", path.display())]
    CacheModified {
        /// The file.
        path: std::path::PathBuf,
    },
    /// No release was built from the commit.
    #[error("no release of {project} was built from commit {} (searched {})", .commit.short(), .indexes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    NoReleaseOfCommit {
        /// The project.
        project: ProjectName,
        /// The commit.
        commit: CommitId,
        /// The indexes that were searched.
        indexes: Vec<IndexName>,
    },
    /// An index has no release of the project.
    #[error("no release of {project} on {index}")]
    NoReleases {
        /// The project.
        project: ProjectName,
        /// The index.
        index: IndexName,
    },
    /// The release changed on its index between the decision about it and the copy.
    #[error("{project} {version} on {index} changed during the promotion: {file} {change}")]
    ChangedMeanwhile {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The source index.
        index: IndexName,
        /// The file.
        file: String,
        /// What happened to it.
        change: &'static str,
    },
    /// The index has a file of this name with other bytes than the one to restore.
    #[error("{index} has {file} with other bytes: {found}, not {expected}")]
    RestoreConflict {
        /// The index.
        index: IndexName,
        /// The file.
        file: String,
        /// The sha256 of the file on the index.
        found: Sha256,
        /// The sha256 of the file to restore.
        expected: Sha256,
    },
    /// An index with the random name of the staging index exists, and it is not ours.
    #[error("staging index {index} exists already")]
    StagingExists {
        /// The index.
        index: IndexName,
    },
    /// The server lists another digest than the uploaded file has.
    #[error("the server lists {file} with sha256 {stored}, but {sent} was uploaded")]
    DigestMismatch {
        /// The file.
        file: String,
        /// The digest that was uploaded.
        sent: String,
        /// The digest that the server lists.
        stored: String,
    },
}

from_workspace_errors!(Error);

impl From<build::Error> for Error {
    fn from(error: build::Error) -> Self {
        match error {
            build::Error::Workspace(error) => Self::Workspace(error),
            error => Self::Build(error),
        }
    }
}

impl From<index::Error> for Error {
    fn from(error: index::Error) -> Self {
        match error {
            index::Error::Workspace(error) => Self::Workspace(error),
            error => Self::Index(error),
        }
    }
}
