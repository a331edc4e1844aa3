//! What can stop a build.

use crate::build::version::{self, shortened};
use crate::workspace::{self, error::from_workspace_errors};

/// A build that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The workspace, or a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// The version of a build.
    #[error(transparent)]
    Version(#[from] version::Error),
    /// The folder that a copy is to be made in is in use.
    #[error("{} is not an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: std::path::PathBuf,
    },
    /// A folder that is to hold one package and nothing else holds something else.
    #[error("{} holds {found}, which is no package", folder.display())]
    NotADestination {
        /// The folder.
        folder: std::path::PathBuf,
        /// What lies in it.
        found: String,
    },
    /// The work tree itself is to be written to, and has changes.
    #[error("tracked files have changes: {}", shortened(.paths))]
    WorkTreeChanged {
        /// The files.
        paths: Vec<String>,
    },
}

from_workspace_errors!(Error);
