//! pre-push's part: notes what the push does, and starts the finisher.

use crate::index::known::IndexCache;
use crate::model::names::BranchName;
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::ops::Error;
use crate::ops::unfinished_push::{PushedRef, UnfinishedPush};
use crate::system::directories::current_exe;
use crate::system::process::Tool;
use crate::system::{ancestors, clock};
use crate::workspace::hook_session::plan_session;
use crate::workspace::{Workspace, hook_backoff};

/// The refs of a push to the remote whose branches have indexes.
#[derive(Debug, Clone, Copy)]
pub struct Pushed<'a> {
    /// The remote's name.
    pub remote: &'a str,
    /// Whether the push names the remote. git does not update the remote-tracking branches of a URL.
    pub is_by_name: bool,
    /// The refs.
    pub updates: &'a [RefUpdate],
}

/// Notes the moved release branches and the deleted branches of a push, and starts the finisher if there is something to do.
///
/// Branches that `fetch --prune` found deleted since the last push count too. In CI, and for a user who may not delete indexes, it does
/// nothing. Makes no request.
pub fn note_and_start(workspace: &Workspace<'_>, pushed: Pushed<'_>, cache: &mut IndexCache) -> Result<(), Error> {
    if workspace.ci().is_some() {
        return Ok(());
    }
    let repository = workspace.repository()?;
    let before = UnfinishedPush::read(repository);
    let mut notes = before.clone();
    note_updates(workspace, pushed, &mut notes)?;
    note_pruned(workspace, pushed, (cache, &mut notes))?;
    if notes.refs.is_empty() && notes.again_after.is_none() {
        return Ok(());
    }
    let plan = plan_session(workspace)?;
    let Some(account) = plan.account(workspace)? else { return Ok(()) };
    if notes != before {
        notes.write(repository)?;
    }
    if notes.is_due(clock::now()) && hook_backoff::current(workspace, &account)?.is_none() {
        start(workspace)?;
    }
    Ok(())
}

fn note_updates(workspace: &Workspace<'_>, pushed: Pushed<'_>, notes: &mut UnfinishedPush) -> Result<(), Error> {
    for update in pushed.updates {
        let Some(branch) = update.branch() else { continue };
        let is_deletion = update.change() == RefChange::Delete;
        if is_deletion || workspace.is_release_branch(&branch).unwrap_or(false) {
            let is_tracked =
                pushed.is_by_name && workspace.repository()?.remote_branch_tip(pushed.remote, &branch)?.is_some();
            let tip = (!is_deletion).then(|| update.local_oid.clone());
            notes.add(&branch, PushedRef { tip, is_tracked });
        } else {
            // A deletion that was noted is not the last word.
            notes.refs.remove(branch.as_str());
        }
    }
    Ok(())
}

/// Notes the known branches without a remote-tracking branch: they were pruned, or their push failed.
fn note_pruned(
    workspace: &Workspace<'_>,
    pushed: Pushed<'_>,
    (cache, notes): (&mut IndexCache, &mut UnfinishedPush),
) -> Result<(), Error> {
    let repository = workspace.repository()?;
    // Otherwise a missing remote-tracking branch says nothing.
    if !repository.tracks_every_branch(pushed.remote)? {
        return Ok(());
    }
    let is_pushed = |branch: &BranchName| pushed.updates.iter().any(|update| update.branch().as_ref() == Some(branch));
    for branch in cache.branches().into_iter().filter(|branch| !is_pushed(branch)) {
        if repository.remote_branch_tip(pushed.remote, &branch)?.is_none() {
            cache.forget(&branch);
            notes.add(&branch, PushedRef { tip: None, is_tracked: true });
        }
    }
    Ok(())
}

/// Starts the finisher without waiting for it.
fn start(workspace: &Workspace<'_>) -> Result<(), Error> {
    let mut tool = Tool::new(current_exe()?).args(["hook", "finish-push"]).current_dir(workspace.start());
    if let Some(pusher) = ancestors::nearest("git") {
        tool = tool.args(["--pusher", &pusher.to_string()]);
    }
    Ok(tool.detach()?)
}
