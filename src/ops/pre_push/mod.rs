//! `hook pre-push`: makes sure that every branch that a push creates or updates has an index.
//!
//! git keeps its connection to the remote open during this hook, and does not tell whether the push will succeed or is a dry
//! run. So the hook only does what is harmless and repeatable: it creates missing indexes. For branches that are known from
//! earlier pushes it makes no request. CI's `ensure` does what the hook cannot.

mod create;
mod pushed;

use std::time::Duration;

use crate::index::deleted_branches;
use crate::index::known::IndexCache;
use crate::model::names::BranchName;
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::ops::Error;
use crate::ops::finish_push::{Pushed, note_and_start};
use crate::settings::{Key, OnError};
use crate::workspace::hook_session::{self, HookSession, SessionPlan, SkipReason};
use crate::workspace::reported::ReportList;
use crate::workspace::{Workspace, hook_backoff};

pub use create::CreatedIndex;
use create::create;
use pushed::{PushedBranch, PushedBranches};

/// The input of a pre-push hook (githooks(5)).
#[derive(Debug)]
pub struct PrePushRequest<'a> {
    /// The remote's name; its URL if the push names no remote.
    pub remote: &'a str,
    /// The URL that is pushed to.
    pub url: &'a str,
    /// The pushed refs.
    pub updates: &'a [RefUpdate],
    /// The total time limit of the requests.
    pub time_limit: Duration,
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
    let outcome = create_for_push(workspace, (request, &remote), &mut cache);
    if outcome.is_ok() {
        let is_by_name = request.remote == remote;
        let pushed = Pushed { remote: &remote, is_by_name, updates: request.updates };
        // A finisher that cannot be started is replaced by the next hook.
        let _ = note_and_start(workspace, pushed, &mut cache);
    }
    cache.save();
    outcome
}

/// Creates the missing indexes of branches that others pushed to `remote`, the bare repository itself.
pub fn create_received(
    workspace: &Workspace<'_>,
    request: &PrePushRequest<'_>,
    remote: &str,
) -> Result<PrePushOutcome, Error> {
    let mut cache = IndexCache::read(workspace)?;
    let outcome = create_for_push(workspace, (request, remote), &mut cache);
    cache.save();
    outcome
}

fn create_for_push(
    workspace: &Workspace<'_>,
    (request, remote): (&PrePushRequest<'_>, &str),
    cache: &mut IndexCache,
) -> Result<PrePushOutcome, Error> {
    note_deletions(workspace, request.updates, cache)?;
    let pushed = pushed::branches(workspace, request.updates, remote)?;
    pushed.forget_ended(cache);
    let outcome = create_unknown(workspace, (request, &pushed), cache);
    pushed.note(cache);
    outcome
}

fn create_unknown(
    workspace: &Workspace<'_>,
    (request, pushed): (&PrePushRequest<'_>, &PushedBranches<'_>),
    cache: &mut IndexCache,
) -> Result<PrePushOutcome, Error> {
    let mut unsettled = pushed.unsettled(workspace, cache)?;
    if unsettled.is_empty() {
        return Ok(PrePushOutcome::default());
    }
    let plan = hook_session::plan_session(workspace)?;
    if let SessionPlan::Skip(reason) = plan {
        unsettled.retain(|pushed| cache.get(&pushed.branch).is_none());
        return skip(workspace, &unsettled, reason);
    }
    // The URL that is pushed to has the branch, whatever URL is fetched from.
    let remote = workspace.hash_of(request.url)?;
    unsettled.iter_mut().for_each(|pushed| pushed.remote.clone_from(&remote));
    let unknown = pushed.unknown(workspace, unsettled, cache)?;
    if unknown.is_empty() {
        return Ok(PrePushOutcome::default());
    }
    create_missing((workspace, plan, request.time_limit), &unknown, cache)
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
    let is_deleted = |name: &str| branches.iter().any(|branch| branch.as_str() == name);
    ReportList::SkippedBranches.forget(workspace.repository()?, is_deleted)?;
    Ok(deleted_branches::record(workspace.repository()?, &branches)?)
}

fn create_missing(
    (workspace, plan, time_limit): (&Workspace<'_>, SessionPlan, Duration),
    unknown: &[PushedBranch],
    cache: &mut IndexCache,
) -> Result<PrePushOutcome, Error> {
    let blocks = workspace.settings.on_error()? == OnError::Block;
    let account = plan.account(workspace)?;
    let backoff = account.as_ref().map(|account| hook_backoff::current(workspace, account)).transpose()?.flatten();
    if backoff.is_some() && !blocks {
        return Ok(PrePushOutcome::default());
    }
    let result = match plan.open_within(workspace, time_limit) {
        Ok(HookSession::Open(session)) => {
            create((workspace, &session), unknown, cache).map(|created| PrePushOutcome { created, skipped: None })
        }
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
    let branches = skipped.iter().map(|pushed| pushed.branch.clone()).collect();
    Ok(PrePushOutcome { skipped: unreported(workspace, branches, reason)?, ..PrePushOutcome::default() })
}

/// Returns those of `branches` that were not reported for this reason before, unless `hooks.quiet` is set.
pub(in crate::ops) fn unreported(
    workspace: &Workspace<'_>,
    mut branches: Vec<BranchName>,
    reason: SkipReason,
) -> Result<Option<SkippedBranches>, Error> {
    if branches.is_empty() || workspace.settings.boolean(Key::HooksQuiet)? {
        return Ok(None);
    }
    let names: Vec<String> = branches.iter().map(ToString::to_string).collect();
    let reports: Vec<(&str, String)> = names.iter().map(|name| (name.as_str(), reason.to_string())).collect();
    let new = ReportList::SkippedBranches.take_unreported(workspace.repository()?, &reports);
    branches.retain(|branch| new.contains(&branch.as_str()));
    Ok((!branches.is_empty()).then_some(SkippedBranches { branches, reason }))
}
