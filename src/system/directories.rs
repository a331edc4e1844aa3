//! The folders of the user's files.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use directories::ProjectDirs;

use super::environment::{Environment, GIT_DEVPI_HOME};
use super::error::Error;
use crate::model::ci::CiBuild;

/// The folders that git-devpi writes to.
#[derive(Debug, Clone)]
pub struct Directories {
    /// Settings and tokens.
    pub config: PathBuf,
    /// Files that can be fetched or built again.
    pub cache: PathBuf,
    /// Deletion logs and hook backoff.
    pub state: PathBuf,
    /// The data of the local server.
    pub data: PathBuf,
    /// Whether they exist for this process only.
    pub is_temporary: bool,
}

impl Directories {
    /// Returns the folders below `GIT_DEVPI_HOME` if it is set, else the platform's standard folders.
    ///
    /// In CI, where the user may have no folder, or one that cannot be written, they are new temporary ones.
    pub fn find(environment: &Environment) -> Result<Self, Error> {
        if let Some(home) = environment.get(GIT_DEVPI_HOME).filter(|home| !home.is_empty()) {
            return Ok(Self::below(Path::new(home)));
        }
        let standard = ProjectDirs::from("", "", "git-devpi").map(|dirs| Self {
            config: dirs.config_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
            state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned(),
            data: dirs.data_dir().to_owned(),
            is_temporary: false,
        });
        let is_ci = CiBuild::detect(&|name| environment.get(name).map(str::to_owned)).is_some();
        match standard {
            Some(standard) if !is_ci || is_writable(&standard.cache) => Ok(standard),
            _ if is_ci => Self::temporary(),
            _ => Err(Error::NoHome),
        }
    }

    /// Returns new folders, the same ones for the rest of this process.
    fn temporary() -> Result<Self, Error> {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        if FOLDER.get().is_none() {
            let folder = tempfile::Builder::new().prefix("git-devpi-home-").tempdir();
            let folder = folder.map_err(Error::file("create a folder in", &std::env::temp_dir()))?.keep();
            let _ = FOLDER.set(folder);
        }
        let home = FOLDER.get().ok_or(Error::NoHome)?;
        Ok(Self { is_temporary: true, ..Self::below(home) })
    }

    fn below(home: &Path) -> Self {
        Self {
            config: home.join("config"),
            cache: home.join("cache"),
            state: home.join("state"),
            data: home.join("data"),
            is_temporary: false,
        }
    }
}

/// Whether files can be created in the folder, which is created if it is missing.
fn is_writable(folder: &Path) -> bool {
    fs_err::create_dir_all(folder).is_ok() && tempfile::tempfile_in(folder).is_ok()
}

/// Returns the current folder of this process.
pub fn current_dir() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(Error::file("find", std::path::Path::new(".")))
}

/// Returns the path of the running executable.
pub fn current_exe() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(Error::file("find", std::path::Path::new("git-devpi")))
}
