//! What can stop the lookup, the build and the publication of a release.

use crate::model::names::{CommitId, IndexName, ProjectName};
use crate::workspace::{self, error::from_workspace_errors};
use crate::{build, index};

/// A release that could not be looked up, built, published or fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The workspace, or a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// The build.
    #[error(transparent)]
    Build(build::Error),
    /// The branch's index.
    #[error(transparent)]
    Index(index::Error),
    /// The build number was used for another commit.
    #[error("{project} {version} on {index} was built from commit {}, this is commit {}", .published.short(), .commit.short())]
    NumberReused {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// Where it lies.
        index: IndexName,
        /// Its commit.
        published: CommitId,
        /// This commit.
        commit: CommitId,
    },
    /// The machine that builds this version has failed, and so would this one.
    #[error("the build of {version} failed on another machine: {reason}{}", .ci_url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    BuildFailedElsewhere {
        /// The version.
        version: String,
        /// What it said.
        reason: String,
        /// Where the CI's log is.
        ci_url: Option<String>,
    },
    /// Claim after claim was taken and not fulfilled.
    #[error("{count} machines have tried to build on {index}, and none has published")]
    TooManyClaims {
        /// The branch's index.
        index: IndexName,
        /// How many.
        count: u32,
    },
    /// The release is not there.
    #[error("{project} {version} is not on {index}")]
    NoRelease {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// Where it was looked for.
        index: IndexName,
    },
    /// No file of the release fits.
    #[error("no file of {project} {version} on {index} fits here: {}", .files.join(", "))]
    NoCompatibleFile {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// Where it lies.
        index: IndexName,
        /// The files that there are.
        files: Vec<String>,
    },
    /// What was built is for another interpreter or platform.
    #[error("{file} was built, and {} cannot install it: it is not published", python.display())]
    IncompatibleBuild {
        /// The wheel.
        file: String,
        /// The interpreter that was to install it, and to build it.
        python: std::path::PathBuf,
    },
    /// A file in the cache was damaged twice while it was used.
    #[error("{} is not what was put there a moment ago", path.display())]
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
        /// Where it was looked for.
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
    /// An index with the random name of the staging index exists, and it is not ours.
    #[error("staging index {index} exists already")]
    StagingExists {
        /// The index.
        index: IndexName,
    },
    /// What the server stores is not what was uploaded.
    #[error("the server says {file} has sha256 {stored}, and it was uploaded with {sent}")]
    DigestMismatch {
        /// The file.
        file: String,
        /// The digest that was uploaded.
        sent: String,
        /// The digest that the server has.
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
