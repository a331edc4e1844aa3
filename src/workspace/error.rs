//! Errors of the preparation of an operation: opening the repository, reading settings, connecting
//! to the server.
//!
//! Errors of the floors below reach every higher room through this one: `git`, `devpi`, `python`, `settings` and `system`
//! errors convert into [`Error`], and [`from_workspace_errors`] passes the conversion on.

use std::fmt;

use url::Url;

use crate::model::names::{BranchName, IndexName, InvalidName, RepositoryName, UserName, escape_for_terminal};
use crate::{devpi, git, python, settings, system};

/// An operation could not be prepared, or a floor below failed.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// An error of the repository.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// An error of the server.
    #[error(transparent)]
    Devpi(#[from] devpi::Error),
    /// An error of the Python project or of a Python tool.
    #[error(transparent)]
    Python(#[from] python::Error),
    /// An error of the settings.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// An error of the machine: files, processes, environment.
    #[error(transparent)]
    System(#[from] system::Error),
    /// An error of the local server.
    #[error(transparent)]
    LocalServer(#[from] crate::workspace::local_server::Error),
    /// An invalid name from outside.
    #[error(transparent)]
    #[strum(serialize = "bad-name")]
    Name(#[from] InvalidName),
    /// HEAD is detached, and neither a setting nor the CI system names the branch.
    #[error("HEAD is detached, and no branch is given for this build")]
    NoBranch {
        /// The remote branches that contain the commit.
        candidates: Vec<BranchName>,
    },
    /// A build of a pull request without a variable that holds its number.
    #[error("this is a pull request build on {system}, but no variable holds its number")]
    NoPullRequestNumber {
        /// The CI system.
        system: &'static str,
    },
    /// Neither the settings nor the CI system nor the clone name the release branches.
    #[error("no setting names the release branches")]
    NoReleaseBranches,
    /// The clone has several remotes, and none is named origin.
    #[error("there are several remotes, but none is named origin: {}", .remotes.join(", "))]
    SeveralRemotes {
        /// Their names.
        remotes: Vec<String>,
    },
    /// The clone has no remote, so the settings on its release branch cannot be read.
    #[error("this clone has no remote whose release branch could be read")]
    NoRemote,
    /// The remote has no default branch, or none of the configured release branches.
    #[error("{}", no_release_branch(.remote, .configured))]
    NoReleaseBranchOnRemote {
        /// The remote.
        remote: String,
        /// The configured release branches; empty when none is configured.
        configured: Vec<String>,
    },
    /// The remote is not known to be the repository: it may be a fork.
    #[error("remote {} is not known to be the repository {repository}: the record of {index} names {named}", escape_for_terminal(.remote))]
    NotTheRepository {
        /// The remote.
        remote: String,
        /// The repository.
        repository: RepositoryName,
        /// The index whose record counts.
        index: IndexName,
        /// The remote in its record.
        named: NamedRemote,
    },
    /// The verb needs a work tree, and this is a bare repository.
    #[error("{} is a bare repository", path.display())]
    NoWorkTree {
        /// The repository.
        path: std::path::PathBuf,
    },
    /// The repository has no commits.
    #[error("the repository has no commits yet")]
    NoCommit,
    /// The verb needs a branch, and this is a tag build.
    #[error("this is a build of tag {tag}, which has no branch and no index")]
    TagBuild {
        /// The tag.
        tag: String,
    },
    /// There is no valid token for the server, and no password without a prompt.
    #[error("not logged in to {server}{}", .login.as_ref().map(|l| format!(" as {l}")).unwrap_or_default())]
    NotLoggedIn {
        /// The server.
        server: Url,
        /// The user who should be logged in.
        login: Option<UserName>,
    },
    /// Only the repository names this server, and the user is not logged in to it.
    #[error(
        "only the repository's settings name the server {server} ({place}), and you are not logged in to it: no credentials are sent"
    )]
    UntrustedServer {
        /// The server.
        server: Url,
        /// The file that names it.
        place: String,
    },
    /// No user is configured for the login.
    #[error("no user is configured for the login to {server}")]
    NoLogin {
        /// The server.
        server: Url,
    },
    /// The repository has several projects, and none is selected.
    #[error("this repository has several projects: {}", .projects.join(", "))]
    SeveralProjects {
        /// Their names.
        projects: Vec<String>,
    },
    /// The repository has no project of this name.
    #[error("project {requested} not found; this repository has: {}", .projects.join(", "))]
    NoSuchProject {
        /// The requested name.
        requested: String,
        /// The names of the projects.
        projects: Vec<String>,
    },
}

/// The remote in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedRemote {
    /// The record names another remote.
    Another,
    /// The record names none.
    None,
}

impl fmt::Display for NamedRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Another => "another remote",
            Self::None => "no remote",
        })
    }
}

fn no_release_branch(remote: &str, configured: &[String]) -> String {
    let remote = escape_for_terminal(remote);
    if configured.is_empty() {
        return format!("no setting names the release branch of {remote}, and {remote} has no default branch");
    }
    format!("{remote} has none of the release branches: {}", escape_for_terminal(&configured.join(", ")))
}

/// Implements the conversions from [`Error`] and from every error that it wraps into a higher
/// room's error.
///
/// The target's variant `Workspace` holds an [`Error`].
macro_rules! from_workspace_errors {
    ($error:ty) => {
        impl From<$crate::workspace::Error> for $error {
            fn from(error: $crate::workspace::Error) -> Self {
                Self::Workspace(error)
            }
        }
        $crate::workspace::error::from_workspace_errors!(
            $error:
            $crate::git::Error,
            $crate::devpi::Error,
            $crate::python::Error,
            $crate::settings::Error,
            $crate::system::Error,
            $crate::workspace::local_server::Error,
            $crate::model::names::InvalidName
        );
    };
    ($error:ty: $($lower:ty),+) => {
        $(impl From<$lower> for $error {
            fn from(error: $lower) -> Self {
                Self::Workspace(error.into())
            }
        })+
    };
}
pub(crate) use from_workspace_errors;
