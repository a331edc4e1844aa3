//! Exit codes and hints of the errors of the workspace.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::workspace::Error;

use Exit::{No, NotAllowed, Unusable, Usage};

/// Exit code and hints.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::Git(error) => super::git::diagnose(error),
        Error::Devpi(error) => super::devpi::diagnose(error),
        Error::Python(error) => super::python::diagnose(error),
        Error::Settings(error) => super::settings::diagnose(error),
        Error::System(error) => super::system::diagnose(error),
        Error::LocalServer(error) => super::local_server::diagnose(error),
        Error::Name(_) => Diagnostic::new(Unusable, &["`git devpi settings` shows where every name comes from"]),
        Error::NoBranch { candidates } => no_branch(candidates),
        Error::NoPullRequestNumber { .. } => {
            Diagnostic::new(Unusable, &["say which branch it is: `--branch NAME` or GIT_DEVPI_BRANCH"])
        }
        Error::NoReleaseBranches => Diagnostic::new(
            Unusable,
            &[
                "set them: `git config devpi.releaseBranches main`, or release-branches in [tool.git-devpi] of pyproject.toml",
                "or let the clone learn the remote's default branch: `git remote set-head origin --auto`",
            ],
        ),
        Error::SeveralRemotes { .. } => Diagnostic::new(Unusable, &["say which one: `git config devpi.remote NAME`"]),
        Error::NotTheRepository { .. } => Diagnostic::new(
            Unusable,
            &[
                "name the team's remote: `git config devpi.remote NAME`",
                "if this remote is the repository under another address, say so: `git config devpi.repository REPOSITORY`",
            ],
        ),
        Error::NoRemote => Diagnostic::new(Unusable, &["add it: `git remote add origin URL`"]),
        Error::NoReleaseBranchOnRemote { .. } => Diagnostic::new(
            Unusable,
            &["set an existing one: `git config devpi.releaseBranches main`; `git ls-remote --heads` lists them"],
        ),
        Error::NoWorkTree { .. } => Diagnostic::new(Unusable, &["run it in a clone of this repository"]),
        Error::NoCommit => Diagnostic::new(Unusable, &["make the first commit"]),
        Error::TagBuild { .. } => Diagnostic::new(
            No,
            &["a tag build tests and promotes what the branch's build made: see `git devpi results`"],
        ),
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
            Diagnostic::hint(Unusable, format!("say it: `git devpi login {server} --login USER`, or GIT_DEVPI_LOGIN"))
        }
        Error::SeveralProjects { .. } | Error::NoSuchProject { .. } => {
            Diagnostic::new(Usage, &["name one: `--project NAME`, or go into its folder"])
        }
    }
}

fn no_branch(candidates: &[crate::model::names::BranchName]) -> Diagnostic {
    let example = candidates.first().map_or("NAME".to_owned(), ToString::to_string);
    let mut hints = vec![format!("say it: `--branch {example}`, or GIT_DEVPI_BRANCH={example}")];
    if candidates.len() > 1 {
        let names = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        hints.push(format!("these branches contain the commit: {names}"));
    }
    Diagnostic { exit: Unusable, hints, output: None }
}
