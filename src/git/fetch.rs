//! Fetches from a remote.

use super::error::Error;
use super::ls_remote::LsRemote;
use super::repository::Repository;

/// A fetch: what, from which remote, and how.
#[derive(Debug, Clone)]
pub struct FetchRequest<'a> {
    /// A remote's name, or a URL.
    pub remote: &'a str,
    /// Refspecs (`+refs/heads/main:refs/remotes/origin/main`) or object names.
    ///
    /// If empty, git uses the refspecs of the remote's configuration.
    pub refspecs: &'a [String],
    /// Whether to complete a shallow history.
    pub deepen: Deepen,
    /// Deadline and prompting.
    pub how: LsRemote,
}

/// What a fetch does with a shallow clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deepen {
    /// Keeps the depth.
    No,
    /// Fetches the complete history; no effect on a complete clone.
    Unshallow,
}

impl Repository {
    /// Runs `git fetch`, without tags, submodules and automatic maintenance.
    pub fn fetch(&self, request: &FetchRequest<'_>) -> Result<(), Error> {
        let tool = self.remote_tool(request.how)?.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
        let mut tool = tool.args(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"]);
        if request.deepen == Deepen::Unshallow && self.is_shallow() {
            tool = tool.arg("--unshallow");
        }
        let tool = tool.args(["--", request.remote]).args(request.refspecs);
        tool.checked().map_err(|error| Error::from_remote(request.remote, error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Prompts;
    use crate::git::testing::{Sandbox, branch};

    #[test]
    fn a_shallow_clone_gets_its_history() {
        let sandbox = Sandbox::new();
        let source = sandbox.repository("r");
        let first = sandbox.tip(&source, "main");
        let second = sandbox.commit(&source, "b", "1");
        let url = format!("file://{}", sandbox.remote_for(&source).display());
        sandbox.git(sandbox.path(), &["clone", "-q", "--depth=1", &url, "shallow"]);
        let repository = sandbox.open(&sandbox.path().join("shallow"));
        assert!(repository.is_shallow() && !repository.commit_exists(&first).unwrap());
        let how = LsRemote { deadline: None, prompts: Prompts::Denied };
        let refspecs = ["+refs/heads/main:refs/remotes/origin/main".to_owned()];
        let request = FetchRequest { remote: "origin", refspecs: &refspecs, deepen: Deepen::Unshallow, how };
        repository.fetch(&request).unwrap();
        assert!(!repository.is_shallow());
        assert!(sandbox.open(repository.top()).commit_exists(&first).unwrap());
        assert_eq!(repository.remote_branch_tip("origin", &branch("main")).unwrap(), Some(second));
        repository.fetch(&request).unwrap();
        let nowhere = FetchRequest { remote: "/nowhere", ..request };
        assert!(matches!(repository.fetch(&nowhere), Err(Error::RemoteUnreachable { .. })));
    }
}
