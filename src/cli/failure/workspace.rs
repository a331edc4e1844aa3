//! Exit codes and hints of the errors of the workspace.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::workspace::Error;

use Exit::{No, NotAllowed, Unusable, Usage};

/// Exit code and hints.
pub(super) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::Git(error) => super::git::verdict(error),
        Error::Devpi(error) => super::devpi::verdict(error),
        Error::Python(error) => super::python::verdict(error),
        Error::Settings(error) => super::settings::verdict(error),
        Error::System(error) => super::system::verdict(error),
        Error::LocalServer(error) => super::local_server::verdict(error),
        Error::Name(_) => Verdict::new(Unusable, &["`git devpi settings` shows where every name comes from"]),
        Error::NoBranch { candidates } => no_branch(candidates),
        Error::NoPullRequestNumber { .. } => {
            Verdict::new(Unusable, &["say which branch it is: `--branch NAME` or GIT_DEVPI_BRANCH"])
        }
        Error::NoReleaseBranches => Verdict::new(
            Unusable,
            &[
                "set them: `git config devpi.releaseBranches main`, or release-branches in [tool.git-devpi] of pyproject.toml",
                "or let the clone learn the remote's default branch: `git remote set-head origin --auto`",
            ],
        ),
        Error::SeveralRemotes { .. } => Verdict::new(Unusable, &["say which one: `git config devpi.remote NAME`"]),
        Error::NoWorkTree { .. } => Verdict::new(Unusable, &["run it in a clone of this repository"]),
        Error::NoCommit => Verdict::new(Unusable, &["make the first commit"]),
        Error::TagBuild { .. } => {
            Verdict::new(No, &["a tag build tests and promotes what the branch's build made: see `git devpi results`"])
        }
        Error::NotLoggedIn { server, login } => Verdict::hint(
            NotAllowed,
            match login {
                Some(login) => format!("`git devpi login {server} --login {login}`; in CI set GIT_DEVPI_PASSWORD"),
                None => format!("`git devpi login {server}`; in CI set GIT_DEVPI_PASSWORD"),
            },
        ),
        Error::UntrustedServer { server, .. } => Verdict::hint(
            NotAllowed,
            format!(
                "if you trust it: `git devpi login {server}`; in CI set GIT_DEVPI_SERVER={server} beside GIT_DEVPI_PASSWORD"
            ),
        ),
        Error::NoLogin { server } => {
            Verdict::hint(Unusable, format!("say it: `git devpi login {server} --login USER`, or GIT_DEVPI_LOGIN"))
        }
        Error::SeveralProjects { .. } | Error::NoSuchProject { .. } => {
            Verdict::new(Usage, &["name one: `--project NAME`, or go into its folder"])
        }
    }
}

fn no_branch(candidates: &[crate::model::names::BranchName]) -> Verdict {
    let example = candidates.first().map_or("NAME".to_owned(), ToString::to_string);
    let mut hints = vec![format!("say it: `--branch {example}`, or GIT_DEVPI_BRANCH={example}")];
    if candidates.len() > 1 {
        let names = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        hints.push(format!("these branches contain the commit: {names}"));
    }
    Verdict { exit: Unusable, hints, output: None }
}
