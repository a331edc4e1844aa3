//! `hook pre-push`: every branch that a push creates or moves has an index afterwards.
//!
//! git waits for this hook with its connection to the remote open, and tells it neither whether the push will succeed nor whether it
//! is a dry run. So what is done here is harmless and may be done again: an index is made, or was there. What is known from an earlier
//! push asks nobody. Whatever the hook cannot do is done by CI's `ensure`.

use crate::devpi::{self, Session};
use crate::index;
use crate::index::branch_index::{self, IndexMap, IndexOrigin, NewBranch};
use crate::index::known::IndexCache;
use crate::index::own_commits::with_own_commits;
use crate::index::{deleted_branches, upkeep};
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::ops::Error;
use crate::settings::OnError;
use crate::workspace::hook_backoff;
use crate::workspace::hook_session::{self, HookSession, SkipReason};
use crate::workspace::{self, Workspace};

/// What git tells a pre-push hook (githooks(5)).
#[derive(Debug)]
pub struct PrePushRequest<'a> {
    /// The remote's name; its URL where the push names no remote.
    pub remote: &'a str,
    /// The URL that is pushed to.
    pub url: &'a str,
    /// What is pushed.
    pub updates: &'a [RefUpdate],
}

/// An index that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The branch.
    pub branch: BranchName,
    /// Its new index.
    pub index: IndexName,
}

/// A branch that a push creates or moves.
#[derive(Debug, Clone)]
struct Pushed {
    branch: BranchName,
    tip: CommitId,
    change: RefChange,
    own_commits: bool,
}

/// Sees to it that the pushed branches have indexes; gives those that were made. Nothing to do, no way in and a backoff are no
/// failures; where `on-error` is `block`, no way in is one and backoffs do not count.
pub fn pre_push(workspace: &Workspace<'_>, request: &PrePushRequest<'_>) -> Result<Vec<Made>, Error> {
    if workspace.settings.server()?.is_none() || workspace.settings.user()?.is_none() {
        return Ok(Vec::new());
    }
    let Some(remote) = workspace.remote()?.map(|remote| remote.value) else { return Ok(Vec::new()) };
    if !is_for(workspace, request, &remote)? {
        return Ok(Vec::new());
    }
    let mut cache = IndexCache::read(workspace)?;
    note_deletions(workspace, request.updates, &mut cache)?;
    let unknown = unknown_branches(workspace, request.updates, &remote, &cache)?;
    let made = if unknown.is_empty() { Ok(Vec::new()) } else { see_to(workspace, &unknown, &mut cache) };
    cache.save();
    made
}

/// Whether a push goes to the remote whose branches have indexes: by its name, or by its URL.
fn is_for(workspace: &Workspace<'_>, request: &PrePushRequest<'_>, remote: &str) -> Result<bool, Error> {
    if request.remote == remote {
        return Ok(true);
    }
    let repository = workspace.repository()?;
    let mut urls = repository.remote_push_urls(remote)?;
    urls.extend(repository.remote_url(remote)?);
    let plain = |url: &str| {
        let url = url.trim_end_matches('/');
        url.strip_suffix(".git").unwrap_or(url).to_owned()
    };
    Ok(urls.iter().any(|url| plain(url) == plain(request.url)))
}

fn note_deletions(workspace: &Workspace<'_>, updates: &[RefUpdate], cache: &mut IndexCache) -> Result<(), Error> {
    let deleted = updates.iter().filter(|update| update.change() == RefChange::Delete);
    let branches: Vec<BranchName> = deleted.filter_map(RefUpdate::branch).collect();
    branches.iter().for_each(|branch| cache.forget(branch));
    Ok(deleted_branches::record(workspace.repository()?, &branches)?)
}

/// The branches new_branch which the server has to be asked, or told.
fn unknown_branches(
    workspace: &Workspace<'_>,
    updates: &[RefUpdate],
    remote: &str,
    cache: &IndexCache,
) -> Result<Vec<Pushed>, Error> {
    let mut pushed = Vec::new();
    for update in updates.iter().filter(|update| update.change() != RefChange::Delete) {
        let Some(branch) = update.branch() else { continue };
        if workspace.ignoring_pattern(&branch)?.is_some() {
            continue;
        }
        pushed.push(Pushed { branch, tip: update.local_oid.clone(), change: update.change(), own_commits: false });
    }
    // All of the push counts for what is a branch's own, and only those that may have news are looked at.
    let tips: Vec<_> = pushed.iter().map(|one| (one.branch.clone(), one.tip.clone())).collect();
    let mut unsettled = Vec::new();
    for one in pushed {
        // A release branch is protected as it is: whether it has commits of its own is nobody's question.
        let is_known_release = is_known(&one, cache) && workspace.is_release_branch(&one.branch).unwrap_or(false);
        if !is_known_release && !is_settled(&one, cache) {
            unsettled.push(one);
        }
    }
    let mut pushed = unsettled;
    if pushed.is_empty() {
        return Ok(pushed);
    }
    let own = with_own_commits(workspace, remote, &tips)?;
    for one in &mut pushed {
        one.own_commits = own.get(&one.branch).copied().unwrap_or(false);
    }
    // An index that is known is only news when the branch has got its first own commits.
    pushed.retain(|one| one.change == RefChange::Create || cache.get(&one.branch).is_none() || one.own_commits);
    Ok(pushed)
}

