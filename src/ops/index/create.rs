//! `index create`.

use crate::index::bases;
use crate::index::branch_index::{self, BranchIndex, IndexOrigin, NewBranch};
use crate::index::known::IndexCache;
use crate::index::own_commits;
use crate::index::permissions;
use crate::index::upkeep::{self, Update};
use crate::ops::Error;
use crate::workspace::{Branch, Workspace};

/// Returns the branch's index; creates it if it does not exist.
pub fn create(workspace: &Workspace<'_>) -> Result<(BranchIndex, IndexOrigin), Error> {
    let branch = workspace.branch()?;
    if let Some(pattern) = workspace.ignoring_pattern(&branch.name)? {
        return Err(Error::IgnoredBranch { branch: branch.name, pattern });
    }
    let own_commits = has_own_commits(workspace, &branch)?;
    let session = workspace.session()?;
    let query = workspace.branch_index_query(&branch.name)?;
    let new_branch = NewBranch { own_commits, remote: workspace.remote_hash()? };
    let mut indexes = branch_index::indexes_of(session, &query.owner)?;
    let (mut index, origin) = branch_index::ensure_among((workspace, session), &mut indexes, &query, &new_branch)?;
    let rights = permissions::rights(workspace, indexes.values())?;
    let bases = bases::changed((workspace, session), &indexes, (&query.branch, &index.name, &index.config))?;
    upkeep::update(session, &mut index, &Update { own_commits, rights, bases, ..Update::default() })?;
    let mut cache = IndexCache::read(workspace)?;
    cache.insert(&branch.name, &index);
    cache.save();
    Ok((index, origin))
}

fn has_own_commits(workspace: &Workspace<'_>, branch: &Branch) -> Result<bool, Error> {
    let Some(remote) = workspace.remote()?.map(|remote| remote.value) else { return Ok(false) };
    let repository = workspace.repository()?;
    let here = repository.head()?;
    let tip = match here.branch.as_ref() == Some(&branch.name) {
        true => here.commit,
        false => repository.remote_branch_tip(&remote, &branch.name)?,
    };
    let Some(tip) = tip else { return Ok(false) };
    Ok(own_commits::has_own_commits(workspace, &remote, (branch.name.clone(), tip))?)
}
