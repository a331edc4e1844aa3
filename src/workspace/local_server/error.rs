//! What can go wrong with the local server.

use std::path::PathBuf;
use std::time::Duration;

use crate::system;

/// A failure of `server start|stop|status|remove`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This verb needs a Unix system; the server itself may be run elsewhere.
    #[error("a local server is not supported on Windows")]
    Unsupported,
    /// No Python that is new enough was found.
    #[error("no Python {minimum} or newer was found on PATH{}", found.as_ref().map_or(String::new(), |f| format!(" (only {f})")))]
    PythonMissing {
        /// The oldest version that does, `3.9`.
        minimum: String,
        /// What was found instead, `python3 is 3.6`.
        found: Option<String>,
    },
    /// The Python that was found cannot make virtual environments: Debian and Ubuntu put that into a package of its own.
    #[error("{python} cannot make virtual environments (its modules venv and ensurepip are not there)")]
    VenvModuleMissing {
        /// The program that was asked.
        python: String,
        /// Its version, `3.11`: the package is called `python3.11-venv`.
        version: String,
    },
    /// Making the virtual environment or pip failed.
    #[error("{command} failed")]
    InstallFailed {
        /// The command line.
        command: String,
        /// What it printed.
        output: String,
    },
    /// devpi-init failed.
    #[error("the server's data folder {} could not be made", folder.display())]
    InitFailed {
        /// The folder.
        folder: PathBuf,
        /// What devpi-init printed.
        output: String,
    },
    /// The server ended before it answered.
    #[error("the server ended at once; its log is {}", log.display())]
    Exited {
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// The server runs and does not answer; it was stopped again.
    #[error("the server at {url} did not answer within {} s; its log is {}", after.as_secs(), log.display())]
    Unresponsive {
        /// Where it was asked.
        url: String,
        /// How long it was given.
        after: Duration,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// No port on loopback could be had.
    #[error("no free port was found on 127.0.0.1")]
    NoFreePort(#[source] std::io::Error),
    /// The server answers, but its process is not known (somebody removed the file with its id).
    #[error("the server at {url} runs, but {} does not name its process", pid_file.display())]
    ProcessUnknown {
        /// Where it answers.
        url: String,
        /// The file that should name the process.
        pid_file: PathBuf,
    },
    /// The process is there after SIGTERM and SIGKILL.
    #[error("the server (process {pid}) does not end")]
    DoesNotStop {
        /// Its process id.
        pid: u32,
    },
    /// The folder to be removed holds something, but no server of ours.
    #[error("{} is no folder of a local server", folder.display())]
    NotALocalServer {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or a process could not be used.
    #[error(transparent)]
    System(#[from] system::Error),
}
