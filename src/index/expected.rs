//! The index of a branch under its expected name: one small request, whatever the number of the owner's indexes.
//!
//! The list of all indexes has 0.7 KB for each of them. It is only needed where the index under the expected name is another branch's, or
//! missing: then the record may be on an index with another name.

use crate::devpi::{self, IndexConfig, Server};
use crate::index::Error;
use crate::index::branch_index::{BranchIndex, BranchIndexQuery, IndexLookup, find, indexes_of, record_of_branch};
use crate::model::names::IndexName;
use crate::system::parallel;

/// Returns the branch's index if it has its preferred name, with the answer of `beside`, which is asked at the same time; else `None`.
pub fn find_with<T: Send>(
    server: &Server,
    query: &BranchIndexQuery,
    beside: impl FnOnce(&IndexName) -> Result<T, devpi::Error> + Send,
) -> Result<Option<(BranchIndex, T)>, Error> {
    let Some(name) = query.candidates.first() else { return Ok(None) };
    let (config, answer) = parallel::both(|| server.index(name), || beside(name));
    let Some(index) = config?.and_then(|config| of_branch(name, config, query)) else { return Ok(None) };
    Ok(Some((index, answer?)))
}

/// Returns the branch's index: under its preferred name, else by its record among all indexes of the owner.
pub fn look_up(server: &Server, query: &BranchIndexQuery) -> Result<IndexLookup, Error> {
    let Some(name) = query.candidates.first() else { return Ok(find(&indexes_of(server, &query.owner)?, query)) };
    match server.index(name)?.and_then(|config| of_branch(name, config, query)) {
        Some(index) => Ok(IndexLookup::Index(Box::new(index))),
        None => Ok(find(&indexes_of(server, &query.owner)?, query)),
    }
}

fn of_branch(name: &IndexName, config: IndexConfig, query: &BranchIndexQuery) -> Option<BranchIndex> {
    let record = record_of_branch(&config, query)?;
    Some(BranchIndex { name: name.clone(), config, record })
}
