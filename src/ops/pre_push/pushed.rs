//! The branches of a push: which of them need a request.

use crate::git::Containment;
use crate::index::branch_index::NewBranch;
use crate::index::known::{IndexCache, PushedUpdate};
use crate::index::own_commits::{self, Tip};
use crate::model::names::{BranchName, CommitId};
use crate::model::ref_update::{RefChange, RefUpdate};
use crate::model::remote_url::RemoteHash;
use crate::ops::Error;
use crate::workspace::Workspace;

/// A branch that a push creates or updates.
#[derive(Debug, Clone)]
pub(super) struct PushedBranch {
    pub(super) branch: BranchName,
    pub(super) own_commits: bool,
    pub(super) life: Life,
    /// The remote that is pushed to.
    pub(super) remote: Option<RemoteHash>,
    /// The tip on the remote before the push; null for a new branch.
    old: CommitId,
    new: CommitId,
    /// Whether the clone has a remote-tracking branch of it.
    tracked: bool,
    is_release: bool,
}

/// Whether a push continues the branch that the index is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Continues,
    /// The branch is new on the remote, or loses all commits of its own.
    Begins,
}

impl PushedBranch {
    fn update(&self) -> PushedUpdate<'_> {
        PushedUpdate { old: &self.old, new: &self.new, tracked: self.tracked }
    }

    pub(super) fn new_branch(&self) -> NewBranch {
        NewBranch { own_commits: self.own_commits, remote: self.remote.clone() }
    }

    /// Whether a feature branch is set back to a commit of a release branch, which contains its new tip.
    fn is_reset(&self, workspace: &Workspace<'_>) -> Result<bool, Error> {
        Ok(self.life == Life::Continues
            && !self.is_release
            && own_commits::is_reset(workspace, (&self.old, &self.new))?)
    }
}

/// The branches of a push that have indexes.
pub(super) struct PushedBranches<'a> {
    all: Vec<PushedBranch>,
    remote: &'a str,
}

/// Returns the created and updated branches, without those that get no index.
pub(super) fn branches<'a>(
    workspace: &Workspace<'_>,
    updates: &[RefUpdate],
    remote: &'a str,
) -> Result<PushedBranches<'a>, Error> {
    let mut all = Vec::new();
    for update in updates.iter().filter(|update| update.change() != RefChange::Delete) {
        let Some(branch) = update.branch() else { continue };
        if workspace.ignoring_pattern(&branch)?.is_some() {
            continue;
        }
        let is_new = update.change() == RefChange::Create;
        all.push(PushedBranch {
            tracked: !is_new && workspace.repository()?.remote_branch_tip(remote, &branch)?.is_some(),
            is_release: workspace.is_release_branch(&branch).unwrap_or(false),
            branch,
            old: update.remote_oid.clone(),
            new: update.local_oid.clone(),
            own_commits: false,
            life: if is_new { Life::Begins } else { Life::Continues },
            remote: None,
        });
    }
    Ok(PushedBranches { all, remote })
}

impl PushedBranches<'_> {
    /// Removes the entries of branches that ended since.
    pub(super) fn forget_ended(&self, cache: &mut IndexCache) {
        // Many clones push a release branch, and none creates it again.
        for pushed in self.all.iter().filter(|pushed| pushed.life == Life::Begins || !pushed.is_release) {
            cache.forget_unless_continued(&pushed.branch, &pushed.update());
        }
    }

    /// Notes the push in the entries.
    pub(super) fn note(&self, cache: &mut IndexCache) {
        self.all.iter().for_each(|pushed| cache.note_push(&pushed.branch, &pushed.update()));
    }

    /// Returns the branches whose index may be missing, or may change.
    pub(super) fn unsettled(&self, workspace: &Workspace<'_>, cache: &IndexCache) -> Result<Vec<PushedBranch>, Error> {
        let mut unsettled = Vec::new();
        let mut release_tips = None;
        for pushed in &self.all {
            let is_settled = match cache.get(&pushed.branch) {
                // A release branch is always protected, so its own commits do not matter.
                Some(_) if pushed.is_release => true,
                // The walk of the history is worth its time only where the branch may have been set back.
                Some(known) if known.own_commits => {
                    if release_tips.is_none() {
                        release_tips = Some(own_commits::named_release_tips(workspace, self.remote, &self.tips())?);
                    }
                    release_tips.iter().flatten().all(|tip| *tip != pushed.new)
                }
                _ => false,
            };
            if !is_settled {
                unsettled.push(pushed.clone());
            }
        }
        Ok(unsettled)
    }

    /// Returns those of `unsettled` that need a request. One walk of the history.
    pub(super) fn unknown(
        &self,
        workspace: &Workspace<'_>,
        mut unsettled: Vec<PushedBranch>,
        cache: &IndexCache,
    ) -> Result<Vec<PushedBranch>, Error> {
        let contained = own_commits::containment(workspace, self.remote, &self.tips())?;
        for pushed in &mut unsettled {
            let containment = contained.get(&pushed.branch).copied().unwrap_or_default();
            pushed.own_commits = containment == Containment::No;
            if containment == Containment::Yes && pushed.is_reset(workspace)? {
                pushed.life = Life::Begins;
            }
        }
        // A known index changes only when its branch gets its first own commits, or loses them.
        unsettled.retain(|pushed| match cache.get(&pushed.branch) {
            Some(known) => pushed.life == Life::Begins || (pushed.own_commits && !known.own_commits),
            None => true,
        });
        Ok(unsettled)
    }

    /// All branches of the push, since they count for what is a branch's own.
    fn tips(&self) -> Vec<Tip> {
        self.all.iter().map(|pushed| (pushed.branch.clone(), pushed.new.clone())).collect()
    }
}
