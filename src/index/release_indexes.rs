//! The indexes of the release branches, found by their records.

use crate::devpi::Server;
use crate::index::Error;
use crate::index::branch_index::{self, BranchIndexQuery, IndexLookup};
use crate::model::names::{BranchName, IndexName};
use crate::workspace::Workspace;
use crate::workspace::remote_gate::RemoteGate;

/// The indexes of the release branches that are on the remote, with at most one request; branches without an index are left out.
///
/// Which branches, whose indexes and which repository: as committed on the release branch.
pub fn release_indexes(
    workspace: &Workspace<'_>,
    server: &Server,
    gate: &RemoteGate,
) -> Result<Vec<(IndexName, BranchName)>, Error> {
    let owner = gate.owner(workspace)?;
    let repository = gate.repository(workspace)?;
    let listed;
    let indexes = match &gate.indexes {
        Some(indexes) => indexes,
        None => {
            listed = branch_index::indexes_of(server, &owner)?;
            &listed
        }
    };
    let mut found = Vec::new();
    for branch in gate.release_branches.keys() {
        let (owner, repository, branch) = (owner.clone(), repository.clone(), branch.clone());
        // The record decides, whatever template the names follow.
        let query = BranchIndexQuery { owner, repository, branch, candidates: Vec::new() };
        if let IndexLookup::Index(index) = branch_index::find(indexes, &query) {
            found.push((index.name, query.branch));
        }
    }
    Ok(found)
}
