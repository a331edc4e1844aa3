//! What can stop a build.

use crate::workspace::{self, error::from_workspace_errors};

/// A build that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The workspace, or a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// The version of a build.
    #[error(transparent)]
    Version(#[from] crate::build::version::Fault),
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

fn shortened(paths: &[String]) -> String {
    let shown =
        paths.iter().take(5).map(|p| crate::model::names::escape_for_terminal(p)).collect::<Vec<_>>().join(", ");
    if paths.len() > 5 { format!("{shown} and {} more", paths.len() - 5) } else { shown }
}
