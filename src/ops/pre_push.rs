//! `hook pre-push`: every branch that a push creates or moves has an index afterwards.
//!
//! git waits for this hook with its connection to the remote open, and tells it neither whether the push will succeed nor whether it
//! is a dry run. So what is done here is harmless and may be done again: an index is made, or was there. What is known from an earlier
//! push asks nobody. Whatever the hook cannot do is done by CI's `ensure`.

use super::branch_index::{self, IndexMap, NewBranch, Origin};
use super::hook_access::{self, Access, Idle};
use super::index_cache::IndexCache;
use super::own_commits::with_own_commits;
use super::quiet_times::{self, Cause, Whose};
use super::{Error, Workbench, gone_branches, index_upkeep};
use crate::devpi::{self, Session};
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::settings::OnError;

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

/// Sees to it that the pushed branches have indexes; gives those that were made. Nothing to do, no way in and a quiet time are no
/// failures; where `on-error` is `block`, no way in is one and quiet times do not count.
pub fn pre_push(workbench: &Workbench<'_>, request: &PrePushRequest<'_>) -> Result<Vec<Made>, Error> {
    if workbench.settings.server()?.is_none() || workbench.settings.user()?.is_none() {
        return Ok(Vec::new());
    }
    let Some(remote) = workbench.remote()?.map(|remote| remote.value) else { return Ok(Vec::new()) };
    if !is_for(workbench, request, &remote)? {
        return Ok(Vec::new());
    }
    let mut cache = IndexCache::read(workbench)?;
    note_deletions(workbench, request.updates, &mut cache)?;
    let unknown = unknown_branches(workbench, request.updates, &remote, &cache)?;
    let made = if unknown.is_empty() { Ok(Vec::new()) } else { see_to(workbench, &unknown, &mut cache) };
    cache.save();
    made
}

/// Whether a push goes to the remote whose branches have indexes: by its name, or by its URL.
fn is_for(workbench: &Workbench<'_>, request: &PrePushRequest<'_>, remote: &str) -> Result<bool, Error> {
    if request.remote == remote {
        return Ok(true);
    }
    let repository = workbench.repository()?;
    let mut urls = repository.remote_push_urls(remote)?;
    urls.extend(repository.remote_url(remote)?);
    let plain = |url: &str| {
        let url = url.trim_end_matches('/');
        url.strip_suffix(".git").unwrap_or(url).to_owned()
    };
    Ok(urls.iter().any(|url| plain(url) == plain(request.url)))
}

fn note_deletions(workbench: &Workbench<'_>, updates: &[RefUpdate], cache: &mut IndexCache) -> Result<(), Error> {
    let deleted = updates.iter().filter(|update| update.change() == RefChange::Delete);
    let branches: Vec<BranchName> = deleted.filter_map(RefUpdate::branch).collect();
    branches.iter().for_each(|branch| cache.forget(branch));
    gone_branches::note(workbench.repository()?, &branches)
}

