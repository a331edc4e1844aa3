//! The remote that decides about production: the settings committed on its release branch, and what its release branches contain.
//!
//! The one way to the settings by which a verb changes production (`promote`, `withdraw`).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::git::{Containment, Deepen, FetchRequest, LsRemote, Prompts, RemoteRefs};
use crate::model::names::{BranchName, CommitId};
use crate::settings::{Key, Settings};
use crate::system::terminal;
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
    remote: String,
}

/// Lists the branches of the remote and reads the settings committed on its release branch. Fetches that branch when its tip is missing.
pub fn remote_gate(workspace: &Workspace<'_>) -> Result<RemoteGate, Error> {
    let own = own_remote(workspace)?;
    let found = gate_of(workspace, &own)?;
    // The committed settings may name another remote: then the settings on that remote's release branch count.
    match found.settings.text(Key::Remote)? {
        Some(named) if named.value != own && workspace.repository()?.remotes()?.contains(&named.value) => {
            gate_of(workspace, &named.value)
        }
        _ => Ok(found),
    }
}

/// The remote by this clone's own configuration. A name from a checked-out file does not count: it may be that of a fork.
fn own_remote(workspace: &Workspace<'_>) -> Result<String, Error> {
    match workspace.settings.text(Key::Remote)? {
        Some(set) if !set.origin.is_repository() => return Ok(set.value),
        _ => {}
    }
    let remotes = workspace.repository()?.remotes()?;
    match &remotes[..] {
        [] => Err(Error::NoRemote),
        [only] => Ok(only.clone()),
        several if several.iter().any(|remote| remote == "origin") => Ok("origin".to_owned()),
        _ => Err(Error::SeveralRemotes { remotes }),
    }
}

fn gate_of(workspace: &Workspace<'_>, remote: &str) -> Result<RemoteGate, Error> {
    workspace.progress.step("asking the remote");
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
        let wanted = settings.list(Key::ReleaseBranches).map(|set| set.value).unwrap_or_default();
        return Err(Error::NoReleaseBranchOnRemote { remote: remote.to_owned(), wanted });
    }
    let RemoteRefs { head, .. } = refs;
    let default_branch = head.filter(|head| release_branches.contains_key(head));
    Ok(RemoteGate { settings, release_branches, default_branch, remote: remote.to_owned() })
}

fn no_release_branch(remote: &str, wanted: &[BranchName]) -> Error {
    let wanted = wanted.iter().map(ToString::to_string).collect();
    Error::NoReleaseBranchOnRemote { remote: remote.to_owned(), wanted }
}

impl RemoteGate {
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
