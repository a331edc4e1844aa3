//! HEAD: the branch and commit that are checked out.

use super::error::Error;
use super::repository::Repository;
use crate::model::names::{BranchName, CommitId};

/// The branch and commit of HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit; `None` before the first commit of a branch.
    pub commit: Option<CommitId>,
    /// The branch; `None` when HEAD is detached (as in most CI systems) or the name is not Unicode.
    pub branch: Option<BranchName>,
}

impl Repository {
    /// Reads HEAD of this work tree.
    pub fn head(&self) -> Result<Head, Error> {
        if let Some(head) = self.libgit2().and_then(head_with_libgit2) {
            return Ok(head);
        }
        let symbolic = self.git().ask(&["symbolic-ref", "-q", "HEAD"])?;
        let branch = if symbolic.success() { branch_of(&symbolic.text()) } else { None };
        Ok(Head { commit: self.resolve("HEAD")?, branch })
    }
}

/// Returns `None` if libgit2 fails; the caller then runs git.
fn head_with_libgit2(repository: &git2::Repository) -> Option<Head> {
    let reference = repository.find_reference("HEAD").ok()?;
    let branch = reference.symbolic_target_bytes().and_then(|target| branch_of(std::str::from_utf8(target).ok()?));
    let commit = match repository.head() {
        Ok(target) => Some(CommitId::parse(&target.peel_to_commit().ok()?.id().to_string()).ok()?),
        Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
        Err(_) => return None,
    };
    Some(Head { commit, branch })
}

fn branch_of(reference: &str) -> Option<BranchName> {
    BranchName::parse(reference.strip_prefix("refs/heads/")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Sandbox, branch};

    #[test]
    fn a_branch_a_detached_head_and_an_unborn_branch_are_told_apart() {
        let sandbox = Sandbox::new();
        for format in ["sha1", "sha256"] {
            sandbox.git(sandbox.path(), &["init", "-q", "--object-format", format, format]);
            let top = sandbox.path().join(format);
            assert_eq!(sandbox.open(&top).head().unwrap(), Head { commit: None, branch: Some(branch("main")) });
            let tip = sandbox.commit(&top, "a", "1");
            let on_main = Head { commit: Some(tip.clone()), branch: Some(branch("main")) };
            assert_eq!(sandbox.open(&top).head().unwrap(), on_main);
            sandbox.git(&top, &["checkout", "-q", "--detach"]);
            assert_eq!(sandbox.open(&top).head().unwrap(), Head { commit: Some(tip), branch: None });
        }
    }
}
