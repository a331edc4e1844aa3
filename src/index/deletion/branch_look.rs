//! The last look at the branches on the remote: a branch that was pushed since the decision is not finished.

use std::collections::BTreeMap;

use crate::git::LsRemote;
use crate::model::names::{BranchName, CommitId};
use crate::model::record::Record;
use crate::workspace::{self, Workspace};

/// The branches on the remote when it was decided which indexes are deleted.
#[derive(Debug, Clone)]
pub struct BranchLook {
    /// The branches with their tips.
    pub tips: BTreeMap<BranchName, CommitId>,
    /// How the remote is asked again.
    pub how: LsRemote,
}

impl BranchLook {
    /// Asks the remote again. Cost: one `git ls-remote`.
    pub(super) fn again(&self, workspace: &Workspace<'_>) -> Result<Self, workspace::Error> {
        let Some(remote) = workspace.remote()? else { return Ok(self.clone()) };
        let refs = workspace.repository()?.ls_remote(&remote.value, self.how)?;
        Ok(Self { tips: refs.branches, how: self.how })
    }

    /// Whether the branch of `record` has another tip in `now`, or was created or deleted.
    pub(super) fn has_moved(&self, record: &Record, now: &Self) -> bool {
        let Record::Branch(record) = record else { return false };
        let Ok(branch) = BranchName::parse(&record.branch) else { return false };
        self.tips.get(&branch) != now.tips.get(&branch)
    }
}
