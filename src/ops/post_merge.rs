//! `hook post-merge` and `hook post-rewrite`: after a pull, merge or rebase on a release branch, deletes the indexes of merged and
//! deleted branches.

use crate::ops::Error;
use crate::ops::clean_up::{CleanUpOutcome, HOOK_TIME_LIMIT, clean_up};
use crate::workspace::{self, Workspace};

/// Cleans up if HEAD is on a release branch. Otherwise makes no request.
pub fn post_merge(workspace: &Workspace<'_>) -> Result<CleanUpOutcome, Error> {
    if is_on_release_branch(workspace)? { clean_up(workspace, HOOK_TIME_LIMIT) } else { Ok(CleanUpOutcome::default()) }
}

fn is_on_release_branch(workspace: &Workspace<'_>) -> Result<bool, Error> {
    let Some(branch) = workspace.repository()?.head()?.branch else { return Ok(false) };
    match workspace.is_release_branch(&branch) {
        Err(workspace::Error::NoReleaseBranches) => Ok(false),
        other => Ok(other?),
    }
}
