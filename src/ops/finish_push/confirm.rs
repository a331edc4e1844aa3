//! Finds out whether a push succeeded.
//!
//! git updates the remote-tracking branches after the remote has accepted a push. Where they do not tell, the remote is asked.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::git::{LsRemote, Prompts, RemoteRefs};
use crate::model::names::BranchName;
use crate::ops::Error;
use crate::ops::unfinished_push::PushedRef;
use crate::system::ancestors;
use crate::workspace::Workspace;

/// How long a push may take.
const PUSH_LIMIT: Duration = Duration::from_secs(600);
/// How long a push may take whose process is not known.
const BLIND_LIMIT: Duration = Duration::from_secs(60);
/// The time limit of `git ls-remote`.
const REMOTE_LIMIT: Duration = Duration::from_secs(5);

/// The refs of a push by branch.
type Refs = BTreeMap<String, PushedRef>;

/// Waits for the end of the push, and returns the refs that it did not change on the remote.
///
/// The remote is asked at most once, and only about refs that no remote-tracking branch tells of.
pub(super) fn failed(workspace: &Workspace<'_>, refs: &Refs, pusher: Option<u32>) -> Result<Refs, Error> {
    let open = wait(workspace, refs, pusher)?;
    if open.values().all(|pushed| pushed.is_tracked) {
        return Ok(open);
    }
    let Some(remote) = workspace.remote()? else { return Ok(open) };
    let how = LsRemote { deadline: Some(REMOTE_LIMIT), prompts: Prompts::Denied };
    let Ok(listed) = workspace.repository()?.ls_remote(&remote.value, how) else { return Ok(open) };
    Ok(open.into_iter().filter(|(name, pushed)| pushed.is_tracked || !is_on_remote(&listed, name, pushed)).collect())
}

fn is_on_remote(listed: &RemoteRefs, name: &str, pushed: &PushedRef) -> bool {
    BranchName::parse(name).is_ok_and(|branch| listed.branches.get(&branch) == pushed.tip.as_ref())
}

/// Waits until the remote-tracking branches show that the push succeeded, or until it is over; returns the refs that they do not show.
fn wait(workspace: &Workspace<'_>, refs: &Refs, pusher: Option<u32>) -> Result<Refs, Error> {
    let end = Instant::now() + if pusher.is_some() { PUSH_LIMIT } else { BLIND_LIMIT };
    let mut pause = Duration::from_millis(10);
    loop {
        // Asked first: git updates the refs before it ends.
        let is_over = Instant::now() >= end || pusher.is_some_and(|pusher| !ancestors::is_running(pusher, "git"));
        let mut open = Refs::new();
        for (name, pushed) in refs {
            if !is_tracked_as_pushed(workspace, name, pushed)? {
                open.insert(name.clone(), pushed.clone());
            }
        }
        if open.is_empty() || is_over {
            return Ok(open);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

fn is_tracked_as_pushed(workspace: &Workspace<'_>, name: &str, pushed: &PushedRef) -> Result<bool, Error> {
    let (Ok(branch), Some(remote)) = (BranchName::parse(name), workspace.remote()?) else { return Ok(false) };
    let tip = workspace.repository()?.remote_branch_tip(&remote.value, &branch)?;
    Ok(tip == pushed.tip && (tip.is_some() || pushed.is_tracked))
}
