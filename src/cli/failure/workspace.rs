//! Exit codes and hints of the errors of the workspace.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::workspace::Error;

use Exit::{No, NotAllowed, Unusable, Usage};

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Git(error) => super::git::diagnose(error),
        Error::Devpi(error) => super::devpi::diagnose(error),
        Error::Python(error) => super::python::diagnose(error),
        Error::Settings(error) => super::settings::diagnose(error),
        Error::System(error) => super::system::diagnose(error),
        Error::LocalServer(error) => super::local_server::diagnose(error),
        Error::Name(_) => Diagnostic::hint(Unusable, "`git devpi settings` shows the origin of every name"),
        Error::NoBranch { candidates } => no_branch(candidates),
        Error::NoPullRequestNumber { .. } => {
            Diagnostic::hint(Unusable, "name the branch: `--branch NAME`, or GIT_DEVPI_BRANCH=NAME")
        }
        Error::NoReleaseBranches => Diagnostic::new(
            Unusable,
            &[
                "`git config devpi.releaseBranches main`, or set release-branches in [tool.git-devpi] of pyproject.toml",
                "`git remote set-head origin --auto` reads the remote's default branch, which is used then",
            ],
        ),
        Error::SeveralRemotes { .. } => Diagnostic::hint(Unusable, "`git config devpi.remote NAME`"),
        Error::NotTheRepository { .. } => Diagnostic::new(
            Unusable,
            &[
                "name the team's remote: `git config devpi.remote NAME`",
                "if the remote is this repository at another URL: `git config devpi.repository REPOSITORY`",
            ],
        ),
        Error::NoRemote => Diagnostic::hint(Unusable, "add it: `git remote add origin URL`"),
        Error::NoReleaseBranchOnRemote { .. } => Diagnostic::hint(
            Unusable,
            "set an existing one: `git config devpi.releaseBranches main`; `git ls-remote --heads` lists them",
        ),
        Error::NoWorkTree { .. } => {
            Diagnostic::hint(Unusable, "run the command in a clone with a work tree: `git clone URL`")
        }
        Error::NoCommit => Diagnostic::hint(Unusable, "make the first commit: `git commit`"),
        Error::TagBuild { .. } => {
            Diagnostic::hint(No, "a tag build uses the release that the branch's build published: `git devpi results`")
        }
        Error::NotLoggedIn { server, login } => Diagnostic::hint(
            NotAllowed,
            match login {
                Some(login) => format!("`git devpi login {server} --login {login}`; in CI set GIT_DEVPI_PASSWORD"),
                None => format!("`git devpi login {server}`; in CI set GIT_DEVPI_PASSWORD"),
            },
        ),
        Error::UntrustedServer { server, .. } => Diagnostic::hint(
            NotAllowed,
            format!(
                "if you trust it: `git devpi login {server}`; in CI set GIT_DEVPI_SERVER={server} beside GIT_DEVPI_PASSWORD"
            ),
        ),
        Error::NoLogin { server } => {
            Diagnostic::hint(Unusable, format!("`git devpi login {server} --login USER`, or set GIT_DEVPI_LOGIN"))
        }
        Error::SeveralProjects { .. } | Error::NoSuchProject { .. } => {
            Diagnostic::hint(Usage, "name the project: `--project NAME`, or change to its folder")
        }
    }
}

fn no_branch(candidates: &[crate::model::names::BranchName]) -> Diagnostic {
    let example = candidates.first().map_or("NAME".to_owned(), ToString::to_string);
    let mut hints = vec![format!("name the branch: `--branch {example}`, or GIT_DEVPI_BRANCH={example}")];
    if candidates.len() > 1 {
        let names = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        hints.push(format!("these branches contain the commit: {names}"));
    }
    Diagnostic::of_hints(Unusable, hints)
}