/// The branches about which the server has to be asked, or told.
fn unknown_branches(
    workbench: &Workbench<'_>,
    updates: &[RefUpdate],
    remote: &str,
    cache: &IndexCache,
) -> Result<Vec<Pushed>, Error> {
    let mut pushed = Vec::new();
    for update in updates.iter().filter(|update| update.change() != RefChange::Delete) {
        let Some(branch) = update.branch() else { continue };
        if workbench.ignoring_pattern(&branch)?.is_some() {
            continue;
        }
        pushed.push(Pushed { branch, tip: update.local_oid.clone(), change: update.change(), own_commits: false });
    }
    // All of the push counts for what is a branch's own, and only those that may have news are looked at.
    let tips: Vec<_> = pushed.iter().map(|one| (one.branch.clone(), one.tip.clone())).collect();
    let mut unsettled = Vec::new();
    for one in pushed {
        // A release branch is protected as it is: whether it has commits of its own is nobody's question.
        let is_known_release = is_known(&one, cache) && workbench.is_release_branch(&one.branch).unwrap_or(false);
        if !is_known_release && !is_settled(&one, cache) {
            unsettled.push(one);
        }
    }
    let mut pushed = unsettled;
    if pushed.is_empty() {
        return Ok(pushed);
    }
    let own = with_own_commits(workbench, remote, &tips)?;
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

fn see_to(workbench: &Workbench<'_>, unknown: &[Pushed], cache: &mut IndexCache) -> Result<Vec<Made>, Error> {
    let blocks = workbench.settings.on_error()? == OnError::Block;
    let prospect = hook_access::prospect(workbench)?;
    let whose = prospect.whose(workbench)?;
    let quiet = whose.as_ref().map(|whose| quiet_times::current(workbench, whose)).transpose()?.flatten();
    if quiet.is_some() && !blocks {
        return Ok(Vec::new());
    }
    let result = prospect.open(workbench).and_then(|access| match access {
        Access::Session(session) => make_again((workbench, session), unknown, cache),
        Access::Idle(idle) => nothing(idle, blocks),
    });
    let Some(whose) = whose else { return result };
    match &result {
        Ok(_) => quiet_times::end(workbench, &whose),
        Err(error) => begin_quiet_time(workbench, &whose, error),
    }
    result
}

/// A log-in that has run out is said once; no log-in at all, or somebody else's, is nobody's fault.
fn nothing(idle: Idle, blocks: bool) -> Result<Vec<Made>, Error> {
    let is_to_be_said = blocks || matches!(idle, Idle::RanOut { .. });
    match idle.into_error() {
        Some(error) if is_to_be_said => Err(error),
        _ => Ok(Vec::new()),
    }
}

fn begin_quiet_time(workbench: &Workbench<'_>, whose: &Whose, error: &Error) {
    if let Some(cause) = Cause::of(error) {
        quiet_times::begin(workbench, whose, cause);
    }
}

/// Makes the indexes; once more with a new token where the server does not know the old one any more.
fn make_again(
    (workbench, session): (&Workbench<'_>, Session),
    unknown: &[Pushed],
    cache: &mut IndexCache,
) -> Result<Vec<Made>, Error> {
    let mut made = Vec::new();
    match make((workbench, &session), unknown, cache, &mut made) {
        Err(Error::Devpi(devpi::Error::TokenExpired { login })) => {
            let Access::Session(renewed) = hook_access::open_again(workbench, &session)? else {
                return Err(devpi::Error::TokenExpired { login }.into());
            };
            make((workbench, &renewed), unknown, cache, &mut made)?;
        }
        other => other?,
    }
    Ok(made)
}

/// One request for all indexes of the owner, and one for each that is missing. A branch that can have none does not keep the others
/// from theirs.
fn make(
    (workbench, session): (&Workbench<'_>, &Session),
    unknown: &[Pushed],
    cache: &mut IndexCache,
    made: &mut Vec<Made>,
) -> Result<(), Error> {
    let mut indexes = branch_index::indexes_of(session, &workbench.owner()?)?;
    let mut without = Ok(());
    for one in unknown {
        match make_one((workbench, session), &mut indexes, one, cache) {
            Ok(new) => made.extend(new),
            Err(error @ Error::IndexNamesTaken { .. }) => without = without.and(Err(error)),
            Err(error) => return Err(error),
        }
    }
    without
}

fn make_one(
    (workbench, session): (&Workbench<'_>, &Session),
    indexes: &mut IndexMap,
    one: &Pushed,
    cache: &mut IndexCache,
) -> Result<Option<Made>, Error> {
    let wanted = workbench.wanted_index(&one.branch)?;
    let about = NewBranch { own_commits: one.own_commits };
    let (mut index, mut origin) = branch_index::ensure_among((workbench, session), indexes, &wanted, about)?;
    match index_upkeep::mend(session, &mut index, one.own_commits) {
        // It was being deleted, and has gone since it was listed.
        Err(Error::Devpi(devpi::Error::NotFound { .. })) => {
            *indexes = branch_index::indexes_of(session, &wanted.owner)?;
            (index, origin) = branch_index::ensure_among((workbench, session), indexes, &wanted, about)?;
        }
        other => other?,
    }
    cache.put(&one.branch, &index);
    Ok((origin == Origin::MadeNow).then_some(Made { branch: one.branch.clone(), index: index.name }))
}
