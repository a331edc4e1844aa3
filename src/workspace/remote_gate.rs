//! The remote that decides about production: the settings committed on its release branch, and what its release branches contain.
//!
//! The one way to the settings by which a verb changes production (`promote`, `withdraw`).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::devpi::IndexConfig;
use crate::git::{Containment, Deepen, FetchRequest, LsRemote, Prompts, RemoteRefs};
use crate::model::authority::Authority;
use crate::model::names::{BranchName, CommitId, IndexName, RepositoryName, UserName};
use crate::model::record::Record;
use crate::settings::{Key, Origin, Settings, Sourced};
use crate::system::terminal;
use crate::workspace::authority;
use crate::workspace::error::NamedRemote;
use crate::workspace::gate::{self, Gate, GateAnswer};
use crate::workspace::{Error, Workspace};

/// The time limit for the list of branches.
const DEADLINE: Duration = Duration::from_secs(60);

/// The settings and release branches of the remote that decides.
#[derive(Debug)]
pub struct RemoteGate {
    /// The settings as committed on its release branch.
    pub settings: Settings,
    /// Its release branches with their tips; not empty.
    pub release_branches: BTreeMap<BranchName, CommitId>,
    /// Its default branch, if that is a release branch.
    pub default_branch: Option<BranchName>,
    /// The records that it decides about.
    pub authority: Authority,
    /// The remote's name.
    pub remote: String,
    /// The owner's indexes, as they were when their records were checked; `None` where that was not needed.
    pub indexes: Option<BTreeMap<String, IndexConfig>>,
}

/// Lists the branches of the remote and reads the settings committed on its release branch. Fetches that branch when its tip is missing.
/// One request for the owner's indexes, except when the user's own settings name the repository.
pub fn remote_gate(workspace: &Workspace<'_>) -> Result<RemoteGate, Error> {
    let (remote, gate) = named_gate(workspace)?;
    let authority = authority::of(workspace, &remote, Some(&gate.settings))?;
    let mut gate = RemoteGate { authority, ..gate };
    if gate.authority != Authority::Declared {
        let indexes = workspace.server()?.user_indexes(&gate.owner(workspace)?)?.unwrap_or_default();
        check_records(workspace, (&remote, &gate), &indexes)?;
        gate.indexes = Some(indexes);
    }
    Ok(gate)
}

/// The same without a look at the records on the server: for the verb that rewrites them.
pub fn unchecked_remote_gate(workspace: &Workspace<'_>) -> Result<RemoteGate, Error> {
    let (remote, gate) = named_gate(workspace)?;
    let authority = authority::of(workspace, &remote, Some(&gate.settings))?;
    Ok(RemoteGate { authority, ..gate })
}

fn named_gate(workspace: &Workspace<'_>) -> Result<(Sourced<String>, RemoteGate), Error> {
    let own = own_remote(workspace)?;
    let found = gate_of(workspace, &own.value)?;
    // The committed settings may name another remote: then the settings on that remote's release branch count.
    match found.settings.text(Key::Remote)? {
        Some(named) if named.value != own.value && workspace.repository()?.remotes()?.contains(&named.value) => {
            let gate = gate_of(workspace, &named.value)?;
            Ok((named, gate))
        }
        _ => Ok((own, found)),
    }
}

/// Refuses a remote that is not known to be the repository: a fork has the same files, and settings of its own.
///
/// The records of the release branches' indexes and of the production index name the remote that decides. A record that names none
/// counts only where no other names one.
fn check_records(
    workspace: &Workspace<'_>,
    (remote, gate): (&Sourced<String>, &RemoteGate),
    indexes: &BTreeMap<String, IndexConfig>,
) -> Result<(), Error> {
    let (owner, repository) = (gate.owner(workspace)?, gate.repository(workspace)?);
    let named = |config: &IndexConfig| match &config.record {
        Some(Record::Branch(record)) if record.repository == repository.as_str() => {
            let branch = BranchName::parse(&record.branch).ok()?;
            gate.release_branches.contains_key(&branch).then(|| record.remote.clone())
        }
        Some(Record::Production(record)) if record.repository == repository.as_str() => Some(record.remote.clone()),
        _ => None,
    };
    let records: Vec<_> = indexes.iter().filter_map(|(index, config)| Some((index, named(config)?))).collect();
    let is_named = records.iter().any(|(_, remote)| remote.is_some());
    let mut counted = records.iter().filter(|(_, remote)| remote.is_some() == is_named);
    match counted.find(|(_, named)| !gate.authority.decides(named.as_ref())) {
        Some((index, named)) => Err(Error::NotTheRepository {
            remote: remote.value.clone(),
            repository,
            index: IndexName::new(&owner, index)?,
            named: if named.is_some() { NamedRemote::Another } else { NamedRemote::None },
        }),
        None => Ok(()),
    }
}

