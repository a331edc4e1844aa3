//! Branches that this clone deleted on the remote: recorded by pre-push, used by the next
//! clean-up.
//!
//! A record proves nothing: the push may have failed, and other clones delete branches too. It only says that a clean-up may
//! find something.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::git::Repository;
use crate::index::Error;
use crate::model::names::BranchName;
use crate::system::clock;
use crate::system::files::{self, Access};

const FILE: &str = "deleted-branches.json";

/// Records that these branches are being deleted on the remote.
pub fn record(repository: &Repository, branches: &[BranchName]) -> Result<(), Error> {
    if branches.is_empty() {
        return Ok(());
    }
    let mut recorded = read(repository)?;
    recorded.extend(branches.iter().map(|branch| (branch.as_str().to_owned(), clock::now())));
    write(repository, &recorded)
}

/// Returns the recorded branches.
pub fn recorded(repository: &Repository) -> Result<Vec<BranchName>, Error> {
    Ok(read(repository)?.keys().filter_map(|name| BranchName::parse(name).ok()).collect())
}

/// Removes branches from the record.
pub fn forget(repository: &Repository, branches: &[BranchName]) -> Result<(), Error> {
    let mut recorded = read(repository)?;
    let before = recorded.len();
    recorded.retain(|name, _| !branches.iter().any(|branch| branch.as_str() == name));
    if recorded.len() == before { Ok(()) } else { write(repository, &recorded) }
}

/// Reads the record. A malformed file counts as empty.
fn read(repository: &Repository) -> Result<BTreeMap<String, Timestamp>, Error> {
    let bytes = files::read_optional(&repository.state_path(FILE))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

fn write(repository: &Repository, recorded: &BTreeMap<String, Timestamp>) -> Result<(), Error> {
    let path = repository.state_path(FILE);
    if recorded.is_empty() {
        return Ok(files::remove_if_exists(&path)?);
    }
    // The serialization of a map of strings cannot fail.
    Ok(files::write_atomic(&path, &serde_json::to_vec(recorded).unwrap_or_default(), Access::Shared)?)
}
