//! `git devpi server`: a real devpi-server on loopback, for trials and for a single user.
//!
//! It is the server from PyPI in a private virtual environment. One folder holds all of it: environment, data, secret, log,
//! root's password. It runs until it is stopped, and never starts by itself. The caller asks for confirmation before something
//! is removed.

mod error;
mod folder;
mod installation;

#[cfg(unix)]
mod daemon;
#[cfg(not(unix))]
#[path = "unsupported.rs"]
mod daemon;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;

pub use crate::workspace::local_server::error::Error;
use crate::workspace::local_server::folder::Folder;
pub(crate) use crate::workspace::local_server::folder::random_text;
pub use crate::workspace::local_server::installation::DEVPI_SERVER;
pub use crate::workspace::local_server::installation::DEVPI_WEB;
use crate::workspace::local_server::installation::{Installation, remove_tree};

use crate::system::directories::Directories;
use crate::system::environment::Environment;
use crate::system::files::FileLock;
use crate::workspace::progress::Progress;

/// The time limit for the start (measured: 2 s, ten times that on a busy machine).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// The local server in one folder.
#[derive(Debug, Clone)]
pub struct LocalServer {
    folder: Folder,
    environment: Environment,
}

/// A running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its URL, with a slash at the end.
    pub url: String,
    /// Whether this call started it.
    pub start: Start,
    /// Its process; `None` if the pid file was removed.
    pub pid: Option<u32>,
    /// The file (0600) with the password of the user `root`.
    pub root_password_file: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
}

/// Which call started the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// This call.
    Now,
    /// An earlier call.
    Before,
}

/// The result of [`LocalServer::status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The folder does not exist.
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// The server does not run.
    Stopped {
        /// Its URL; `None` before the first start.
        url: Option<String>,
        /// Its log.
        log: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// Its process exists and does not answer: it is starting, or it hangs.
    Unresponsive {
        /// Its process.
        pid: u32,
        /// Its URL.
        url: Option<String>,
        /// Its log.
        log: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// It answers.
    Running(Running),
}

/// The result of [`LocalServer::stop`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was running and has ended.
    Stopped,
    /// It was not running.
    NotRunning,
}

/// The result of [`LocalServer::remove`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The folder was removed.
    Removed,
    /// The folder did not exist.
    Absent,
}

impl LocalServer {
    /// The server in `folder`, usually [`LocalServer::usual_folder`].
    pub fn at(folder: &Path, environment: &Environment) -> Self {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self { folder: Folder::at(&absolute), environment: environment.clone() }
    }

    /// Returns the default folder of this user's server.
    pub fn usual_folder(directories: &Directories) -> PathBuf {
        directories.data.join("server")
    }

    /// Installs what is missing, starts the server if it does not run, and waits until it answers.
    ///
    /// Concurrent calls start one server.
    pub fn start(&self, progress: &dyn Progress) -> Result<Running, Error> {
        supported()?;
        if let Some(running) = self.running()? {
            return Ok(running);
        }
        let _lock = self.lock(progress)?;
        if let Some(running) = self.running()? {
            return Ok(running);
        }
        if let Some(pid) = daemon::running_process(&self.folder)? {
            progress.step("waiting for the server, which was started earlier");
            if let Some(port) = self.folder.port()?
                && self.wait_for_answer(pid, port).is_ok()
            {
                return self.describe(port, Start::Before);
            }
            progress.warn(&format!("process {pid} does not answer; restarting it"));
            daemon::terminate(pid, &self.folder)?;
        }
        self.folder.prepare()?;
        let installation = Installation::of(&self.folder, &self.environment);
        installation.ensure_complete(progress)?;
        self.launch(&installation, progress)
    }

    /// Creates a virtual environment for other programs, with the Python of the server; returns
    /// the folder of the programs.
    ///
    /// The server must have been started once.
    pub fn install_programs(
        &self,
        venv: &Path,
        packages: &[String],
        progress: &dyn Progress,
    ) -> Result<PathBuf, Error> {
        supported()?;
        let _lock = self.lock(progress)?;
        Installation::of(&self.folder, &self.environment).install_beside(venv, packages, progress)?;
        Ok(venv.join("bin"))
    }

    /// Stops the server and waits for its end.
    pub fn stop(&self, progress: &dyn Progress) -> Result<Stop, Error> {
        supported()?;
        if !self.folder.root().exists() {
            return Ok(Stop::NotRunning);
        }
        let _lock = self.lock(progress)?;
        self.stop_locked(progress)
    }

