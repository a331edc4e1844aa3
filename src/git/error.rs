//! Errors of the git room.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::names::{CommitId, escape_for_terminal};
use crate::system;

/// A failure of git or of the repository.
///
/// Output of git is stored without user names and passwords in URLs.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// Neither the folder nor a parent of it is a git repository.
    #[error("{} is not in a git repository", path.display())]
    NotARepository {
        /// The folder in which the search starts.
        path: PathBuf,
    },
    /// The repository belongs to another user, and `safe.directory` does not allow it.
    #[error("repository {} belongs to another user, and git does not trust it", path.display())]
    DubiousOwnership {
        /// The folder in git's message: the value that `safe.directory` needs.
        path: PathBuf,
    },
    /// git finds a repository and does not open it, or the environment names a folder that is not one.
    #[error("git cannot open the repository of {}: {reason}", path.display())]
    CannotOpen {
        /// The folder in which the search starts.
        path: PathBuf,
        /// git's reason.
        reason: String,
        /// The value of `GIT_DIR`, if it is set.
        git_dir: Option<String>,
    },
    /// The work tree that `GIT_WORK_TREE` or `core.worktree` names does not exist.
    #[error("work tree {} does not exist ({origin})", path.display())]
    WorkTreeMissing {
        /// The work tree.
        path: PathBuf,
        /// The variable or setting that names it.
        origin: String,
    },
    /// PATH has no `git`.
    #[error("git not found on PATH")]
    GitMissing,
    /// git failed for a reason that has no variant of its own.
    #[error("{command} failed: {}", first_line(output))]
    GitFailed {
        /// The command line.
        command: String,
        /// The exit status; `None` when a signal ended the process.
        status: Option<i32>,
        /// Its output.
        output: String,
    },
    /// git printed output that cannot be parsed.
    #[error("unexpected output of {command}: {:?}", first_line(output))]
    UnexpectedOutput {
        /// The command line.
        command: String,
        /// The output, or a part of it.
        output: String,
    },
    /// The remote cannot be read: no network, no such repository, or no permission.
    #[error("cannot read remote {}: {}", escape_for_terminal(remote), reason(output))]
    RemoteUnreachable {
        /// The remote's name or URL.
        remote: String,
        /// The output of git.
        output: String,
    },
    /// The remote did not answer within the deadline.
    #[error("remote {} did not answer within {} s", escape_for_terminal(remote), after.as_secs_f32())]
    RemoteTimedOut {
        /// The remote's name or URL.
        remote: String,
        /// The deadline.
        after: Duration,
    },
    /// The clone does not have the commit.
    #[error("commit {commit} not found in this clone")]
    NoSuchCommit {
        /// The commit.
        commit: CommitId,
    },
    /// Files of the stamped copy are git-lfs pointers, because git-lfs did not replace them.
    #[error("{} files are git-lfs pointers without content, for example {}", paths.len(), first_line(&paths.join("\n")))]
    LfsPointers {
        /// Their paths, relative to the top of the repository.
        paths: Vec<String>,
    },
    /// The repository is bare, and the operation needs a work tree.
    #[error("repository {} is bare: it has no work tree", path.display())]
    NoWorkTree {
        /// The git folder.
        path: PathBuf,
    },
    /// A file or process operation failed.
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
    /// Converts an I/O error on `path`, for `map_err`.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let wrap = system::Error::file(action, path);
        move |source| Self::System(wrap(source))
    }

    /// Classifies the failure of a git process that looks for a repository, by git's English messages.
    ///
    /// `git_dir` is the value of `GIT_DIR`.
    pub(super) fn from_discovery(folder: &Path, git_dir: Option<&str>, error: system::Error) -> Self {
        let error = Self::from(error).or_dubious_ownership();
        let Self::GitFailed { output, .. } = &error else {
            return error;
        };
        let git_dir = git_dir.map(escape_for_terminal);
        // "not a git repository (or any of the parent directories)"; with a colon git names the folder that it was sent to.
        if output.contains("not a git repository (") && git_dir.is_none() {
            return Self::NotARepository { path: folder.to_owned() };
        }
        Self::CannotOpen { path: folder.to_owned(), reason: fatal_text(output), git_dir }
    }

    /// Returns [`Error::DubiousOwnership`] if git failed because it does not trust the repository's owner, else `self`.
    pub(super) fn or_dubious_ownership(self) -> Self {
        let Self::GitFailed { output, .. } = &self else {
            return self;
        };
        // git 2.35.2 to 2.37 prints "unsafe repository ('PATH' is owned by …"; older versions do not check the owner.
        for before in ["dubious ownership in repository at '", "unsafe repository ('"] {
            if let Some((_, rest)) = output.split_once(before) {
                let path = rest.split('\'').next().unwrap_or_default();
                return Self::DubiousOwnership { path: PathBuf::from(path) };
            }
        }
        self
    }

    /// Classifies the failure of a git process that reads from `remote`.
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
    escape_for_terminal(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no output"))
}

/// Returns the text from `fatal:` on as one line: git lists unknown extensions below it.
fn fatal_text(text: &str) -> String {
    let fatal = text.split_once("fatal: ").map_or(text, |(_, fatal)| fatal);
    escape_for_terminal(&fatal.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Returns git's `fatal:` line, else the first line: ssh and git print advice around it.
fn reason(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("fatal:") || line.starts_with("ERROR:"));
    first_line(line.map_or(text, |line| line.trim_start_matches("fatal:")))
}

/// Removes `user:password@` from every URL in `text`.
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
        assert_eq!(error.to_string(), "cannot read remote origin: repository 'x' not found");
    }
}
