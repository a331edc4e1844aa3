//! Exit codes and hints of the errors of versions.

use super::diagnostic::Diagnostic;
use crate::build::version;
use crate::cli::exit_code::Exit;
use crate::model::stamp::StampError;

use Exit::Unusable;

pub(super) fn diagnose(error: &version::Error) -> Diagnostic {
    use version::Error as E;
    match error {
        E::Base { .. } => {
            Diagnostic::new(Unusable, &["write the semantic part there, for instance 1.4, or set a version tag"])
        }
        E::Stamp(error) => stamp(error),
        E::CiNumber(_) | E::Number { .. } => Diagnostic::new(
            Unusable,
            &["pass the CI's counter, digits only: GIT_DEVPI_BUILD_NUMBER=57, or --number 57, or name its variable in build-number-env"],
        ),
        E::NoBuildNumber { hint, .. } => Diagnostic::hint(
            Unusable,
            hint.map_or_else(
                || "set GIT_DEVPI_BUILD_NUMBER to the CI's counter for this build, or name its variable in build-number-env".to_owned(),
                str::to_owned,
            ),
        ),
        E::ChangesInCi { .. } => Diagnostic::new(
            Unusable,
            &["see what changes them before: `git diff`; commit it, or undo it with `git checkout -- .`"],
        ),
        E::NoVersionTag { .. } => Diagnostic::new(Unusable, &["set the first one: `git tag v0.1 && git push origin v0.1`"]),
        E::TooShallow { .. } => Diagnostic::new(
            Unusable,
            &["fetch the history and the tags: `git fetch --unshallow --tags`; in CI set the fetch depth to 0 (GitHub: fetch-depth: 0, GitLab: GIT_DEPTH: 0)"],
        ),
    }
}

fn stamp(error: &StampError) -> Diagnostic {
    match error {
        StampError::BaseNotFinal { .. } => {
            Diagnostic::new(Unusable, &["on a release branch the base is final: write 1.4, not 1.4rc1"])
        }
        StampError::UnknownPlaceholder { .. }
        | StampError::UnmatchedBrace { .. }
        | StampError::UnavailablePlaceholder { .. } => {
            Diagnostic::new(Unusable, &["{base}, {base:2} and {number} are there; {commit} in local-version"])
        }
        StampError::NotAVersion { .. } | StampError::ReleaseNotFinal { .. } => {
            Diagnostic::new(Unusable, &["`git devpi settings` shows the templates and who set them"])
        }
    }
}
