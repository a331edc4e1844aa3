//! Branches that somebody here deleted on the remote: noted by pre-push, looked at by the next clean-up.
//!
//! A note proves nothing (the push may have failed, and other clones delete too): it only says that a clean-up is worth its while.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::git::Repository;
use crate::index::Error;
use crate::model::names::BranchName;
use crate::system::clock;
use crate::system::files::{self, Access};

const FILE: &str = "deleted-branches.json";

/// Notes that these branches are being deleted on the remote.
pub fn note(repository: &Repository, branches: &[BranchName]) -> Result<(), Error> {
    if branches.is_empty() {
        return Ok(());
    }
    let mut noted = read(repository)?;
    noted.extend(branches.iter().map(|branch| (branch.as_str().to_owned(), clock::now())));
    write(repository, &noted)
}

/// The branches that were noted and not yet looked at.
pub fn noted(repository: &Repository) -> Result<Vec<BranchName>, Error> {
    Ok(read(repository)?.keys().filter_map(|name| BranchName::parse(name).ok()).collect())
}

/// Forgets branches that a clean-up has looked at.
pub fn forget(repository: &Repository, branches: &[BranchName]) -> Result<(), Error> {
    let mut noted = read(repository)?;
    let before = noted.len();
    noted.retain(|name, _| !branches.iter().any(|branch| branch.as_str() == name));
    if noted.len() == before { Ok(()) } else { write(repository, &noted) }
}

/// A file that cannot be understood holds no notes.
fn read(repository: &Repository) -> Result<BTreeMap<String, Timestamp>, Error> {
    let bytes = files::read_optional(&repository.state_path(FILE))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

fn write(repository: &Repository, noted: &BTreeMap<String, Timestamp>) -> Result<(), Error> {
    let path = repository.state_path(FILE);
    if noted.is_empty() {
        return Ok(files::remove_if_exists(&path)?);
    }
    // A map of strings always becomes JSON.
    Ok(files::write_atomic(&path, &serde_json::to_vec(noted).unwrap_or_default(), Access::Shared)?)
}
