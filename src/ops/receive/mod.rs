//! `hook post-receive` of a bare repository: creates and deletes indexes by what a push really changed.
//!
//! The pusher waits for the hook, so it only stores git's input and starts a background process. That one works on all stored inputs, one
//! at a time for a repository, with time limits. It is quiet. What it does not do, because it died or the server was down, the one of
//! the next push does.

mod inbox;

use std::time::Duration;

use crate::model::names::BranchName;
use crate::model::ref_update::{RefChange, RefUpdate, parse_post_receive};
use crate::ops::Error;
use crate::ops::clean_up::clean_up;
use crate::ops::pre_push::{PrePushRequest, SkippedBranches, create_received, unreported};
use crate::ops::receive::inbox::Inbox;
use crate::system::directories::current_exe;
use crate::system::files::FileLock;
use crate::system::process::Tool;
use crate::workspace::hook_session::{SessionPlan, plan_session};
use crate::workspace::{Workspace, hook_backoff};

const LOCK: &str = "finish-receive.lock";
/// The time limit for the creation of indexes, and for the clean-up.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// The number of times that one process looks for further inputs.
const MAX_ROUNDS: usize = 10;

/// Stores git's input for the background process, and starts it. Makes no request.
///
/// Returns the branches that get no index because the user of the git server cannot create it, each once.
pub fn receive(workspace: &Workspace<'_>, input: &[u8]) -> Result<Option<SkippedBranches>, Error> {
    let updates = parse_post_receive(input);
    let branches: Vec<BranchName> = updates.iter().filter_map(RefUpdate::branch).collect();
    if branches.is_empty() || workspace.settings.server()?.is_none() || workspace.settings.user()?.is_none() {
        return Ok(None);
    }
    if let SessionPlan::Skip(reason) = plan_session(workspace)? {
        let is_kept = |update: &&RefUpdate| update.change() != RefChange::Delete;
        let branches = updates.iter().filter(is_kept).filter_map(RefUpdate::branch).collect();
        return unreported(workspace, branches, reason);
    }
    Inbox::of(workspace.repository()?).put(input)?;
    let tool = Tool::new(current_exe()?).args(["hook", "finish-receive"]).current_dir(workspace.start());
    tool.detach()?;
    Ok(None)
}

/// Creates the indexes of the branches that exist, and deletes those of branches that are gone or merged.
///
/// Does nothing while another such process runs in the repository: that one sees the stored inputs.
pub fn finish_receive(workspace: &Workspace<'_>) -> Result<(), Error> {
    let repository = workspace.repository()?;
    let inbox = Inbox::of(repository);
    for _ in 0..MAX_ROUNDS {
        // The inputs of a push that finds the lock taken are read after its release.
        let Some(_lock) = FileLock::try_acquire(&repository.state_path(LOCK))? else { return Ok(()) };
        let inputs = inbox.read()?;
        if inputs.is_empty() || is_in_backoff(workspace)? {
            return Ok(());
        }
        let updates = inbox::last_updates(inputs.iter().flat_map(|input| parse_post_receive(&input.bytes)));
        // A branch without a free index name, for example, does not stop the others or the next push.
        if create(workspace, &updates).is_err() && is_in_backoff(workspace)? {
            return Ok(());
        }
        let ends_branches = |update: &RefUpdate| {
            let is_release = |branch| workspace.is_release_branch(&branch).unwrap_or(false);
            update.change() == RefChange::Delete || update.branch().is_some_and(is_release)
        };
        if updates.iter().any(ends_branches) && !clean_up(workspace, TIME_LIMIT)?.is_complete() {
            return Ok(());
        }
        inbox.remove(&inputs)?;
    }
    Ok(())
}

fn is_in_backoff(workspace: &Workspace<'_>) -> Result<bool, Error> {
    match plan_session(workspace)?.account(workspace)? {
        Some(account) => Ok(hook_backoff::current(workspace, &account)?.is_some()),
        None => Ok(true),
    }
}

/// Creates the missing indexes of the branches that still exist.
fn create(workspace: &Workspace<'_>, updates: &[RefUpdate]) -> Result<(), Error> {
    let Some(remote) = workspace.remote()? else { return Ok(()) };
    let repository = workspace.repository()?;
    let mut existing = Vec::new();
    for update in updates {
        let Some(branch) = update.branch() else { continue };
        if update.change() == RefChange::Delete || repository.remote_branch_tip(&remote.value, &branch)?.is_some() {
            existing.push(update.clone());
        }
    }
    let url = repository.remote_url(&remote.value)?.unwrap_or_default();
    let request = PrePushRequest { remote: &remote.value, url: &url, updates: &existing, time_limit: TIME_LIMIT };
    create_received(workspace, &request, &remote.value).map(drop)
}
