//! Whether pushed branches have commits of their own, according to the release branches that this
//! clone knows.
//!
//! A branch without own commits looks merged. So the record says "own commits" only if that is certain. If the release branches
//! are unknown, or the history is shallow, the answer is no, and a later push can change it.

use std::collections::BTreeMap;

use crate::git::Containment;
use crate::index::Error;
use crate::model::names::{BranchName, CommitId};
use crate::workspace::{self, Workspace};

/// A branch of a push, and its new commit on the remote.
pub type Tip = (BranchName, CommitId);

/// Returns for each pushed branch whether it certainly has commits that no other release branch of
/// `remote` has.
///
/// The release branches count as they will be after this push. One walk for all branches that are not release branches.
pub fn with_own_commits(
    workspace: &Workspace<'_>,
    remote: &str,
    pushed: &[Tip],
) -> Result<BTreeMap<BranchName, bool>, Error> {
    let releases = release_tips(workspace, remote, pushed)?;
    let mut answers = BTreeMap::new();
    let (release, others): (Vec<&Tip>, Vec<&Tip>) =
        pushed.iter().partition(|(branch, _)| releases.contains_key(branch));
    answers.extend(compare(workspace, &others, &releases)?);
    for tip in release {
        let mut rest = releases.clone();
        rest.remove(&tip.0);
        answers.extend(compare(workspace, &[tip], &rest)?);
    }
    Ok(answers)
}

fn compare(
    workspace: &Workspace<'_>,
    pushed: &[&Tip],
    releases: &BTreeMap<BranchName, CommitId>,
) -> Result<Vec<(BranchName, bool)>, Error> {
    if pushed.is_empty() || releases.is_empty() {
        return Ok(pushed.iter().map(|(branch, _)| (branch.clone(), false)).collect());
    }
    let candidates: Vec<CommitId> = pushed.iter().map(|(_, tip)| tip.clone()).collect();
    let tips: Vec<CommitId> = releases.values().cloned().collect();
    let contained = workspace.repository()?.contained_in(&candidates, &tips)?;
    let own = |tip: &CommitId| contained.get(tip) == Some(&Containment::No);
    Ok(pushed.iter().map(|(branch, tip)| (branch.clone(), own(tip))).collect())
}

/// Returns the tips of the release branches in this clone; those of this push with their new tips.
///
/// Empty if no setting names the release branches.
fn release_tips(
    workspace: &Workspace<'_>,
    remote: &str,
    pushed: &[Tip],
) -> Result<BTreeMap<BranchName, CommitId>, Error> {
    let patterns = match workspace.release_branches() {
        Ok(patterns) => patterns.value,
        Err(workspace::Error::NoReleaseBranches) => return Ok(BTreeMap::new()),
        Err(other) => return Err(other.into()),
    };
    let repository = workspace.repository()?;
    let literals: Option<Vec<BranchName>> = patterns.iter().map(|pattern| pattern.literal()).collect();
    let mut tips = BTreeMap::new();
    match literals {
        // A clone may have thousands of remote branches, and usually one is needed.
        Some(names) => {
            for name in names {
                if let Some(tip) = repository.remote_branch_tip(remote, &name)? {
                    tips.insert(name, tip);
                }
            }
        }
        None => tips.extend(repository.remote_tracking_branches(remote)?),
    }
    tips.extend(pushed.iter().cloned());
    tips.retain(|branch, _| patterns.iter().any(|pattern| pattern.matches(branch)));
    Ok(tips)
}
