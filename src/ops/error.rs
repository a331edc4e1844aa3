//! What can stop a verb, beside what the rooms below report.
//!
//! An error of a lower room always stands in that room's own variant: the conversions take out what a room in between only passed on.
//! So a caller matches `Error::Workspace(workspace::Error::Devpi(_))`, whichever way the error came.

use crate::model::names::{BranchName, IndexName, ProjectName, UserName};
use crate::workspace::{self, error::from_workspace_errors};
use crate::{build, index, release};
use url::Url;

/// What stopped a verb. `cli/failure/` decides the exit code and the hint of each variant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The workspace, or a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// The build.
    #[error(transparent)]
    Build(build::Error),
    /// A branch's index.
    #[error(transparent)]
    Index(index::Error),
    /// A release.
    #[error(transparent)]
    Release(release::Error),
    /// A promotion.
    #[error(transparent)]
    Promotion(#[from] super::promote::Error),
    /// A withdrawal.
    #[error(transparent)]
    Withdrawal(#[from] super::withdraw::Error),
    /// A password is needed, and none came.
    #[error("no password for {login} at {server}")]
    NoPassword {
        /// The server.
        server: Url,
        /// Who wants to log in.
        login: UserName,
    },
    /// The index must not be deleted.
    #[error("{index} is not deleted: {why}")]
    ProtectedIndex {
        /// Its name.
        index: IndexName,
        /// Why.
        why: String,
    },
    /// The branch is not to have an index.
    #[error("{branch} matches ignore-branches ({pattern})")]
    IgnoredBranch {
        /// The branch.
        branch: BranchName,
        /// The glob.
        pattern: String,
    },
    /// It is not to be built, and no index can hold it.
    #[error("{project} {version} is not published, so it cannot be found anywhere")]
    NotPublished {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
    },
    /// A local version is not published.
    #[error("{version} is a local version with changes that are not committed: it is not published")]
    DirtyUpload {
        /// The version.
        version: String,
    },
    /// A report that cannot be read.
    #[error("{place} is not a tox report: {reason}")]
    BadReport {
        /// The file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A production index of other bytes.
    #[error("{to} already holds {file} with other bytes: {published} there, {promoted} here")]
    DigestConflict {
        /// The production index.
        to: IndexName,
        /// The file.
        file: String,
        /// The digest there.
        published: String,
        /// The digest here.
        promoted: String,
    },
    /// More indexes than one run may delete.
    #[error("{count} indexes would be deleted, more than the limit of {limit}")]
    PruneLimit {
        /// How many.
        count: usize,
        /// How many may.
        limit: usize,
    },
    /// A question that nobody can answer.
    #[error("{question} needs an answer, and there is no terminal to ask on")]
    CannotAsk {
        /// The question.
        question: String,
        /// The flag that answers it.
        flag: &'static str,
    },
    /// The person said no.
    #[error("nothing was done")]
    Declined,
    /// A hook that is somebody else's stands in the way.
    #[error("{} is there already and is not ours", path.display())]
    ForeignHook {
        /// The hook.
        path: std::path::PathBuf,
    },
    /// The hooks folder is shared with other repositories.
    #[error("core.hooksPath ({origin}) points to {path}, which is not this repository's own")]
    ForeignHooksPath {
        /// The folder.
        path: String,
        /// Where it is set.
        origin: String,
    },
    /// The installed git is too old for hooks in its configuration.
    #[error("git {version} has no hooks in its configuration; 2.54 has")]
    GitTooOldForConfigHooks {
        /// The git that there is.
        version: String,
    },
    /// git is older than everything that was tried.
    #[error("git {version} is older than 2.25")]
    GitTooOld {
        /// The git that there is.
        version: String,
    },
    /// There is no such man page.
    #[error("there is no page {page:?}")]
    NoSuchPage {
        /// As it was asked for.
        page: String,
    },
    /// A step of the demonstration did not hold.
    #[error("the demonstration failed at {step}: {found}")]
    Demo {
        /// The step.
        step: String,
        /// What was found instead.
        found: String,
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

impl From<release::Error> for Error {
    fn from(error: release::Error) -> Self {
        match error {
            release::Error::Workspace(error) => Self::Workspace(error),
            release::Error::Build(error) => Self::Build(error),
            release::Error::Index(error) => Self::Index(error),
            error => Self::Release(error),
        }
    }
}
