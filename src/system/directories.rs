//! The folders of the user's files.

use std::path::PathBuf;

use directories::ProjectDirs;

use super::environment::{Environment, GIT_DEVPI_HOME};
use super::error::Error;

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
}

impl Directories {
    /// Returns the folders below `GIT_DEVPI_HOME` if it is set, else the platform's standard folders.
    pub fn find(environment: &Environment) -> Result<Self, Error> {
        if let Some(home) = environment.get(GIT_DEVPI_HOME).filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            return Ok(Self {
                config: home.join("config"),
                cache: home.join("cache"),
                state: home.join("state"),
                data: home.join("data"),
            });
        }
        let dirs = ProjectDirs::from("", "", "git-devpi").ok_or(Error::NoHome)?;
        Ok(Self {
            config: dirs.config_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
            state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned(),
            data: dirs.data_dir().to_owned(),
        })
    }
}

/// Returns the current folder of this process.
pub fn current_dir() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(Error::file("find", std::path::Path::new(".")))
}

/// Returns the path of the running executable.
pub fn current_exe() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(Error::file("find", std::path::Path::new("git-devpi")))
}
