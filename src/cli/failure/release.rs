//! Exit codes and hints of the errors of a release.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::release::Error;

use Exit::{Conflict, No, Tool, Unusable};

/// Exit code and hints.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::Build(error) => super::build::diagnose(error),
        Error::Index(error) => super::index::diagnose(error),
        Error::NumberReused { .. } => Diagnostic::new(
            Conflict,
            &["start a new build, which gets a new number; or, if the number was reset, raise the base version"],
        ),
        Error::BuildFailedElsewhere { .. } => {
            Diagnostic::new(Tool, &["look at that build's log; to build anew, run `git devpi ensure` again"])
        }
        Error::TooManyClaims { .. } => Diagnostic::new(
            Tool,
            &["`git devpi status --all` shows the claims; `git devpi prune` removes those that have expired"],
        ),
        Error::NoRelease { .. } => {
            Diagnostic::new(No, &["`git devpi ensure` builds and publishes it; `git devpi status` shows what there is"])
        }
        Error::NoCompatibleFile { .. } => {
            Diagnostic::new(No, &["name the interpreter that will install it: `--python PATH` or `--python 3.12`"])
        }
        Error::IncompatibleBuild { .. } => Diagnostic::new(
            Tool,
            &[
                "name the interpreter that will install it: `--python PATH` or `--python 3.12`; `git devpi build -v` shows what the builder says",
            ],
        ),
        Error::CacheModified { .. } => Diagnostic::new(
            Unusable,
            &[
                "something else changes the cache: run it again, with GIT_DEVPI_HOME=DIR in a folder of its own if it stays so",
            ],
        ),
        Error::NoReleaseOfCommit { .. } => Diagnostic::new(
            No,
            &[
                "build this commit first (CI's tox, or `git devpi ensure --number N`), then run this again",
                "another commit's release needs its version: `git devpi results VERSION`, `git devpi promote VERSION`, `git devpi promote --latest-green`",
            ],
        ),
        Error::NoReleases { .. } => {
            Diagnostic::new(No, &["build one first: CI's tox, or `git devpi ensure --number N`"])
        }
        Error::ChangedMeanwhile { .. } => Diagnostic::new(
            Conflict,
            &["production was not changed; look at the release with `git devpi results`, then promote again"],
        ),
        Error::StagingExists { .. } => Diagnostic::new(Conflict, &["production was not changed; promote again"]),
        Error::DigestMismatch { .. } => {
            Diagnostic::new(Conflict, &["look at the index on the server before you go on"])
        }
    }
}
