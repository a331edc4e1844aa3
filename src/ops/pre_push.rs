//! `hook pre-push`: makes sure that every branch that a push creates or updates has an index.
//!
//! git keeps its connection to the remote open during this hook, and does not tell whether the push will succeed or is a dry
//! run. So the hook only does what is harmless and repeatable: it creates missing indexes. For branches that are known from
//! earlier pushes it makes no request. CI's `ensure` does what the hook cannot.

use crate::devpi::{self, Session};
use crate::index;
use crate::index::branch_index::{self, IndexMap, IndexOrigin, NewBranch};
use crate::index::known::IndexCache;
use crate::index::own_commits::with_own_commits;
use crate::index::upkeep::Update;
use crate::index::{deleted_branches, upkeep};
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::model::remote_url::RemoteHash;
use crate::ops::Error;
use crate::settings::{Key, OnError};
use crate::workspace::hook_session::{self, HookSession, SessionPlan, SkipReason};
use crate::workspace::{self, Workspace, hook_backoff, skipped_branches};

/// The input of a pre-push hook (githooks(5)).
#[derive(Debug)]
pub struct PrePushRequest<'a> {
    /// The remote's name; its URL if the push names no remote.
    pub remote: &'a str,
    /// The URL that is pushed to.
    pub url: &'a str,
    /// The pushed refs.
    pub updates: &'a [RefUpdate],
}

/// The result of the hook.
#[derive(Debug, Default)]
pub struct PrePushOutcome {
    /// The created indexes.
    pub created: Vec<CreatedIndex>,
    /// The branches that got no index for want of a login; set once for each branch.
    pub skipped: Option<SkippedBranches>,
}

/// Branches that got no index.
#[derive(Debug)]
pub struct SkippedBranches {
    /// The branches; at least one.
    pub branches: Vec<BranchName>,
    /// The reason.
    pub reason: SkipReason,
}

/// A created index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedIndex {
    /// The branch.
    pub branch: BranchName,
    /// Its index.
    pub index: IndexName,
}

/// A branch that a push creates or updates.
#[derive(Debug, Clone)]
struct PushedBranch {
    branch: BranchName,
    tip: CommitId,
    change: RefChange,
    own_commits: bool,
    remote: Option<RemoteHash>,
}

/// Creates the missing indexes of the pushed branches.
///
/// A hook without work, without a session, or in a backoff succeeds. With `on-error=block` a missing session is an error, and
/// backoffs do not count.
pub fn pre_push(workspace: &Workspace<'_>, request: &PrePushRequest<'_>) -> Result<PrePushOutcome, Error> {
    if workspace.settings.server()?.is_none() || workspace.settings.user()?.is_none() {
        return Ok(PrePushOutcome::default());
    }
    let Some(remote) = workspace.remote()?.map(|remote| remote.value) else { return Ok(PrePushOutcome::default()) };
    if !is_index_remote(workspace, request, &remote)? {
        return Ok(PrePushOutcome::default());
    }
    let mut cache = IndexCache::read(workspace)?;
    note_deletions(workspace, request.updates, &mut cache)?;
    let outcome = create_for_push(workspace, (request, &remote), &mut cache);
    cache.save();
    outcome
}

