//! Exit codes and hints of the errors of the repository.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::git;

use Exit::{Tool, Unusable};

pub(super) fn verdict(error: &git::Error) -> Verdict {
    use git::Error as E;
    match error {
        E::NotARepository { .. } => Verdict::new(Unusable, &["go into a repository, or make one: `git init`"]),
        E::DubiousOwnership { path } => Verdict::hint(
            Unusable,
            format!("if you trust it: `git config --global --add safe.directory '{}'`", path.display()),
        ),
        E::GitMissing => Verdict::new(Tool, &["install git 2.25 or newer"]),
        E::GitFailed { output, .. } => Verdict::new(Tool, &[]).with_output(output),
        E::UnexpectedOutput { .. } => Verdict::new(Tool, &["git 2.25 or newer is needed: `git --version`"]),
        E::RemoteUnreachable { .. } | E::RemoteTimedOut { .. } => {
            Verdict::new(Tool, &["see whether git reaches it: `git ls-remote`"])
        }
        E::NoSuchCommit { .. } => {
            Verdict::new(Unusable, &["fetch it: `git fetch`; in a shallow clone `git fetch --unshallow`"])
        }
        E::LfsPointers { .. } => Verdict::new(Unusable, &["fetch the files: `git lfs pull`"]),
        E::NoWorkTree { .. } => Verdict::new(Unusable, &["run it in a clone of this repository"]),
        E::System(error) => super::system::verdict(error),
    }
}
