//! Errors of the verbs, besides those of the rooms below.
//!
//! An error of a lower room always has that room's own variant: the conversions unwrap errors that an intermediate room passed
//! on. So a caller matches `Error::Workspace(workspace::Error::Devpi(_))`, regardless of the path of the error.

use crate::model::names::{BranchName, IndexName, ProjectName, UserName};
use crate::ops::hooks::manager::HookManager;
use crate::ops::login_error::LoginError;
use crate::release::junit::JUnitError;
use crate::workspace::{self, error::from_workspace_errors};
use crate::{build, index, release};
use url::Url;

/// A verb failed. `cli/failure/` defines the exit code and the hint of each variant.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// An error of the workspace, or of a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// An error of the build.
    #[error(transparent)]
    Build(build::Error),
    /// An error of a branch's index.
    #[error(transparent)]
    Index(index::Error),
    /// An error of a release.
    #[error(transparent)]
    Release(release::Error),
    /// An error of a promotion.
    #[error(transparent)]
    Promotion(#[from] super::promote::Error),
    /// A withdrawal.
    #[error(transparent)]
    Withdrawal(#[from] super::withdraw::Error),
    /// The verb `ci-recipe`.
    #[error(transparent)]
    CiRecipe(#[from] super::ci_recipe::Error),
    /// The verb `self`.
    #[error(transparent)]
    SelfPublish(#[from] super::self_publish::Error),
    /// `init --undo` in another work tree.
    #[error(transparent)]
    InitElsewhere(#[from] super::init::InitElsewhere),
    /// The page of `status`.
    #[error(transparent)]
    StatusPage(#[from] super::status::PageError),
    /// The verb `fleet`.
    #[error(transparent)]
    Fleet(#[from] super::fleet::Error),
    /// The verb `index`.
    #[error(transparent)]
    IndexVerb(#[from] super::index::Error),
    /// The login needs a password, and none was given.
    #[error("no password for {login} at {server}")]
    NoPassword {
        /// The server.
        server: Url,
        /// The user who logs in.
        login: UserName,
    },
    /// A login is not possible as it was asked for.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The settings name an owner that the server does not know.
    #[error("{server} has no user {owner}, the owner of the branch indexes")]
    OwnerNotFound {
        /// The owner.
        owner: UserName,
        /// The server.
        server: Url,
    },
    /// The settings exclude the branch from having an index.
    #[error("{branch} matches ignore-branches ({pattern})")]
    IgnoredBranch {
        /// The branch.
        branch: BranchName,
        /// The glob.
        pattern: String,
    },
    /// The package is a local version, and building is not allowed.
    #[error("{project} {version} is not published, and building it is not allowed")]
    NotPublished {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
    },
    /// A build with uncommitted changes cannot be published.
    #[error("{version} contains uncommitted changes and is not published")]
    DirtyUpload {
        /// The version.
        version: String,
    },
    /// The file is not a tox report.
    #[error("{place} is not a tox report: {reason}")]
    BadReport {
        /// The file.
        place: String,
        /// The reason.
        reason: String,
    },
    /// The file is not a JUnit report that can be evidence.
    #[error("{place} is not evidence: {reason}")]
    BadJUnit {
        /// The file.
        place: String,
        /// The reason.
        reason: JUnitError,
    },
    /// A report does not say which file of the release was tested.
    #[error("{version} has several files ({}), and a JUnit report does not say which one was tested", files.join(", "))]
    TestedFileUnknown {
        /// The version.
        version: String,
        /// The files of the release.
        files: Vec<String>,
    },
    /// The tested package is not a file of the release.
    #[error("{place} is not a file of {project} {version} on {index}")]
    NotAFileOfRelease {
        /// The tested package.
        place: String,
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The index.
        index: IndexName,
    },
    /// The production index has the same file with other bytes.
    #[error("{to} already contains {file} with other bytes: {published}, not {promoted}")]
    DigestConflict {
        /// The production index.
        to: IndexName,
        /// The file.
        file: String,
        /// The digest on the index.
        published: String,
        /// The digest of the file to promote.
        promoted: String,
    },
    /// More indexes would be deleted than one run may delete.
    #[error("{count} indexes would be deleted, more than the limit of {limit}")]
    PruneLimit {
        /// The number of indexes.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A question needs an answer, and there is no terminal.
    #[error("cannot ask {question:?}: there is no terminal")]
    CannotAsk {
        /// The question.
        question: String,
        /// The flag that answers it.
        flag: &'static str,
    },
    /// The user declined.
    #[error("cancelled")]
    Declined,
    /// A hook of another program exists.
    #[error("{} exists and was not installed by git-devpi{}", path.display(), of_manager(*manager))]
    ForeignHook {
        /// The hook.
        path: std::path::PathBuf,
        /// The program that installed it, if it is known.
        manager: Option<HookManager>,
    },
    /// The hooks folder does not belong to this repository alone.
    #[error("core.hooksPath ({origin}) is {path}, {why}")]
    ForeignHooksPath {
        /// The folder.
        path: String,
        /// The origin of the setting.
        origin: String,
        /// Why git-devpi does not write there.
        why: &'static str,
        /// The program that owns the folder, if it is known.
        manager: Option<HookManager>,
    },
    /// The server-side hook needs a bare repository.
    #[error("{} is the work tree of a clone; the server-side hook belongs into the bare repository that is pushed to", path.display())]
    NotBare {
        /// The work tree.
        path: std::path::PathBuf,
    },
    /// The installed git does not support hooks in its configuration.
    #[error("git {version} does not support hooks in its configuration; git 2.54 does")]
    GitTooOldForConfigHooks {
        /// The installed version.
        version: String,
    },
    /// The installed git is older than the oldest supported one.
    #[error("git {version} is too old; git-devpi needs 2.25 or newer")]
    GitTooOld {
        /// The installed version.
        version: String,
    },
    /// The man page does not exist.
    #[error("man page {page:?} not found")]
    NoSuchPage {
        /// The requested name.
        page: String,
    },
    /// The completion script of this shell is not installed: it has no folder for it.
    #[error("{shell} has no folder for completions of a user")]
    NoCompletionFolder {
        /// The shell.
        shell: String,
    },
    /// A check of the demonstration failed.
    #[error("the demonstration failed at {step}: {found}")]
    #[strum(serialize = "demo-failed")]
    Demo {
        /// The step.
        step: String,
        /// What was found.
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

fn of_manager(manager: Option<HookManager>) -> String {
    manager.map(|manager| format!(": it belongs to {}", manager.name())).unwrap_or_default()
}
