//! Errors of the local server.

use std::path::PathBuf;
use std::time::Duration;

use crate::system;

/// A failure of `server start
///
/// stop
///
/// status
///
/// remove`.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The local server needs a Unix system. devpi-server itself may run on other systems.
    #[error("a local server is not supported on Windows")]
    Unsupported,
    /// PATH has no Python that is new enough.
    #[error("Python {minimum} or newer not found on PATH{}", found.as_ref().map_or(String::new(), |f| format!(" (only {f})")))]
    PythonMissing {
        /// The oldest supported version, `3.9`.
        minimum: String,
        /// An older version that was found, `python3 is 3.6`.
        found: Option<String>,
    },
    /// The Python cannot create virtual environments: Debian and Ubuntu have a separate package
    /// for that.
    #[error("{python} cannot make virtual environments (its modules venv and ensurepip are missing)")]
    VenvModuleMissing {
        /// The program.
        python: String,
        /// Its version, `3.11`: the package is named `python3.11-venv`.
        version: String,
    },
    /// The creation of the virtual environment, or pip, failed.
    #[error("{command} failed")]
    InstallFailed {
        /// The command line.
        command: String,
        /// Its output.
        output: String,
    },
    /// devpi-init failed.
    #[error("cannot create the server's data folder {}", folder.display())]
    InitFailed {
        /// The folder.
        folder: PathBuf,
        /// Its output.
        output: String,
    },
    /// The server exited before it answered.
    #[error("the server exited during its start; its log is {}", log.display())]
    Exited {
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// The server did not answer in time and was stopped.
    #[error("the server at {url} did not respond within {} s; its log is {}", after.as_secs(), log.display())]
    Unresponsive {
        /// Its URL.
        url: String,
        /// The time limit.
        after: Duration,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// No port on loopback is free.
    #[error("no free port found on 127.0.0.1")]
    NoFreePort(#[source] std::io::Error),
    /// The server answers, but its process is unknown: the pid file was removed.
    #[error("the server at {url} runs, but {} does not contain its process id", pid_file.display())]
    ProcessUnknown {
        /// Its URL.
        url: String,
        /// The pid file.
        pid_file: PathBuf,
    },
    /// The process still exists after SIGTERM and SIGKILL.
    #[error("the server (process {pid}) does not stop")]
    DoesNotStop {
        /// Its process id.
        pid: u32,
    },
    /// The folder to remove is not the folder of a local server.
    #[error("{} is not the folder of a local server", folder.display())]
    NotALocalServer {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or a process could not be used.
    #[error(transparent)]
    System(#[from] system::Error),
}
