//! What can stop the preparation of an operation: opening the repository, reading settings, connecting to the server.
//!
//! Errors of the floors below reach every higher room through this one: `git`, `devpi`, `python`, `settings` and `system` errors convert
//! into [`Error`], and [`from_workspace_errors`] passes the conversion on.

use std::fmt;

use url::Url;

use crate::model::names::{BranchName, IndexName, InvalidName, RepositoryName, UserName, escape_for_terminal};
use crate::{devpi, git, python, settings, system};

/// An operation that could not be prepared, or an error of a floor below.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The server.
    #[error(transparent)]
    Devpi(#[from] devpi::Error),
    /// The project, or a tool of Python's.
    #[error(transparent)]
    Python(#[from] python::Error),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// The machine.
    #[error(transparent)]
    System(#[from] system::Error),
    /// The local server.
    #[error(transparent)]
    LocalServer(#[from] crate::workspace::local_server::Error),
    /// A name that came from outside.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// HEAD is detached and nobody says which branch this is.
    #[error("HEAD is detached, and nothing says which branch this build is for")]
    NoBranch {
        /// Remote branches that contain the commit.
        candidates: Vec<BranchName>,
    },
    /// A pull request whose number and head nobody knows.
    #[error("this is a build of a pull request on {system}, and no variable says which")]
    NoPullRequestNumber {
        /// The CI system.
        system: &'static str,
    },
    /// Nobody says which branches are release branches.
    #[error("nothing says which branches are release branches")]
    NoReleaseBranches,
    /// Several remotes, none called origin.
    #[error("there are several remotes, and none is called origin: {}", .remotes.join(", "))]
    SeveralRemotes {
        /// Their names.
        remotes: Vec<String>,
    },
    /// The clone has no remote, so the settings on its release branch cannot be read.
    #[error("this clone has no remote whose release branch could be read")]
    NoRemote,
    /// The remote has no default branch, or none of the configured release branches.
    #[error("{}", no_release_branch(.remote, .wanted))]
    NoReleaseBranchOnRemote {
        /// The remote.
        remote: String,
        /// The configured release branches; empty when none is configured.
        wanted: Vec<String>,
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
    /// The verb needs files, and this is a bare repository.
    #[error("{} is a bare repository", path.display())]
    NoWorkTree {
        /// Its git folder.
        path: std::path::PathBuf,
    },
    /// No commit yet.
    #[error("there is no commit yet")]
    NoCommit,
    /// The verb is about a branch, and this is a tag build.
    #[error("this is a build of the tag {tag}, which makes nothing")]
    TagBuild {
        /// The tag.
        tag: String,
    },
    /// Nobody is logged in, and no password is at hand.
    #[error("nobody is logged in to {server}{}", .login.as_ref().map(|l| format!(" as {l}")).unwrap_or_default())]
    NotLoggedIn {
        /// The server.
        server: Url,
        /// Who should be.
        login: Option<UserName>,
    },
    /// Only the repository names this server, and the user never logged in to it.
    #[error(
        "{server} is named by the repository only ({place}), and you have never logged in to it: no credentials go there"
    )]
    UntrustedServer {
        /// The server.
        server: Url,
        /// Where the repository names it.
        place: String,
    },
    /// Nobody says who logs in.
    #[error("nothing says who logs in to {server}")]
    NoLogin {
        /// The server.
        server: Url,
    },
    /// Several projects, and nobody says which.
    #[error("this repository has several projects: {}", .projects.join(", "))]
    SeveralProjects {
        /// Their names.
        projects: Vec<String>,
    },
    /// No project of that name here.
    #[error("there is no project {wanted} here: {}", .projects.join(", "))]
    NoSuchProject {
        /// As it was asked for.
        wanted: String,
        /// What there is.
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

fn no_release_branch(remote: &str, wanted: &[String]) -> String {
    let remote = escape_for_terminal(remote);
    if wanted.is_empty() {
        return format!("no setting names the release branch of {remote}, and {remote} has no default branch");
    }
    format!("{remote} has none of the release branches: {}", escape_for_terminal(&wanted.join(", ")))
}

/// Implements the conversions from [`Error`] and from every error that [`Error`] wraps into a higher room's error, whose variant
/// `Workspace` holds an [`Error`].
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
