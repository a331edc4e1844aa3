//! The gate: the settings that decide about production and deletion, as committed on the remote's
//! release branch.
//!
//! Checked-out files do not count: a branch must not be able to change the rules for its own release. The user's own settings
//! (flags, environment, git config) count as everywhere.

use std::collections::BTreeMap;

use crate::git::RemoteRefs;
use crate::model::names::{BranchName, CommitId};
use crate::settings::{Key, Pattern, Settings};
use crate::workspace::Error;
use crate::workspace::Workspace;

/// The deciding settings, and the release branches that they name.
#[derive(Debug)]
pub struct Gate {
    /// The settings.
    pub settings: Settings,
    /// The release branches on the remote, with their tips there.
    pub release_branches: BTreeMap<BranchName, CommitId>,
}

/// The result of reading the gate.
#[derive(Debug)]
pub enum GateAnswer {
    /// The settings were found.
    Found(Box<Gate>),
    /// The tip of this branch on the remote holds the settings, but this clone does not have it.
    TipMissing(BranchName),
    /// Neither the remote nor another source names the default branch.
    NoDefaultBranch,
}

/// Reads the gate of a remote that has `refs`. Makes no request.
pub fn read(workspace: &Workspace<'_>, refs: &RemoteRefs) -> Result<GateAnswer, Error> {
    let Some((settings_branch, tip)) = settings_branch(workspace, refs)? else {
        return Ok(GateAnswer::NoDefaultBranch);
    };
    if !workspace.repository()?.commit_exists(&tip)? {
        return Ok(GateAnswer::TipMissing(settings_branch));
    }
    let settings = workspace.settings_at(&tip)?;
    let patterns = release_patterns(workspace, &settings, &settings_branch)?;
    let is_release = |branch: &BranchName| patterns.iter().any(|pattern| pattern.matches(branch));
    let found = refs.branches.iter().filter(|(branch, _)| is_release(branch));
    let release_branches = found.map(|(branch, tip)| (branch.clone(), tip.clone())).collect();
    Ok(GateAnswer::Found(Box::new(Gate { settings, release_branches })))
}

/// Returns the settings that are committed on the remote's release branch, as far as this clone knows that branch; `None` if it does not,
/// and while the release branch has no settings of git-devpi. Makes no request.
///
/// For the rights that new indexes give: a push must not wait for the remote.
pub fn known_settings(workspace: &Workspace<'_>) -> Result<Option<Settings>, Error> {
    let Some(remote) = workspace.remote()?.map(|remote| remote.value) else { return Ok(None) };
    let repository = workspace.repository()?;
    let head = repository.remote_head(&remote)?;
    let set = workspace.settings.patterns(Key::ReleaseBranches)?;
    let named = set.into_iter().flat_map(|set| set.value).filter_map(|pattern| pattern.literal());
    let mut refs = RemoteRefs { head: head.clone(), ..RemoteRefs::default() };
    for branch in named.chain(ci_default(workspace)?).chain(head) {
        if let Some(tip) = repository.remote_branch_tip(&remote, &branch)? {
            refs.branches.insert(branch, tip);
        }
    }
    let Some((_, tip)) = settings_branch(workspace, &refs)? else { return Ok(None) };
    let is_set_up = repository.commit_exists(&tip)? && workspace.has_settings_at(&tip)?;
    Ok(if is_set_up { Some(workspace.settings_at(&tip)?) } else { None })
}

/// Returns the branch whose committed settings count.
///
/// That is the first release branch that the user's own settings name, else the CI system's default branch, else the remote's
/// default branch.
fn settings_branch(workspace: &Workspace<'_>, refs: &RemoteRefs) -> Result<Option<(BranchName, CommitId)>, Error> {
    let on_remote = |branch: &BranchName| refs.branches.get(branch).map(|tip| (branch.clone(), tip.clone()));
    let set = workspace.settings.patterns(Key::ReleaseBranches)?.filter(|set| !set.origin.is_repository());
    let named = set.into_iter().flat_map(|set| set.value).find_map(|pattern| on_remote(&pattern.literal()?));
    if named.is_some() {
        return Ok(named);
    }
    let ci = ci_default(workspace)?.as_ref().and_then(on_remote);
    Ok(ci.or_else(|| refs.head.as_ref().and_then(on_remote)))
}

fn release_patterns(
    workspace: &Workspace<'_>,
    settings: &Settings,
    settings_branch: &BranchName,
) -> Result<Vec<Pattern>, Error> {
    if let Some(set) = settings.patterns(Key::ReleaseBranches)? {
        return Ok(set.value);
    }
    let default = ci_default(workspace)?;
    Ok(vec![Pattern::exact(default.as_ref().unwrap_or(settings_branch))])
}

fn ci_default(workspace: &Workspace<'_>) -> Result<Option<BranchName>, Error> {
    let value = workspace.ci().and_then(|ci| ci.default_branch.as_ref());
    Ok(value.map(|value| BranchName::parse(&value.value)).transpose()?)
}
