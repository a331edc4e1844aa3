//! Exit codes and hints of the errors of git and the repository.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::git;

use Exit::{Tool, Unusable};

pub(super) fn diagnose(error: &git::Error) -> Diagnostic {
    use git::Error as E;
    match error {
        E::NotARepository { .. } => {
            Diagnostic::hint(Unusable, "change to the folder of a repository, or create one: `git init`")
        }
        E::DubiousOwnership { path } => Diagnostic::hint(
            Unusable,
            format!("if you trust its owner: `git config --global --add safe.directory '{}'`", path.display()),
        ),
        E::GitMissing => Diagnostic::hint(Tool, "install git 2.25 or newer"),
        E::GitFailed { output, .. } => Diagnostic::new(Tool, &[]).with_output(output),
        E::UnexpectedOutput { .. } => Diagnostic::hint(Tool, "git-devpi needs git 2.25 or newer: `git --version`"),
        E::RemoteUnreachable { .. } | E::RemoteTimedOut { .. } => {
            Diagnostic::hint(Tool, "check the connection: `git ls-remote`")
        }
        E::NoSuchCommit { .. } => {
            Diagnostic::hint(Unusable, "`git fetch`; in a shallow clone: `git fetch --unshallow`")
        }
        E::LfsPointers { .. } => Diagnostic::hint(Unusable, "`git lfs pull` fetches the files"),
        E::NoWorkTree { .. } => {
            Diagnostic::hint(Unusable, "run the command in a clone with a work tree: `git clone URL`")
        }
        E::System(error) => super::system::diagnose(error),
    }
}
