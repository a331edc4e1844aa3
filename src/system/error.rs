//! Errors of files and processes.

use std::path::PathBuf;
use std::time::Duration;

/// A failed file or process operation. Every variant has its path or command.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    #[strum(serialize = "file-error")]
    File {
        /// The operation: `read`, `write`, `lock` …
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The program does not exist.
    #[error("{program:?} not found on PATH")]
    ToolMissing {
        /// The name or path that was started.
        program: String,
    },
    /// The program could not be started, or reading its output failed.
    #[error("cannot run {command}")]
    ToolUnusable {
        /// The command line, without secrets.
        command: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The program exited with a status other than 0.
    #[error("{command} ended with {}", status.map_or("a signal".to_owned(), |s| format!("status {s}")))]
    ToolFailed {
        /// The command line, without secrets.
        command: String,
        /// The exit status; `None` if a signal ended the process.
        status: Option<i32>,
        /// The content of stderr; that of stdout if stderr is empty.
        output: String,
    },
    /// The program exceeded its deadline and was killed.
    #[error("{command} did not end within {} s", after.as_secs_f32())]
    ToolTimedOut {
        /// The command line, without secrets.
        command: String,
        /// The deadline.
        after: Duration,
    },
    /// The operating system reports no home folder.
    #[error("this user has no home folder")]
    NoHome,
}

impl Error {
    /// Converts an I/O error on `path`, for `map_err`.
    pub fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
