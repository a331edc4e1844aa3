//! Exit codes and hints of the errors of the repository.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::git;

use Exit::{Tool, Unusable};

pub(super) fn diagnose(error: &git::Error) -> Diagnostic {
    use git::Error as E;
    match error {
        E::NotARepository { .. } => Diagnostic::new(Unusable, &["go into a repository, or make one: `git init`"]),
        E::DubiousOwnership { path } => Diagnostic::hint(
            Unusable,
            format!("if you trust it: `git config --global --add safe.directory '{}'`", path.display()),
        ),
        E::GitMissing => Diagnostic::new(Tool, &["install git 2.25 or newer"]),
        E::GitFailed { output, .. } => Diagnostic::new(Tool, &[]).with_output(output),
        E::UnexpectedOutput { .. } => Diagnostic::new(Tool, &["git 2.25 or newer is needed: `git --version`"]),
        E::RemoteUnreachable { .. } | E::RemoteTimedOut { .. } => {
            Diagnostic::new(Tool, &["see whether git reaches it: `git ls-remote`"])
        }
        E::NoSuchCommit { .. } => {
            Diagnostic::new(Unusable, &["fetch it: `git fetch`; in a shallow clone `git fetch --unshallow`"])
        }
        E::LfsPointers { .. } => Diagnostic::new(Unusable, &["fetch the files: `git lfs pull`"]),
        E::NoWorkTree { .. } => Diagnostic::new(Unusable, &["run it in a clone of this repository"]),
        E::System(error) => super::system::diagnose(error),
    }
}