fn is_known(one: &Pushed, cache: &IndexCache) -> bool {
    one.change == RefChange::Update && cache.get(&one.branch).is_some()
}

fn is_settled(one: &Pushed, cache: &IndexCache) -> bool {
    is_known(one, cache) && cache.get(&one.branch).is_some_and(|known| known.own_commits)
}

fn see_to(workspace: &Workspace<'_>, unknown: &[Pushed], cache: &mut IndexCache) -> Result<Vec<Made>, Error> {
    let blocks = workspace.settings.on_error()? == OnError::Block;
    let plan = hook_session::plan_session(workspace)?;
    let account = plan.account(workspace)?;
    let backoff = account.as_ref().map(|account| hook_backoff::current(workspace, account)).transpose()?.flatten();
    if backoff.is_some() && !blocks {
        return Ok(Vec::new());
    }
    let result = plan.open(workspace).map_err(Error::from).and_then(|access| match access {
        HookSession::Open(session) => make_again((workspace, session), unknown, cache),
        HookSession::Skipped(reason) => nothing(reason, blocks),
    });
    let Some(account) = account else { return result };
    match &result {
        Ok(_) => hook_backoff::end(workspace, &account),
        Err(Error::Workspace(error)) => hook_backoff::begin_after(workspace, &account, error),
        Err(_) => {}
    }
    result
}

/// A log-in that has run out is said once; no log-in at all, or somebody else's, is nobody's fault.
fn nothing(reason: SkipReason, blocks: bool) -> Result<Vec<Made>, Error> {
    let is_to_be_said = blocks || matches!(reason, SkipReason::LoginExpired { .. });
    match reason.into_error() {
        Some(error) if is_to_be_said => Err(error.into()),
        _ => Ok(Vec::new()),
    }
}

/// Makes the indexes; once more with a new token where the server does not know the old one any more.
fn make_again(
    (workspace, session): (&Workspace<'_>, Session),
    unknown: &[Pushed],
    cache: &mut IndexCache,
) -> Result<Vec<Made>, Error> {
    let mut made = Vec::new();
    match make((workspace, &session), unknown, cache, &mut made) {
        Err(Error::Workspace(workspace::Error::Devpi(devpi::Error::TokenExpired { login }))) => {
            let HookSession::Open(renewed) = hook_session::reopen(workspace, &session)? else {
                return Err(devpi::Error::TokenExpired { login }.into());
            };
            make((workspace, &renewed), unknown, cache, &mut made)?;
        }
        other => other?,
    }
    Ok(made)
}

/// One request for all indexes of the owner, and one for each that is missing. A branch that can have none does not keep the others
/// from theirs.
fn make(
    (workspace, session): (&Workspace<'_>, &Session),
    unknown: &[Pushed],
    cache: &mut IndexCache,
    made: &mut Vec<Made>,
) -> Result<(), Error> {
    let mut indexes = branch_index::indexes_of(session, &workspace.owner()?)?;
    let mut without = Ok(());
    for one in unknown {
        match make_one((workspace, session), &mut indexes, one, cache) {
            Ok(new) => made.extend(new),
            Err(error @ Error::Index(index::Error::IndexNamesTaken { .. })) => without = without.and(Err(error)),
            Err(error) => return Err(error),
        }
    }
    without
}

fn make_one(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    one: &Pushed,
    cache: &mut IndexCache,
) -> Result<Option<Made>, Error> {
    let query = workspace.branch_index_query(&one.branch)?;
    let new_branch = NewBranch { own_commits: one.own_commits };
    let (mut index, mut origin) = branch_index::ensure_among((workspace, session), indexes, &query, new_branch)?;
    match upkeep::update(session, &mut index, one.own_commits) {
        // It was being deleted, and has gone since it was listed.
        Err(index::Error::Workspace(workspace::Error::Devpi(devpi::Error::NotFound { .. }))) => {
            *indexes = branch_index::indexes_of(session, &query.owner)?;
            (index, origin) = branch_index::ensure_among((workspace, session), indexes, &query, new_branch)?;
        }
        other => other?,
    }
    cache.insert(&one.branch, &index);
    Ok((origin == IndexOrigin::Created).then_some(Made { branch: one.branch.clone(), index: index.name }))
}
