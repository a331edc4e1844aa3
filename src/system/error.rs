//! What can go wrong with the machine.

use std::path::PathBuf;
use std::time::Duration;

/// A failure of the machine. Every variant names its path or command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried: `read`, `write`, `lock` …
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The program is not there.
    #[error("{program:?} was not found on PATH")]
    ToolMissing {
        /// As it was asked for.
        program: String,
    },
    /// The program could not be started, or talking to it failed.
    #[error("cannot run {command}")]
    ToolUnusable {
        /// The command line, without secrets.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The program ended with a status other than zero.
    #[error("{command} ended with {}", status.map_or("a signal".to_owned(), |s| format!("status {s}")))]
    ToolFailed {
        /// The command line, without secrets.
        command: String,
        /// Its exit status; `None` when a signal ended it.
        status: Option<i32>,
        /// What it printed on stderr, else on stdout.
        output: String,
    },
    /// The program did not end in time and was stopped.
    #[error("{command} did not end within {} s", after.as_secs_f32())]
    ToolTimedOut {
        /// The command line, without secrets.
        command: String,
        /// How long it was given.
        after: Duration,
    },
    /// The system does not tell where this user's files belong.
    #[error("this user has no home folder")]
    NoHome,
}

impl Error {
    /// For `map_err` on file operations.
    pub fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
