//! Lists the branches of a remote with `git ls-remote`: the authority on which branches exist.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::batch_mode::{NON_INTERACTIVE, without_prompts};
use super::error::Error;
use super::repository::Repository;
use crate::model::names::{BranchName, CommitId};
use crate::model::staleness::pull_request_number;
use crate::system::process::Tool;

/// How git processes connect to a remote.
#[derive(Debug, Clone, Copy)]
pub struct LsRemote {
    /// The time limit of the process; `None` for no limit.
    pub deadline: Option<Duration>,
    /// Whether ssh and credential helpers may prompt.
    pub prompts: Prompts,
}

/// Whether ssh and credential helpers may ask the user for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompts {
    /// They may.
    Allowed,
    /// They fail instead. Required in hooks.
    Denied,
}

impl Prompts {
    /// Allows prompts if `interactive`: a terminal is attached.
    pub fn if_interactive(interactive: bool) -> Self {
        if interactive { Self::Allowed } else { Self::Denied }
    }
}

/// The branches and open requests of a remote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteRefs {
    /// The branches with their tips, without names that are not Unicode, which cannot have an index.
    pub branches: BTreeMap<BranchName, CommitId>,
    /// The default branch; `None` if HEAD is detached or the server does not report it (git before 2.8).
    pub head: Option<BranchName>,
    /// The numbers of the pull or merge requests that have a ref.
    ///
    /// A forge may keep the refs of closed requests.
    ///
    /// GitHub and Gitea: `refs/pull/N/…`, GitLab: `refs/merge-requests/N/head`, Bitbucket Server: `refs/pull-requests/N/from`.
    pub pull_requests: BTreeSet<String>,
}

const PATTERNS: [&str; 5] =
    ["HEAD", "refs/heads/*", "refs/pull/*", "refs/merge-requests/*/head", "refs/pull-requests/*/from"];

impl Repository {
    /// Lists the refs of `remote`, a remote's name or a URL. Cost: one `git ls-remote`.
    pub fn ls_remote(&self, remote: &str, how: LsRemote) -> Result<RemoteRefs, Error> {
        let tool = self.remote_tool(how)?.args(["ls-remote", "--quiet", "--symref", "--", remote]).args(PATTERNS);
        let output = tool.checked().map_err(|error| Error::from_remote(remote, error))?;
        Ok(parse(&output.stdout))
    }

    /// A git process that may connect to a remote as `how` says; the caller adds the subcommand.
    pub(super) fn remote_tool(&self, how: LsRemote) -> Result<Tool, Error> {
        let mut tool = self.git().tool();
        if how.prompts == Prompts::Denied {
            tool = without_prompts(tool).args(NON_INTERACTIVE);
            if let Some(command) = self.batch_mode_ssh_command()? {
                tool = tool.env("GIT_SSH_COMMAND", command);
            }
        }
        Ok(match how.deadline {
            Some(deadline) => tool.deadline(deadline),
            None => tool,
        })
    }
}

/// Parses `ref: refs/heads/main TAB HEAD` and `<object> TAB <ref>`.
fn parse(output: &[u8]) -> RemoteRefs {
    let mut refs = RemoteRefs::default();
    for line in output.split(|byte| *byte == b'\n') {
        let Some((value, name)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once('\t')) else {
            continue;
        };
        if let Some(target) = value.strip_prefix("ref: ") {
            // The pattern HEAD also matches refs/remotes/origin/HEAD in a mirror.
            if let Some(branch) = target.strip_prefix("refs/heads/").filter(|_| name == "HEAD") {
                refs.head = BranchName::parse(branch).ok();
            }
        } else if let Some(branch) = name.strip_prefix("refs/heads/") {
            if let (Ok(branch), Ok(tip)) = (BranchName::parse(branch), CommitId::parse(value)) {
                refs.branches.insert(branch, tip);
            }
        } else if let Some(number) = pull_request_number(name) {
            refs.pull_requests.insert(number.to_owned());
        }
    }
    refs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Sandbox, branch};

    const QUIET: LsRemote = LsRemote { deadline: Some(Duration::from_secs(20)), prompts: Prompts::Denied };

    #[test]
    fn the_remote_tells_branches_head_and_requests() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let remote = sandbox.remote_for(&top);
        let main = sandbox.tip(&top, "main");
        for name in ["refs/heads/feature/ü", "refs/pull/7/head", "refs/merge-requests/12/head", "refs/pull/x/head"] {
            sandbox.git(&remote, &["update-ref", name, "HEAD"]);
        }
        sandbox.git(&remote, &["update-ref", "refs/tags/v1", "HEAD"]);
        sandbox.git(&remote, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/feature/ü"]);
        let expected = RemoteRefs {
            branches: [(branch("main"), main.clone()), (branch("feature/ü"), main)].into(),
            head: Some(branch("main")),
            pull_requests: ["7".to_owned(), "12".to_owned()].into(),
        };
        let repository = sandbox.open(&top);
        assert_eq!(repository.ls_remote("origin", QUIET).unwrap(), expected);
        assert_eq!(repository.ls_remote(remote.to_str().unwrap(), QUIET).unwrap(), expected);
    }

    #[test]
    fn a_remote_that_is_not_there_is_unreachable() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        sandbox.git(&top, &["remote", "add", "origin", "/nowhere/at/all"]);
        let error = sandbox.open(&top).ls_remote("origin", QUIET).unwrap_err();
        assert!(matches!(error, Error::RemoteUnreachable { ref remote, .. } if remote == "origin"), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_silent_remote_is_given_up_and_ssh_is_told_not_to_ask() {
        use std::os::unix::fs::PermissionsExt;
        let sandbox = Sandbox::new();
        let top = sandbox.repository("r");
        let ssh = sandbox.path().join("ssh");
        let seen = sandbox.path().join("seen");
        std::fs::write(&ssh, format!("#!/bin/sh\necho \"$@\" \"[$GIT_ASKPASS]\" >{}\nsleep 3\n", seen.display()))
            .unwrap();
        std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
        sandbox.git(&top, &["config", "core.sshCommand", ssh.to_str().unwrap()]);
        let started = std::time::Instant::now();
        let how = LsRemote { deadline: Some(Duration::from_millis(700)), ..QUIET };
        let error = sandbox.open(&top).ls_remote("ssh://bob:secret@host.invalid/x", how).unwrap_err();
        assert_eq!(error.to_string(), "remote ssh://host.invalid/x did not answer within 0.7 s");
        assert!(started.elapsed() < Duration::from_millis(2500), "{:?}", started.elapsed());
        let seen = std::fs::read_to_string(seen).unwrap();
        assert!(seen.contains("-o BatchMode=yes") && seen.contains("[]"), "{seen}");
    }
}
