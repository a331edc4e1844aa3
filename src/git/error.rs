//! What can go wrong with a repository.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::names::{CommitId, harmless};
use crate::system;

/// A failure of git or of the repository. What git printed is kept without user names and passwords of URLs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither this folder nor one above it is a repository.
    #[error("{} is not in a git repository", path.display())]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// The repository belongs to somebody else, and git refuses to work with it (`safe.directory` allows it).
    #[error("the repository {} belongs to another user, and git does not trust it", path.display())]
    DubiousOwnership {
        /// The folder that git names in its message: what `safe.directory` must be set to.
        path: PathBuf,
    },
    /// There is no `git` on PATH.
    #[error("git was not found on PATH")]
    GitMissing,
    /// git ended with an error that has no variant of its own.
    #[error("{command} failed: {}", first_line(output))]
    GitFailed {
        /// The command line.
        command: String,
        /// Its exit status; `None` when a signal ended it.
        status: Option<i32>,
        /// What it printed.
        output: String,
    },
    /// git printed what git does not print.
    #[error("{command} printed something unexpected: {:?}", first_line(output))]
    UnexpectedOutput {
        /// The command line.
        command: String,
        /// What it printed, or a part of it.
        output: String,
    },
    /// The remote could not be asked: no network, no such repository, no right to read it.
    #[error("the remote {} cannot be read: {}", harmless(remote), reason(output))]
    RemoteUnreachable {
        /// The remote's name or URL.
        remote: String,
        /// What git printed.
        output: String,
    },
    /// The remote did not answer in time.
    #[error("the remote {} did not answer within {} s", harmless(remote), after.as_secs_f32())]
    RemoteTimedOut {
        /// The remote's name or URL.
        remote: String,
        /// How long it was given.
        after: Duration,
    },
    /// The commit is not in this clone.
    #[error("commit {commit} is not in this clone")]
    NoSuchCommit {
        /// The commit that was asked for.
        commit: CommitId,
    },
    /// The stamped copy holds git-lfs pointers where the project expects files.
    #[error("{} of the project's files are git-lfs pointers, among them {}", paths.len(), first_line(&paths.join("\n")))]
    LfsPointers {
        /// Their paths below the top of the repository.
        paths: Vec<String>,
    },
    /// The repository is bare: there is no work tree to do this in.
    #[error("the repository {} has no work tree", path.display())]
    NoWorkTree {
        /// Its git folder.
        path: PathBuf,
    },
    /// The machine failed: a file, a process.
    #[error(transparent)]
    System(system::Error),
}

impl From<system::Error> for Error {
    fn from(error: system::Error) -> Self {
        match error {
            system::Error::ToolMissing { .. } => Self::GitMissing,
            system::Error::ToolFailed { command, status, output } => {
                Self::GitFailed { command: without_userinfo(&command), status, output: without_userinfo(&output) }
            }
            other => Self::System(other),
        }
    }
}

impl Error {
    /// For `map_err` on file operations.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let wrap = system::Error::file(action, path);
        move |source| Self::System(wrap(source))
    }

    /// Reads git's own words (in English, see `executable`) about why `folder` is not a repository for it.
    pub(super) fn from_discovery(folder: &Path, error: system::Error) -> Self {
        let error = Self::from(error);
        let Self::GitFailed { output, .. } = &error else {
            return error;
        };
        if let Some((_, rest)) = output.split_once("dubious ownership in repository at '") {
            let path = rest.split('\'').next().unwrap_or_default();
            return Self::DubiousOwnership { path: PathBuf::from(path) };
        }
        // git before 2.35.3 has no such check; before 2.38 the sentence was "unsafe repository ('PATH' is owned by …".
        if let Some((_, rest)) = output.split_once("unsafe repository ('") {
            let path = rest.split('\'').next().unwrap_or_default();
            return Self::DubiousOwnership { path: PathBuf::from(path) };
        }
        if output.contains("not a git repository") {
            return Self::NotARepository { path: folder.to_owned() };
        }
        error
    }

    /// The failure of a command that talked to `remote`.
    pub(super) fn from_remote(remote: &str, error: system::Error) -> Self {
        let remote = without_userinfo(remote);
        match error {
            system::Error::ToolTimedOut { after, .. } => Self::RemoteTimedOut { remote, after },
            system::Error::ToolFailed { output, .. } => {
                Self::RemoteUnreachable { remote, output: without_userinfo(&output) }
            }
            other => other.into(),
        }
    }
}

fn first_line(text: &str) -> String {
    harmless(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing"))
}

/// The line that says why: git's `fatal:` line, else the first one. (ssh and git add advice around it.)
fn reason(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("fatal:") || line.starts_with("ERROR:"));
    first_line(line.map_or(text, |line| line.trim_start_matches("fatal:")))
}

/// `text` with `://user:password@` shortened to `://` wherever it occurs.
pub(super) fn without_userinfo(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let authority = after.find(|c: char| c == '/' || c.is_whitespace() || c == '\'').unwrap_or(after.len());
        rest = after[..authority].rfind('@').map_or(after, |at| &after[at + 1..]);
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_never_kept() {
        let said = "fatal: unable to access 'https://bob:p@ss@host.example/x.git/': no; ssh://git@h/y plain a@b";
        let clean = "fatal: unable to access 'https://host.example/x.git/': no; ssh://h/y plain a@b";
        assert_eq!(without_userinfo(said), clean);
    }

    #[test]
    fn the_reason_of_a_remote_is_gits_fatal_line() {
        let output = "remote: hello\nfatal: repository 'x' not found\nPlease make sure".to_owned();
        let error = Error::RemoteUnreachable { remote: "origin".into(), output };
        assert_eq!(error.to_string(), "the remote origin cannot be read: repository 'x' not found");
    }
}
