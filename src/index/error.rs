//! What can stop work on the index of a branch.

use crate::model::index_name::IndexTemplateError;
use crate::model::names::{BranchName, IndexName};
use crate::workspace::{self, error::from_workspace_errors};

/// Work on an index that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The workspace, or a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// The template of index names.
    #[error("index-name: {0}")]
    IndexTemplate(#[from] IndexTemplateError),
    /// Both names that the branch's index could have are somebody else's.
    #[error("no index for {branch}: {} belong to others", .taken.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "))]
    IndexNamesTaken {
        /// The branch.
        branch: BranchName,
        /// The names.
        taken: Vec<IndexName>,
    },
    /// The branch has no index.
    #[error("{branch} has no index on the server")]
    NoIndex {
        /// The branch.
        branch: BranchName,
    },
    /// The named index is not there.
    #[error("{index} is not there")]
    NoSuchIndex {
        /// Its name.
        index: IndexName,
    },
    /// The index is not ours to touch.
    #[error("{index} is not an index of this repository: {why}")]
    ForeignIndex {
        /// Its name.
        index: IndexName,
        /// What stands in its record.
        why: String,
    },
}

from_workspace_errors!(Error);
