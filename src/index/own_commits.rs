//! Whether pushed branches have commits of their own, according to the release branches that this
//! clone knows.
//!
//! A branch without own commits looks merged. So the record says "own commits" only if that is certain. If the release branches
//! are unknown, or the history is shallow, the answer is no, and a later push can change it.

use std::collections::BTreeMap;

use crate::git::Containment;
use crate::index::Error;
use crate::model::names::{BranchName, CommitId};
use crate::settings::Pattern;
use crate::workspace::{self, Workspace};

/// A branch of a push, and its new commit on the remote.
pub type Tip = (BranchName, CommitId);

/// Returns for each pushed branch whether its commits are contained in another release branch of `remote`; `No` for a branch that
/// certainly has commits of its own.
///
/// The release branches count as they will be after this push. One walk for all branches that are not release branches.
pub fn containment(
    workspace: &Workspace<'_>,
    remote: &str,
    pushed: &[Tip],
) -> Result<BTreeMap<BranchName, Containment>, Error> {
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

/// Whether `branch` with this tip certainly has commits of its own.
pub fn has_own_commits(workspace: &Workspace<'_>, remote: &str, (branch, tip): Tip) -> Result<bool, Error> {
    let answers = containment(workspace, remote, &[(branch.clone(), tip)])?;
    Ok(answers.get(&branch) == Some(&Containment::No))
}

/// Whether a push sets a branch back from `old` to `new`, which is contained in a release branch: its own commits are dropped, not merged.
pub fn is_reset(workspace: &Workspace<'_>, (old, new): (&CommitId, &CommitId)) -> Result<bool, Error> {
    let answers = workspace.repository()?.contained_in(std::slice::from_ref(old), std::slice::from_ref(new))?;
    Ok(answers.get(old) == Some(&Containment::No))
}

/// Whether `tip` is a commit of a release branch's own line, and not one that was merged into it: a branch there has no commits of its
/// own, whatever its record says. Cost: one history walk for each release branch that is named without wildcards.
pub fn is_on_release_line(workspace: &Workspace<'_>, remote: &str, tip: &CommitId) -> Result<bool, Error> {
    let tips = named_release_tips(workspace, remote, &[])?;
    Ok(workspace.repository()?.first_parents(&tips)?.contains(tip))
}

fn compare(
    workspace: &Workspace<'_>,
    pushed: &[&Tip],
    releases: &BTreeMap<BranchName, CommitId>,
) -> Result<Vec<(BranchName, Containment)>, Error> {
    if pushed.is_empty() || releases.is_empty() {
        return Ok(pushed.iter().map(|(branch, _)| (branch.clone(), Containment::Unknown)).collect());
    }
    let candidates: Vec<CommitId> = pushed.iter().map(|(_, tip)| tip.clone()).collect();
    let tips: Vec<CommitId> = releases.values().cloned().collect();
    let contained = workspace.repository()?.contained_in(&candidates, &tips)?;
    let of = |tip: &CommitId| contained.get(tip).copied().unwrap_or_default();
    Ok(pushed.iter().map(|(branch, tip)| (branch.clone(), of(tip))).collect())
}

/// The tips of the release branches that are named without wildcards, and of those in `pushed`. No walk, and one lookup for each name.
pub fn named_release_tips(workspace: &Workspace<'_>, remote: &str, pushed: &[Tip]) -> Result<Vec<CommitId>, Error> {
    let patterns = patterns(workspace)?;
    let is_release = |branch: &BranchName| patterns.iter().any(|pattern| pattern.matches(branch));
    let mut tips: Vec<CommitId> =
        pushed.iter().filter(|(branch, _)| is_release(branch)).map(|(_, tip)| tip.clone()).collect();
    for name in patterns.iter().filter_map(Pattern::literal) {
        tips.extend(workspace.repository()?.remote_branch_tip(remote, &name)?);
    }
    Ok(tips)
}

fn patterns(workspace: &Workspace<'_>) -> Result<Vec<Pattern>, Error> {
    match workspace.release_branches() {
        Ok(patterns) => Ok(patterns.value),
        Err(workspace::Error::NoReleaseBranches) => Ok(Vec::new()),
        Err(other) => Err(other.into()),
    }
}

/// Returns the tips of the release branches in this clone; those of this push with their new tips.
///
/// Empty if no setting names the release branches.
fn release_tips(
    workspace: &Workspace<'_>,
    remote: &str,
    pushed: &[Tip],
) -> Result<BTreeMap<BranchName, CommitId>, Error> {
    let patterns = patterns(workspace)?;
    if patterns.is_empty() {
        return Ok(BTreeMap::new());
    }
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
