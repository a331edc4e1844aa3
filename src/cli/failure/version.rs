//! Exit codes and hints of the errors of versions.

use super::diagnostic::Diagnostic;
use crate::build::version;
use crate::cli::exit_code::Exit;
use crate::model::ci::CiNumberError;
use crate::model::stamp::{BuildNumberError, StampError};

use Exit::Unusable;

pub(super) fn diagnose(error: &version::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &version::Error) -> Diagnostic {
    use version::Error as E;
    match error {
        E::Base { .. } => {
            Diagnostic::hint(Unusable, "write the base version there, for example 1.4; or set a version tag: `git tag v1.4`")
        }
        E::Stamp(error) => stamp(error),
        E::CiNumber(CiNumberError { error, .. }) | E::Number { source: error, .. } => build_number(error),
        E::NoBuildNumber { hint, .. } => Diagnostic::hint(
            Unusable,
            hint.map_or_else(
                || "set GIT_DEVPI_BUILD_NUMBER to the CI system's counter for this build, or name its variable in build-number-env".to_owned(),
                str::to_owned,
            ),
        ),
        E::ChangesInCi { .. } => Diagnostic::hint(Unusable, "`git diff` shows what an earlier CI step changed; commit the changes, or undo them: `git checkout -- .`"),
        E::NoVersionTag { .. } => Diagnostic::hint(Unusable, "set the first version tag: `git tag v0.1 && git push origin v0.1`"),
        E::TooShallow { .. } => Diagnostic::hint(Unusable, "fetch the history and the tags: `git fetch --unshallow --tags`; in CI set the fetch depth to 0 (GitHub: fetch-depth: 0, GitLab: GIT_DEPTH: 0)"),
    }
}

fn stamp(error: &StampError) -> Diagnostic {
    match error {
        StampError::BaseNotFinal { .. } => Diagnostic::hint(
            Unusable,
            "on a release branch the base version must be final, for example 1.4 instead of 1.4rc1",
        ),
        StampError::UnknownPlaceholder { .. }
        | StampError::UnmatchedBrace { .. }
        | StampError::UnavailablePlaceholder { .. } => Diagnostic::hint(
            Unusable,
            "templates may use {base}, {base:2} and {number}; local-version may use {commit} too",
        ),
        StampError::NotAVersion { .. } | StampError::ReleaseNotFinal { .. } => {
            Diagnostic::hint(Unusable, "`git devpi settings` shows the templates and their origins")
        }
    }
}

fn build_number(error: &BuildNumberError) -> Diagnostic {
    let digits = "set the CI system's counter, digits only: GIT_DEVPI_BUILD_NUMBER=57, or `--number 57`, or name its variable in build-number-env";
    match error.joined() {
        Some(joined) => Diagnostic::new(
            Unusable,
            &[
                &format!("join the counters to one number, for example {joined}: GIT_DEVPI_BUILD_NUMBER={joined}"),
                digits,
            ],
        ),
        None => Diagnostic::hint(Unusable, digits),
    }
}
