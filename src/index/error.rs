//! Errors of the index of a branch.

use crate::model::index_name::IndexTemplateError;
use crate::model::index_right::Right;
use crate::model::names::{BranchName, IndexName, UserName};
use crate::model::size::size_text;
use crate::workspace::{self, error::from_workspace_errors};

/// Work on an index failed.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
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
    /// The user lacks rights on the index that a build needs.
    #[error("{login} has no right to {} {index} ({})", right_names(.rights), acls(.rights))]
    NoRight {
        /// The user who is logged in.
        login: UserName,
        /// The index.
        index: IndexName,
        /// The missing rights; at least one.
        rights: Vec<Right>,
        /// The branch of the index.
        branch: BranchName,
    },
    /// The branch has no index, and the user may not create it.
    #[error("branch {branch} has no index, and {login} has no right to create {index}")]
    MayNotCreate {
        /// The user who is logged in.
        login: UserName,
        /// The index that would be created.
        index: IndexName,
        /// The branch.
        branch: BranchName,
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
    /// Its files are larger than what is kept of all deletions, so it is not deleted.
    #[error("the files of {index} take more than {}, which is all that {} holds: it is not deleted", size_text(*limit), folder.display())]
    TooLargeToKeep {
        /// The index.
        index: IndexName,
        /// The limit in bytes.
        limit: u64,
        /// The folder.
        folder: std::path::PathBuf,
    },
    /// This machine has no log of the deletion.
    #[error("no deletion of {name} is recorded on this machine")]
    NoDeletionLog {
        /// The index or the log.
        name: String,
    },
    /// The file is not the deletion log of a branch's index.
    #[error("{} is not a deletion log that can be undone: {reason}", log.display())]
    UnreadableLog {
        /// The file.
        log: std::path::PathBuf,
        /// The reason.
        reason: String,
    },
    /// The deletion was on another server.
    #[error("{} records a deletion on {server}", log.display())]
    DeletedElsewhere {
        /// The log.
        log: std::path::PathBuf,
        /// The server.
        server: String,
    },
    /// An index of this name exists, and it is not the one that was deleted.
    #[error("index {index} exists: {why}")]
    IndexExists {
        /// Its name.
        index: IndexName,
        /// What its record says.
        why: String,
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

fn right_names(rights: &[Right]) -> String {
    rights.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn acls(rights: &[Right]) -> String {
    rights.iter().map(|right| right.acl()).collect::<Vec<_>>().join(", ")
}
