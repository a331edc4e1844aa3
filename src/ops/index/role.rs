//! The role of an index in this repository, by its record.

use crate::devpi::IndexConfig;
use crate::index;
use crate::index::branch_index::{self, BranchIndex, IndexLookup, IndexMap};
use crate::model::names::{IndexName, RepositoryName};
use crate::model::record::Record;
use crate::ops::Error;
use crate::workspace::Workspace;

/// The role of an index in this repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexRole {
    /// The index of a branch of this repository.
    Branch {
        /// The branch.
        name: String,
        /// Whether the branch was seen with commits of its own.
        own_commits: bool,
    },
    /// A claim of this repository.
    Claim {
        /// The branch.
        branch: String,
    },
    /// The production index.
    Production,
    /// An index of another repository or user; the reason.
    Foreign(String),
}

/// A listed index.
#[derive(Debug, Clone)]
pub struct ListedIndex {
    /// Its name.
    pub name: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Its role.
    pub role: IndexRole,
}

/// The index of the branch.
pub(super) fn index_of_branch(workspace: &Workspace<'_>, indexes: &IndexMap) -> Result<BranchIndex, Error> {
    let branch = workspace.branch()?.name;
    match branch_index::find(indexes, &workspace.branch_index_query(&branch)?) {
        IndexLookup::Index(index) => Ok(*index),
        IndexLookup::AllTaken(taken) => Err(index::Error::IndexNamesTaken { branch, taken }.into()),
        IndexLookup::Free { .. } => Err(index::Error::NoIndex { branch }.into()),
    }
}

/// The role of an index.
pub(super) fn role(workspace: &Workspace<'_>, name: &IndexName, config: &IndexConfig) -> Result<IndexRole, Error> {
    if *name == workspace.production()? {
        return Ok(IndexRole::Production);
    }
    Ok(role_of(&workspace.repository_name()?.value, config.record.as_ref()))
}

fn role_of(repository: &RepositoryName, record: Option<&Record>) -> IndexRole {
    let of = match record {
        None => return IndexRole::Foreign("it has no record".to_owned()),
        Some(Record::Production(_)) => return IndexRole::Production,
        Some(Record::Branch(record)) if record.repository == repository.as_str() => {
            return IndexRole::Branch { name: record.branch.clone(), own_commits: record.own_commits };
        }
        Some(Record::Claim(claim)) if claim.repository == repository.as_str() => {
            return IndexRole::Claim { branch: claim.branch.clone() };
        }
        Some(Record::Branch(record)) => (&record.repository, &record.branch),
        Some(Record::Claim(claim)) => (&claim.repository, &claim.branch),
    };
    IndexRole::Foreign(crate::model::names::escape_for_terminal(&format!("its record names {} of {}", of.1, of.0)))
}
