//! Exit codes and hints of the errors of git and the repository.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::git;

use Exit::{Tool, Unusable};

pub(super) fn diagnose(error: &git::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &git::Error) -> Diagnostic {
    use git::Error as E;
    match error {
        E::NotARepository { .. } => {
            Diagnostic::hint(Unusable, "change to the folder of a repository, or create one: `git init`")
        }
        E::DubiousOwnership { path } => Diagnostic::hint(
            Unusable,
            format!("if you trust its owner: `git config --global --add safe.directory '{}'`", path.display()),
        ),
        E::CannotOpen { git_dir: Some(git_dir), .. } => Diagnostic::hint(
            Unusable,
            format!("GIT_DIR is '{git_dir}': set it to a git folder, or unset it: `unset GIT_DIR`"),
        ),
        E::CannotOpen { reason, .. } if reason.contains("safe.bareRepository") => {
            Diagnostic::hint(Unusable, "name the git folder: `git --git-dir=. devpi …`")
        }
        E::CannotOpen { reason, .. } if reason.starts_with("Invalid path") => {
            Diagnostic::hint(Unusable, "correct the folder of the work tree: `git config core.worktree FOLDER`")
        }
        E::CannotOpen { .. } => Diagnostic::hint(Unusable, "`git status` must work here; a newer git may open it"),
        E::WorkTreeMissing { .. } => {
            Diagnostic::hint(Unusable, "create the folder, or correct the variable or the setting")
        }
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