fn create_for_push(
    workspace: &Workspace<'_>,
    (request, remote): (&PrePushRequest<'_>, &str),
    cache: &mut IndexCache,
) -> Result<PrePushOutcome, Error> {
    let pushed = pushed_branches(workspace, request.updates)?;
    // All branches of the push count for what is a branch's own.
    let tips: Vec<_> = pushed.iter().map(|pushed| (pushed.branch.clone(), pushed.tip.clone())).collect();
    let mut unsettled = unsettled_branches(workspace, pushed, cache);
    if unsettled.is_empty() {
        return Ok(PrePushOutcome::default());
    }
    let plan = hook_session::plan_session(workspace)?;
    if let SessionPlan::Skip(reason) = plan {
        unsettled.retain(|pushed| !is_known(pushed, cache));
        return skip(workspace, &unsettled, reason);
    }
    let own = with_own_commits(workspace, remote, &tips)?;
    // The URL that is pushed to has the branch, whatever URL is fetched from.
    let remote = workspace.hash_of(request.url)?;
    for pushed in &mut unsettled {
        pushed.own_commits = own.get(&pushed.branch).copied().unwrap_or(false);
        pushed.remote.clone_from(&remote);
    }
    // A known index changes only when its branch gets its first own commits.
    unsettled.retain(|pushed| !is_known(pushed, cache) || pushed.own_commits);
    if unsettled.is_empty() {
        Ok(PrePushOutcome::default())
    } else {
        create_missing((workspace, plan), &unsettled, cache)
    }
}

/// Whether a push goes to the remote whose branches have indexes, by its name or by its URL.
fn is_index_remote(workspace: &Workspace<'_>, request: &PrePushRequest<'_>, remote: &str) -> Result<bool, Error> {
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
    if branches.is_empty() {
        return Ok(());
    }
    branches.iter().for_each(|branch| cache.forget(branch));
    skipped_branches::forget(workspace.repository()?, branches.iter())?;
    Ok(deleted_branches::record(workspace.repository()?, &branches)?)
}

/// Returns the created and updated branches, without those that get no index.
fn pushed_branches(workspace: &Workspace<'_>, updates: &[RefUpdate]) -> Result<Vec<PushedBranch>, Error> {
    let mut pushed = Vec::new();
    for update in updates.iter().filter(|update| update.change() != RefChange::Delete) {
        let Some(branch) = update.branch() else { continue };
        if workspace.ignoring_pattern(&branch)?.is_some() {
            continue;
        }
        pushed.push(PushedBranch {
            branch,
            tip: update.local_oid.clone(),
            change: update.change(),
            own_commits: false,
            remote: None,
        });
    }
    Ok(pushed)
}

/// Returns the branches whose index may be missing, or may change.
fn unsettled_branches(workspace: &Workspace<'_>, pushed: Vec<PushedBranch>, cache: &IndexCache) -> Vec<PushedBranch> {
    // A release branch is always protected, so its own commits do not matter.
    let is_known_release =
        |pushed: &PushedBranch| is_known(pushed, cache) && workspace.is_release_branch(&pushed.branch).unwrap_or(false);
    pushed.into_iter().filter(|pushed| !is_settled(pushed, cache) && !is_known_release(pushed)).collect()
}

fn is_known(pushed_branch: &PushedBranch, cache: &IndexCache) -> bool {
    pushed_branch.change == RefChange::Update && cache.get(&pushed_branch.branch).is_some()
}

fn is_settled(pushed_branch: &PushedBranch, cache: &IndexCache) -> bool {
    is_known(pushed_branch, cache) && cache.get(&pushed_branch.branch).is_some_and(|known| known.own_commits)
}

fn create_missing(
    (workspace, plan): (&Workspace<'_>, SessionPlan),
    unknown: &[PushedBranch],
    cache: &mut IndexCache,
) -> Result<PrePushOutcome, Error> {
    let blocks = workspace.settings.on_error()? == OnError::Block;
    let account = plan.account(workspace)?;
    let backoff = account.as_ref().map(|account| hook_backoff::current(workspace, account)).transpose()?.flatten();
    if backoff.is_some() && !blocks {
        return Ok(PrePushOutcome::default());
    }
    let result = match plan.open(workspace) {
        Ok(HookSession::Open(session)) => create_with_renewal((workspace, session), unknown, cache),
        Ok(HookSession::Skipped(reason)) => skip(workspace, unknown, reason),
        Err(error) => Err(error.into()),
    };
    let Some(account) = account else { return result };
    match &result {
        Ok(outcome) if outcome.skipped.is_none() => hook_backoff::end(workspace, &account),
        Err(Error::Workspace(error)) => hook_backoff::begin_after(workspace, &account, error),
        Ok(_) | Err(_) => {}
    }
    result
}

/// Reports branches that get no index for want of a login, each once. An expired login is an error, and with `on-error=block` a missing
/// one too.
fn skip(workspace: &Workspace<'_>, skipped: &[PushedBranch], reason: SkipReason) -> Result<PrePushOutcome, Error> {
    let blocks = workspace.settings.on_error()? == OnError::Block;
    if (blocks || matches!(reason, SkipReason::LoginExpired { .. }))
        && let Some(error) = reason.clone().into_error()
    {
        return Err(error.into());
    }
    let branches: Vec<BranchName> = skipped.iter().map(|pushed| pushed.branch.clone()).collect();
    if branches.is_empty() || workspace.settings.boolean(Key::HooksQuiet)? {
        return Ok(PrePushOutcome::default());
    }
    let branches = skipped_branches::take_unreported(workspace.repository()?, &branches, &reason.to_string());
    let skipped = (!branches.is_empty()).then_some(SkippedBranches { branches, reason });
    Ok(PrePushOutcome { skipped, ..PrePushOutcome::default() })
}

/// Creates the indexes. Renews an expired token once.
fn create_with_renewal(
    (workspace, session): (&Workspace<'_>, Session),
    unknown: &[PushedBranch],
    cache: &mut IndexCache,
) -> Result<PrePushOutcome, Error> {
    let mut created = Vec::new();
    match create_all((workspace, &session), unknown, cache, &mut created) {
        Err(Error::Workspace(workspace::Error::Devpi(devpi::Error::TokenExpired { login }))) => {
            let HookSession::Open(renewed) = hook_session::reopen(workspace, &session)? else {
                return Err(devpi::Error::TokenExpired { login }.into());
            };
            create_all((workspace, &renewed), unknown, cache, &mut created)?;
        }
        other => other?,
    }
    skipped_branches::forget(workspace.repository()?, unknown.iter().map(|pushed| &pushed.branch))?;
    Ok(PrePushOutcome { created, skipped: None })
}

/// One request for all indexes of the owner, and one for each missing index.
///
/// A branch without a free index name does not stop the others.
fn create_all(
    (workspace, session): (&Workspace<'_>, &Session),
    unknown: &[PushedBranch],
    cache: &mut IndexCache,
    created: &mut Vec<CreatedIndex>,
) -> Result<(), Error> {
    let mut indexes = branch_index::indexes_of(session, &workspace.owner()?)?;
    let mut name_conflict = Ok(());
    for pushed_branch in unknown {
        match create_one((workspace, session), &mut indexes, pushed_branch, cache) {
            Ok(new) => created.extend(new),
            Err(error @ Error::Index(index::Error::IndexNamesTaken { .. })) => {
                name_conflict = name_conflict.and(Err(error))
            }
            Err(error) => return Err(error),
        }
    }
    name_conflict
}

fn create_one(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    pushed_branch: &PushedBranch,
    cache: &mut IndexCache,
) -> Result<Option<CreatedIndex>, Error> {
    let query = workspace.branch_index_query(&pushed_branch.branch)?;
    let remote = pushed_branch.remote.clone();
    let new_branch = NewBranch { own_commits: pushed_branch.own_commits, remote };
    let (mut index, mut origin) = branch_index::ensure_among((workspace, session), indexes, &query, &new_branch)?;
    let remote = upkeep::addable_remote(workspace, indexes, pushed_branch.remote.clone())?;
    match upkeep::update(session, &mut index, &Update { own_commits: pushed_branch.own_commits, remote }) {
        // The index was being deleted, and is gone since it was listed.
        Err(index::Error::Workspace(workspace::Error::Devpi(devpi::Error::NotFound { .. }))) => {
            *indexes = branch_index::indexes_of(session, &query.owner)?;
            (index, origin) = branch_index::ensure_among((workspace, session), indexes, &query, &new_branch)?;
        }
        other => other?,
    }
    cache.insert(&pushed_branch.branch, &index);
    Ok((origin == IndexOrigin::Created)
        .then_some(CreatedIndex { branch: pushed_branch.branch.clone(), index: index.name }))
}
