//! What this clone knows of the branch that is built.

use crate::build::version::BuildVersion;
use crate::index::branch_index::NewBranch;
use crate::index::own_commits::has_own_commits;
use crate::model::names::BranchName;
use crate::ops::Error;
use crate::workspace::{Branch, Workspace};

/// Returns what the record of a new index says about the branch.
pub(super) fn new_branch(workspace: &Workspace<'_>, branch: &Branch, build: &BuildVersion) -> Result<NewBranch, Error> {
    Ok(NewBranch { own_commits: own_commits(workspace, &branch.name, build)?, remote: workspace.remote_hash()? })
}

/// Whether the branch certainly has commits of its own, as far as this clone knows.
pub(super) fn own_commits(workspace: &Workspace<'_>, branch: &BranchName, build: &BuildVersion) -> Result<bool, Error> {
    let Some(remote) = workspace.remote()? else { return Ok(false) };
    let tip = (branch.clone(), build.commit.clone());
    Ok(has_own_commits(workspace, &remote.value, tip)?)
}