/// The remote by this clone's own configuration. A name from a checked-out file does not count: it may be that of a fork.
fn own_remote(workspace: &Workspace<'_>) -> Result<Sourced<String>, Error> {
    match workspace.settings.text(Key::Remote)? {
        Some(set) if !set.origin.is_repository() => return Ok(set),
        _ => {}
    }
    let remotes = workspace.repository()?.remotes()?;
    let derived = |name: &str| Sourced::new(name.to_owned(), Origin::Derived("the clone's remotes".to_owned()));
    match &remotes[..] {
        [] => Err(Error::NoRemote),
        [only] => Ok(derived(only)),
        several if several.iter().any(|remote| remote == "origin") => Ok(derived("origin")),
        _ => Err(Error::SeveralRemotes { remotes }),
    }
}

fn gate_of(workspace: &Workspace<'_>, remote: &str) -> Result<RemoteGate, Error> {
    workspace.progress.step("reading the branches of the remote");
    let refs = workspace.repository()?.ls_remote(remote, how())?;
    let answer = match gate::read(workspace, &refs)? {
        GateAnswer::TipMissing(branch) => {
            fetch(workspace, remote, (&[branch], Deepen::No))?;
            gate::read(workspace, &refs)?
        }
        answer => answer,
    };
    let Gate { settings, release_branches } = match answer {
        GateAnswer::Found(gate) => *gate,
        GateAnswer::TipMissing(branch) => return Err(no_release_branch(remote, &[branch])),
        GateAnswer::NoDefaultBranch => return Err(no_release_branch(remote, &[])),
    };
    if release_branches.is_empty() {
        let configured = settings.list(Key::ReleaseBranches).map(|set| set.value).unwrap_or_default();
        return Err(Error::NoReleaseBranchOnRemote { remote: remote.to_owned(), configured });
    }
    let RemoteRefs { head, .. } = refs;
    let default_branch = head.filter(|head| release_branches.contains_key(head));
    let authority = Authority::default();
    let remote = remote.to_owned();
    Ok(RemoteGate { settings, release_branches, default_branch, authority, remote, indexes: None })
}

fn no_release_branch(remote: &str, configured: &[BranchName]) -> Error {
    let configured = configured.iter().map(ToString::to_string).collect();
    Error::NoReleaseBranchOnRemote { remote: remote.to_owned(), configured }
}

impl RemoteGate {
    /// The owner of the indexes.
    pub fn owner(&self, workspace: &Workspace<'_>) -> Result<UserName, Error> {
        match self.settings.user()? {
            Some(owner) => Ok(owner.value),
            None => workspace.owner(),
        }
    }

    /// The production index.
    pub fn production(&self, workspace: &Workspace<'_>) -> Result<IndexName, Error> {
        Ok(self.settings.production(&self.owner(workspace)?)?.value)
    }

    /// The users whose reports count.
    pub fn evidence_users(&self, workspace: &Workspace<'_>) -> Result<Vec<UserName>, Error> {
        match self.settings.evidence_users()? {
            Some(users) => Ok(users.value),
            None => Ok(vec![self.owner(workspace)?]),
        }
    }

    /// The repository's name.
    pub fn repository(&self, workspace: &Workspace<'_>) -> Result<RepositoryName, Error> {
        match self.settings.repository()? {
            Some(name) => Ok(name.value),
            None => Ok(workspace.repository_name()?.value),
        }
    }

    /// Whether `commit` is contained in one of these release branches on the remote. Fetches commits that are missing for the answer.
    pub fn contains(
        &self,
        workspace: &Workspace<'_>,
        commit: &CommitId,
        branches: &[BranchName],
    ) -> Result<Containment, Error> {
        let tips: Vec<CommitId> =
            branches.iter().filter_map(|branch| self.release_branches.get(branch).cloned()).collect();
        let ask = || -> Result<Containment, Error> {
            let answers = workspace.repository()?.contained_in(std::slice::from_ref(commit), &tips)?;
            Ok(answers.get(commit).copied().unwrap_or(Containment::Unknown))
        };
        let first = ask()?;
        if first != Containment::Unknown {
            return Ok(first);
        }
        // Missing tips, or a history that is cut off.
        fetch(workspace, &self.remote, (branches, Deepen::Unshallow))?;
        ask()
    }
}

fn fetch(workspace: &Workspace<'_>, remote: &str, (branches, deepen): (&[BranchName], Deepen)) -> Result<(), Error> {
    workspace.progress.step("fetching the release branch");
    let refspecs: Vec<String> = branches.iter().map(BranchName::full_ref).collect();
    let request = FetchRequest { remote, refspecs: &refspecs, deepen, how: LsRemote { deadline: None, ..how() } };
    Ok(workspace.repository()?.fetch(&request)?)
}

fn how() -> LsRemote {
    LsRemote { deadline: Some(DEADLINE), prompts: Prompts::if_interactive(terminal::is_interactive()) }
}
