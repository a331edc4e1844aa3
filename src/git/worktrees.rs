//! The branches that are checked out in the work trees of the repository.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::Error;
use super::repository::Repository;
use crate::model::names::BranchName;

impl Repository {
    /// Returns the branches that are checked out in any work tree of the repository.
    ///
    /// Includes branches that are being rebased, although HEAD is detached during a rebase.
    pub fn worktree_branches(&self) -> Result<BTreeSet<BranchName>, Error> {
        let output = self.git().run(&["worktree", "list", "--porcelain"])?;
        let text = output.text();
        let listed = text.lines().filter_map(|line| line.strip_prefix("branch refs/heads/"));
        let mut branches: BTreeSet<BranchName> = listed.filter_map(|name| BranchName::parse(name).ok()).collect();
        branches.extend(branch_in_rebase(self.common_dir()));
        let linked = std::fs::read_dir(self.common_dir().join("worktrees"));
        for folder in linked.into_iter().flatten().flatten() {
            branches.extend(branch_in_rebase(&folder.path()));
        }
        Ok(branches)
    }
}

fn branch_in_rebase(git_dir: &Path) -> Option<BranchName> {
    let read = |folder: &str| std::fs::read_to_string(git_dir.join(folder).join("head-name")).ok();
    let name = read("rebase-merge").or_else(|| read("rebase-apply"))?;
    BranchName::parse(name.trim_end().strip_prefix("refs/heads/")?).ok()
}

#[cfg(test)]
mod tests {
    use crate::git::testing::{Sandbox, branch};

    #[test]
    fn every_work_tree_counts_also_one_in_a_rebase() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let here = |folder: &std::path::Path| sandbox.open(folder).worktree_branches().unwrap();
        assert_eq!(here(&top), [branch("main")].into());
        sandbox.git(&top, &["worktree", "add", "-q", "-b", "feature/x", "../linked"]);
        let linked = sandbox.path().join("linked");
        assert_eq!(here(&top), [branch("main"), branch("feature/x")].into());
        assert_eq!(here(&linked), here(&top));
        sandbox.commit(&linked, "x", "1");
        let environment = ["-c", "sequence.editor=sed -i 1ibreak", "rebase", "-q", "-i", "main~0"];
        sandbox.git(&linked, &environment);
        assert!(sandbox.open(&linked).head().unwrap().branch.is_none());
        assert_eq!(here(&top), [branch("main"), branch("feature/x")].into());
    }
}