    /// Returns whether the server runs, and its paths.
    pub fn status(&self) -> Result<Status, Error> {
        supported()?;
        let folder = self.folder.root().to_owned();
        if let Some(running) = self.running()? {
            return Ok(Status::Running(running));
        }
        if !folder.exists() {
            return Ok(Status::Absent { folder });
        }
        let (url, log) = (self.folder.port()?.map(url_of), self.folder.log());
        Ok(match daemon::running_process(&self.folder)? {
            Some(pid) => Status::Unresponsive { pid, url, log, folder },
            None => Status::Stopped { url, log, folder },
        })
    }

    /// Stops the server and deletes its folder with all uploaded files.
    ///
    /// A non-empty folder that [`LocalServer::start`] did not create is not touched: [`Error::NotALocalServer`].
    pub fn remove(&self, progress: &dyn Progress) -> Result<Removal, Error> {
        supported()?;
        let root = self.folder.root();
        if !root.exists() {
            return Ok(Removal::Absent);
        }
        if !self.folder.secret().exists() && !is_empty(root) {
            return Err(Error::NotALocalServer { folder: root.to_owned() });
        }
        let _lock = self.lock(progress)?;
        self.stop_locked(progress)?;
        progress.step(&format!("removing {}", root.display()));
        remove_tree(root)?;
        Ok(Removal::Removed)
    }

    /// Returns the password of the user `root`, for internal use. It is never printed.
    pub fn root_password(&self) -> Result<Option<SecretString>, Error> {
        self.folder.root_password()
    }

    fn stop_locked(&self, progress: &dyn Progress) -> Result<Stop, Error> {
        if let Some(pid) = daemon::running_process(&self.folder)? {
            progress.step("stopping the server");
            daemon::terminate(pid, &self.folder)?;
            return Ok(Stop::Stopped);
        }
        match self.running()? {
            Some(running) => Err(Error::ProcessUnknown { url: running.url, pid_file: self.folder.pid_file() }),
            None => Ok(Stop::NotRunning),
        }
    }

    /// Starts the server on the stored port, else on another one.
    ///
    /// Retries if the port is taken in the last moment.
    fn launch(&self, installation: &Installation<'_>, progress: &dyn Progress) -> Result<Running, Error> {
        let mut attempts = 3;
        loop {
            attempts -= 1;
            let stored = self.folder.port()?;
            let port = daemon::choose_port(stored)?;
            if let Some(old) = stored.filter(|old| *old != port) {
                progress.warn(&format!("port {old} is in use; the server uses {} instead", url_of(port)));
            }
            self.folder.keep_port(port)?;
            progress.step(&format!("starting devpi-server {DEVPI_SERVER} at {}", url_of(port)));
            let pid = daemon::launch(&self.folder, installation, port)?;
            match self.wait_for_answer(pid, port) {
                Ok(()) => return self.describe(port, Start::Now),
                Err(Error::Exited { tail, .. }) if attempts > 0 && tail.contains("Address already in use") => {}
                Err(error) => {
                    if daemon::is_our_server(pid, &self.folder)? {
                        daemon::terminate(pid, &self.folder)?;
                    }
                    return Err(error);
                }
            }
        }
    }

    fn wait_for_answer(&self, pid: u32, port: u16) -> Result<(), Error> {
        let started = Instant::now();
        while started.elapsed() < ANSWER_TIMEOUT {
            if daemon::is_answering(&self.folder, port)? {
                return Ok(());
            }
            if !daemon::is_our_server(pid, &self.folder)? {
                return Err(Error::Exited { log: self.folder.log(), tail: self.folder.log_tail()? });
            }
            thread::sleep(Duration::from_millis(50));
        }
        let (url, log, tail) = (url_of(port), self.folder.log(), self.folder.log_tail()?);
        Err(Error::Unresponsive { url, after: ANSWER_TIMEOUT, log, tail })
    }

    fn running(&self) -> Result<Option<Running>, Error> {
        match self.folder.port()? {
            Some(port) if daemon::is_answering(&self.folder, port)? => self.describe(port, Start::Before).map(Some),
            _ => Ok(None),
        }
    }

    fn describe(&self, port: u16, start: Start) -> Result<Running, Error> {
        Ok(Running {
            url: url_of(port),
            start,
            pid: daemon::running_process(&self.folder)?,
            root_password_file: self.folder.root_password_file(),
            log: self.folder.log(),
            folder: self.folder.root().to_owned(),
        })
    }

    fn lock(&self, progress: &dyn Progress) -> Result<FileLock, Error> {
        let path = self.folder.lock();
        if let Some(lock) = FileLock::try_acquire(&path)? {
            return Ok(lock);
        }
        progress.step("waiting for another git devpi process that uses the server");
        Ok(FileLock::acquire(&path)?)
    }
}

fn url_of(port: u16) -> String {
    format!("http://127.0.0.1:{port}/")
}

fn is_empty(folder: &Path) -> bool {
    fs_err::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn supported() -> Result<(), Error> {
    if cfg!(unix) { Ok(()) } else { Err(Error::Unsupported) }
}
