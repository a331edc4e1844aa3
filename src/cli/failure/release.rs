//! Exit codes and hints of the errors of releases.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::release::Error;

use Exit::{Conflict, No, Tool, Unusable};

const LOST_CLAIM: &str = "nothing of this build was published; run `git devpi ensure` again";

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::Build(error) => super::build::diagnose(error),
        Error::Index(error) => super::index::diagnose(error),
        Error::NumberReused { cause, .. } => Diagnostic::new(
            Conflict,
            &[
                cause,
                "start a new CI build, which gets a new number; if the CI system's counter was reset, raise the base version",
            ],
        ),
        Error::BuildFailedElsewhere { .. } => {
            Diagnostic::hint(Tool, "see the log of that build; `git devpi ensure` tries again")
        }
        Error::TooManyClaims { .. } => Diagnostic::hint(
            Tool,
            "`git devpi status --all` shows the claims; `git devpi prune` deletes the expired ones",
        ),
        Error::ClaimLost { .. } | Error::ForeignFile { .. } => Diagnostic::hint(Conflict, LOST_CLAIM),
        Error::NoRelease { .. } => Diagnostic::hint(
            No,
            "`git devpi ensure` builds and publishes it; `git devpi status` shows the releases of the branch",
        ),
        Error::NoCompatibleFile { .. } => {
            Diagnostic::hint(No, "name the interpreter that will install the file: `--python PATH` or `--python 3.12`")
        }
        Error::IncompatibleBuild { .. } => Diagnostic::hint(
            Tool,
            "name the interpreter that will install the file: `--python PATH` or `--python 3.12`; `build` builds for the interpreter that has it: install uv, or build in that interpreter",
        ),
        Error::CacheModified { .. } => Diagnostic::hint(
            Unusable,
            "another program changes the cache; run the command again, and if that does not help, with another folder: GIT_DEVPI_HOME=DIR",
        ),
        Error::NoReleaseOfCommit { .. } => Diagnostic::new(
            No,
            &[
                "build this commit first, in CI or with `git devpi ensure --number N`; then run this command again",
                "another commit's release needs its version: `git devpi results VERSION`, `git devpi promote VERSION`, `git devpi promote --latest-green`",
            ],
        ),
        Error::NoReleases { .. } => {
            Diagnostic::hint(No, "build one first, in CI or with `git devpi ensure --number N`")
        }
        Error::ChangedMeanwhile { .. } => Diagnostic::hint(
            Conflict,
            "production was not changed; check the release with `git devpi results`, then run `git devpi promote` again",
        ),
        Error::RestoreConflict { index, .. } => Diagnostic::hint(
            Conflict,
            format!("that file was not replaced; `git devpi index show {index}` shows what the index holds"),
        ),
        Error::StagingExists { .. } => {
            Diagnostic::hint(Conflict, "production was not changed; run `git devpi promote` again")
        }
        Error::DigestMismatch { .. } => {
            Diagnostic::hint(Conflict, "check the index on the server: `git devpi index show`")
        }
    }
}
