//! Finds branches that a remote has and does not list (`transfer.hideRefs`, `uploadpack.hideRefs`).
//!
//! `git upload-archive` resolves a branch by its name, also a hidden one. That a remote still sends a commit by its id proves nothing: with
//! protocol version 2 it does so for deleted branches too, until its next garbage collection.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use super::error::Error;
use super::ls_remote::LsRemote;
use super::repository::Repository;
use crate::model::names::BranchName;
use crate::system::process::{Output, Tool};

/// A path that no repository has. A remote that resolves the branch names it in its error message, in whatever language.
const NO_SUCH_PATH: &str = "git-devpi/no-such-path";

/// The number of branches that are asked about at the same time.
const MAX_PARALLEL: usize = 8;

impl Repository {
    /// Whether `remote` sends archives, which most forges do not. `listed` is a branch that it lists. Cost: one connection to the remote.
    pub fn sends_archives(&self, remote: &str, listed: &BranchName, how: LsRemote) -> Result<bool, Error> {
        resolves(self.archive(remote, listed, how)?)
    }

    /// Returns those of `branches` that `remote` has, though it does not list them. Cost: one connection to the remote for each branch.
    ///
    /// The result is empty for a remote that does not send archives.
    pub fn hidden_branches(
        &self,
        remote: &str,
        branches: &[BranchName],
        how: LsRemote,
    ) -> Result<BTreeSet<BranchName>, Error> {
        let mut tools = Vec::new();
        for branch in branches {
            tools.push((branch, self.archive(remote, branch, how)?));
        }
        let workers = tools.len().min(MAX_PARALLEL);
        let queue = Mutex::new(tools);
        let work = || {
            let mut hidden = Vec::new();
            while let Some((branch, tool)) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                if resolves(tool)? {
                    hidden.push(branch.clone());
                }
            }
            Ok::<_, Error>(hidden)
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let mut hidden = BTreeSet::new();
            for worker in workers {
                hidden.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(hidden)
        })
    }

    fn archive(&self, remote: &str, branch: &BranchName, how: LsRemote) -> Result<Tool, Error> {
        let tool = self.remote_tool(how)?.args(["archive", "--format=tar"]).arg(format!("--remote={remote}"));
        Ok(tool.args([&branch.full_ref(), "--", NO_SUCH_PATH]))
    }
}

/// Whether the remote has the branch: it then complains about the path only.
fn resolves(tool: Tool) -> Result<bool, Error> {
    let Output { stderr, .. } = tool.output()?;
    Ok(String::from_utf8_lossy(&stderr).contains(NO_SUCH_PATH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Prompts;
    use crate::git::testing::{Sandbox, branch};

    #[test]
    fn hidden_branches_are_told_from_deleted_ones() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let remote = sandbox.remote_for(&top);
        for name in ["upload", "both", "namespace/x", "deleted"] {
            sandbox.git(&remote, &["update-ref", &format!("refs/heads/{name}"), "HEAD"]);
        }
        sandbox.git(&remote, &["update-ref", "-d", "refs/heads/deleted"]);
        sandbox.git(&remote, &["config", "--add", "uploadpack.hideRefs", "refs/heads/upload"]);
        sandbox.git(&remote, &["config", "--add", "transfer.hideRefs", "refs/heads/both"]);
        sandbox.git(&remote, &["config", "--add", "transfer.hideRefs", "refs/heads/namespace"]);
        let repository = sandbox.open(&top);
        let how = LsRemote { deadline: None, prompts: Prompts::Denied };
        let listed: Vec<_> = repository.ls_remote("origin", how).unwrap().branches.into_keys().collect();
        assert_eq!(listed, [branch("main")]);
        let missing = ["both", "deleted", "namespace/x", "never", "upload"].map(branch);
        assert!(repository.sends_archives("origin", &branch("main"), how).unwrap());
        let hidden = repository.hidden_branches("origin", &missing, how).unwrap();
        assert_eq!(hidden, ["both", "namespace/x", "upload"].map(branch).into());
    }

    #[test]
    fn a_remote_without_archives_is_recognised() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.remote_for(&top);
        let how = LsRemote { deadline: None, prompts: Prompts::Denied };
        let repository = sandbox.open(&top);
        let sends = |remote: &str, listed: &str| repository.sends_archives(remote, &branch(listed), how).unwrap();
        assert_eq!(
            [sends("origin", "main"), sends("origin", "never"), sends("/nowhere", "main")],
            [true, false, false]
        );
    }
}
