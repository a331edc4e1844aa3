//! Errors of a build.

use crate::build::version::{self, shortened};
use crate::workspace::{self, error::from_workspace_errors};

/// A build failed.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// An error of the workspace, or of a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// An error of the version.
    #[error(transparent)]
    Version(#[from] version::Error),
    /// The folder for a stamped copy is not empty.
    #[error("{} is not an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: std::path::PathBuf,
    },
    /// The destination folder contains another file than a package.
    #[error("{} contains {found}, which is not a package", folder.display())]
    NotADestination {
        /// The folder.
        folder: std::path::PathBuf,
        /// The file.
        found: String,
    },
    /// The destination folder is a symbolic link.
    #[error("{} is a symbolic link to {}", link.display(), target.display())]
    LinkedDestination {
        /// The link.
        link: std::path::PathBuf,
        /// What it points to.
        target: std::path::PathBuf,
    },
    /// The destination folder, or a folder above it, is a file.
    #[error("{} is not a folder", path.display())]
    FileAsDestination {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The work tree is to be stamped in place, and has uncommitted changes.
    #[error("tracked files have uncommitted changes: {}", shortened(.paths))]
    WorkTreeChanged {
        /// The files.
        paths: Vec<String>,
    },
}

from_workspace_errors!(Error);
