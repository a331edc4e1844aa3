//! Errors of the index of a branch.

use crate::model::index_name::IndexTemplateError;
use crate::model::names::{BranchName, IndexName};
use crate::workspace::{self, error::from_workspace_errors};

/// Work on an index failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An error of the workspace, or of a floor below it.
    #[error(transparent)]
    Workspace(workspace::Error),
    /// The template of index names is invalid.
    #[error("index-name: {0}")]
    IndexTemplate(#[from] IndexTemplateError),
    /// Every possible name of the branch's index belongs to another branch or repository.
    #[error("no free index name for {branch}: {} belong to others", .taken.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "))]
    IndexNamesTaken {
        /// The branch.
        branch: BranchName,
        /// The names.
        taken: Vec<IndexName>,
    },
    /// The branch has no index.
    #[error("branch {branch} has no index")]
    NoIndex {
        /// The branch.
        branch: BranchName,
    },
    /// The named index does not exist.
    #[error("index {index} not found")]
    NoSuchIndex {
        /// Its name.
        index: IndexName,
    },
    /// The index does not belong to this repository, so it is not changed.
    #[error("index {index} does not belong to this repository: {why}")]
    ForeignIndex {
        /// Its name.
        index: IndexName,
        /// What its record says.
        why: String,
    },
}

from_workspace_errors!(Error);
