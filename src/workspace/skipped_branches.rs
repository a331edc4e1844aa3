//! The branches for which pre-push created no index, as it has reported: it reports each once for each reason.
//!
//! The list belongs to the clone.

use std::collections::BTreeMap;

use crate::git::Repository;
use crate::model::names::BranchName;
use crate::system::files::{self, Access};
use crate::workspace::Error;

const FILE: &str = "skipped-branches.json";

/// Returns the branches that have not been reported with this reason, and records them as reported.
///
/// If the state folder is not writable, the next push reports them again.
pub fn take_unreported(repository: &Repository, branches: &[BranchName], reason: &str) -> Vec<BranchName> {
    let mut reported = read(repository);
    let is_new = |branch: &&BranchName| reported.get(branch.as_str()).is_none_or(|known| known != reason);
    let new: Vec<BranchName> = branches.iter().filter(is_new).cloned().collect();
    if !new.is_empty() {
        reported.extend(new.iter().map(|branch| (branch.as_str().to_owned(), reason.to_owned())));
        let _ = write(repository, &reported);
    }
    new
}

/// Removes branches that were deleted, or whose index was created.
pub fn forget<'b>(repository: &Repository, branches: impl Iterator<Item = &'b BranchName>) -> Result<(), Error> {
    let mut reported = read(repository);
    let before = reported.len();
    branches.for_each(|branch| drop(reported.remove(branch.as_str())));
    if reported.len() == before { Ok(()) } else { write(repository, &reported) }
}

/// Reads the list. A malformed file counts as empty.
fn read(repository: &Repository) -> BTreeMap<String, String> {
    let bytes = files::read_optional(&repository.state_path(FILE)).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write(repository: &Repository, reported: &BTreeMap<String, String>) -> Result<(), Error> {
    let path = repository.state_path(FILE);
    if reported.is_empty() {
        return Ok(files::remove_if_exists(&path)?);
    }
    // The serialization of a map of strings cannot fail.
    Ok(files::write_atomic(&path, &serde_json::to_vec(reported).unwrap_or_default(), Access::Shared)?)
}
