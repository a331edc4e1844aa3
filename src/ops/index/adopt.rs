//! `index adopt`: rewrites the records of indexes after a move of the repository or of its remote.
//!
//! The records decide which remote decides (deletion, promotion), so a person confirms the change, and the new remote must contain the
//! newest commit that was built on a release branch: a stale mirror or another repository does not.

use crate::devpi::{IndexConfig, Session};
use crate::git::Containment;
use crate::index::branch_index::{IndexMap, indexes_of};
use crate::index::upkeep::{self, Identity};
use crate::model::authority::Authority;
use crate::model::names::{BranchName, IndexName, RepositoryName, escape_for_terminal};
use crate::model::record::Record;
use crate::model::remote_url::RemoteHash;
use crate::ops::Error;
use crate::ops::index::error;
use crate::release::newest_commit::{newest_commit, read_indexes};
use crate::workspace::Workspace;
use crate::workspace::remote_gate::{RemoteGate, unchecked_remote_gate};

/// An index whose record is rewritten.
#[derive(Debug, Clone)]
pub struct AdoptedIndex {
    /// The index.
    pub name: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Its branch; `None` for a production index.
    pub branch: Option<String>,
}

/// The records to rewrite.
#[derive(Debug)]
pub struct Adoption {
    /// The repository that the records name now.
    pub from: RepositoryName,
    /// What they will name.
    pub to: Identity,
    /// The remote.
    pub remote: String,
    /// The indexes.
    pub indexes: Vec<AdoptedIndex>,
    /// The indexes that keep their record, with the reason.
    pub left_alone: Vec<(IndexName, String)>,
}

/// Plans the adoption of the indexes whose records name the repository `from`; without it, this repository under another remote.
///
/// One request for the owner's indexes, one `git ls-remote`, and those for the newest release of a release branch.
pub fn plan_adoption(workspace: &Workspace<'_>, from: Option<&str>) -> Result<Adoption, Error> {
    let to = workspace.repository_name()?.value;
    let from = from.map(RepositoryName::parse).transpose()?.unwrap_or_else(|| to.clone());
    let gate = unchecked_remote_gate(workspace)?;
    let url = workspace.repository()?.remote_url(&gate.remote)?;
    let hash = url.map(|url| workspace.hash_of(&url)).transpose()?.flatten();
    let owner = workspace.owner()?;
    let all = indexes_of(workspace.server()?, &owner)?;
    let mut adoption = Adoption {
        to: Identity { repository: to, remote: hash },
        from,
        remote: gate.remote.clone(),
        indexes: Vec::new(),
        left_alone: Vec::new(),
    };
    for (name, config) in &all {
        let Ok(name) = IndexName::new(&owner, name) else { continue };
        consider(&mut adoption, &all, (name, config));
    }
    if !adoption.indexes.is_empty() {
        check_remote(workspace, &gate, &adoption)?;
    }
    Ok(adoption)
}

/// Adds the index if its record names the old repository, and differs from the new one.
fn consider(adoption: &mut Adoption, all: &IndexMap, (name, config): (IndexName, &IndexConfig)) {
    let Some((repository, branch, remote)) = identity(config) else { return };
    let is_done = repository == adoption.to.repository.as_str() && remote == adoption.to.remote.as_ref();
    if repository != adoption.from.as_str() || is_done {
        return;
    }
    let has_index = |branch: &str, other: &IndexConfig| {
        identity(other).is_some_and(|(repository, of, _)| {
            repository == adoption.to.repository.as_str() && of == Some(branch) && repository != adoption.from.as_str()
        })
    };
    let newer = branch.and_then(|branch| all.iter().find(|(_, other)| has_index(branch, other)));
    match newer {
        Some((newer, _)) => {
            let branch = escape_for_terminal(branch.unwrap_or_default());
            adoption.left_alone.push((name, format!("{newer} is the index of {branch} already")));
        }
        None => {
            let branch = branch.map(str::to_owned);
            adoption.indexes.push(AdoptedIndex { name, config: config.clone(), branch });
        }
    }
}

/// Repository, branch and remote of a record. A claim ends by itself and keeps its record.
fn identity(config: &IndexConfig) -> Option<(&str, Option<&str>, Option<&RemoteHash>)> {
    match config.record.as_ref()? {
        Record::Branch(record) => Some((&record.repository, Some(&record.branch), record.remote.as_ref())),
        Record::Production(record) => Some((&record.repository, None, record.remote.as_ref())),
        Record::Claim(_) => None,
    }
}

/// Refuses a remote that lacks the newest commit that was built on a release branch, unless the user's own settings name the repository.
fn check_remote(workspace: &Workspace<'_>, gate: &RemoteGate, adoption: &Adoption) -> Result<(), Error> {
    if gate.authority == Authority::Declared {
        return Ok(());
    }
    let is_release =
        |branch: &String| BranchName::parse(branch).is_ok_and(|branch| gate.release_branches.contains_key(&branch));
    let indexes = adoption.indexes.iter().filter(|index| index.branch.as_ref().is_some_and(is_release));
    let indexes: Vec<IndexName> = indexes.map(|index| index.name.clone()).collect();
    let trusted = gate.evidence_users(workspace)?;
    let server = workspace.server()?;
    let contents = read_indexes(server, &indexes)?;
    let Some(built) = newest_commit(workspace, server, (&contents, &trusted))? else { return Ok(()) };
    let commit = built.commit;
    let branches: Vec<BranchName> = gate.release_branches.keys().cloned().collect();
    match gate.contains(workspace, &commit, &branches) {
        Ok(Containment::Yes) => Ok(()),
        _ => {
            let (remote, from) = (gate.remote.clone(), adoption.from.clone());
            Err(error::Error::NotTheSameRepository { remote, from, commit }.into())
        }
    }
}

/// Rewrites the records. Returns the indexes that were not changed, because their record is another one by now.
///
/// Two requests for each index. A second run finishes what was interrupted.
pub fn adopt(workspace: &Workspace<'_>, adoption: &Adoption) -> Result<Vec<IndexName>, Error> {
    let session = workspace.session()?;
    let mut changed_meanwhile = Vec::new();
    for index in &adoption.indexes {
        workspace.progress.step(&format!("changing the record of {}", index.name));
        if !adopt_one(session, adoption, index)? {
            changed_meanwhile.push(index.name.clone());
        }
    }
    Ok(changed_meanwhile)
}

fn adopt_one(session: &Session, adoption: &Adoption, index: &AdoptedIndex) -> Result<bool, Error> {
    match session.index(&index.name)? {
        Some(now) if now.record == index.config.record => {
            upkeep::rename(session, &index.name, (&now, &adoption.to))?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
