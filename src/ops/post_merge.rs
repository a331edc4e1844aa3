//! `hook post-merge` and `hook post-rewrite`: after a pull, merge or rebase on a release branch, deletes the indexes of merged and
//! deleted branches.

use crate::model::staleness::ClockDoubt;
use crate::ops::Error;
use crate::ops::clean_up::{CleanUpOutcome, EndingIndex, HOOK_TIME_LIMIT, clean_up};
use crate::workspace::reported::ReportList;
use crate::workspace::{self, Workspace};

/// Cleans up if HEAD is on a release branch. Otherwise makes no request.
pub fn post_merge(workspace: &Workspace<'_>) -> Result<CleanUpOutcome, Error> {
    if !is_on_release_branch(workspace)? {
        return Ok(CleanUpOutcome::default());
    }
    let mut done = clean_up(workspace, HOOK_TIME_LIMIT)?;
    if done.now.is_some() {
        keep_unreported(workspace, &mut done.ending)?;
        keep_unreported_doubt(workspace, &mut done.clock_doubt)?;
    }
    Ok(done)
}

/// Removes the indexes that were reported with the same time before.
fn keep_unreported(workspace: &Workspace<'_>, ending: &mut Vec<EndingIndex>) -> Result<(), Error> {
    let repository = workspace.repository()?;
    let names: Vec<String> = ending.iter().map(|ending| ending.index.to_string()).collect();
    let times = ending.iter().map(|ending| ending.until.to_string());
    let reports: Vec<(&str, String)> = names.iter().map(String::as_str).zip(times).collect();
    let new = ReportList::EndingIndexes.take_unreported(repository, &reports);
    ReportList::EndingIndexes.forget(repository, |known| !names.iter().any(|name| name == known))?;
    ending.retain(|ending| new.contains(&ending.index.to_string().as_str()));
    Ok(())
}

/// Removes a doubt about the server's clock that was reported before, and not dispelled since.
fn keep_unreported_doubt(workspace: &Workspace<'_>, doubt: &mut Option<ClockDoubt>) -> Result<(), Error> {
    let (repository, server) = (workspace.repository()?, workspace.server_url()?.value.to_string());
    if doubt.is_none() {
        ReportList::DoubtedClocks.forget(repository, |known| known == server)?;
    } else if ReportList::DoubtedClocks.take_unreported(repository, &[(&server, String::new())]).is_empty() {
        *doubt = None;
    }
    Ok(())
}

fn is_on_release_branch(workspace: &Workspace<'_>) -> Result<bool, Error> {
    let Some(branch) = workspace.repository()?.head()?.branch else { return Ok(false) };
    match workspace.is_release_branch(&branch) {
        Err(workspace::Error::NoReleaseBranches) => Ok(false),
        other => Ok(other?),
    }
}
