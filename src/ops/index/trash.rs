//! `index trash`: the deletions that can be undone.

use std::path::PathBuf;

use crate::index::trash::{self, TrashEntry};
use crate::ops::Error;
use crate::workspace::Workspace;
use crate::workspace::deletion_log::DELETED_INDEXES;

/// The deletions that this machine can undo.
#[derive(Debug)]
pub struct Trash {
    /// The deletions of this repository's indexes and releases on this server, newest first.
    pub entries: Vec<TrashEntry>,
    /// The folder of the logs and the kept files.
    pub folder: PathBuf,
}

/// Lists the deletions of this repository. Makes no request.
pub fn trash(workspace: &Workspace<'_>) -> Result<Trash, Error> {
    let repository = workspace.repository_name()?.value;
    let mut entries = trash::list(workspace, workspace.server()?.root())?;
    entries.retain(|entry| entry.record.repository == repository.as_str());
    Ok(Trash { entries, folder: workspace.directories.state.join(DELETED_INDEXES) })
}
