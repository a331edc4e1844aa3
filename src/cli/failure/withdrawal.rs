//! Exit codes and hints of the errors of withdrawals.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::withdraw::Error;

use Exit::{Conflict, No, Unusable, Usage};

pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::NoVersion => Diagnostic::hint(Usage, "name the version: `git devpi withdraw 1.4.57`"),
        Error::NoProduction { .. } => {
            Diagnostic::hint(Unusable, "`git devpi settings` shows the production index and the origin of the value")
        }
        Error::NotInProduction { index, .. } => {
            Diagnostic::hint(No, format!("`git devpi index show {index}` lists the versions in production"))
        }
        Error::Changed { .. } => Diagnostic::hint(
            Conflict,
            "nothing was deleted; run `git devpi withdraw` again for the files as they are now",
        ),
        Error::PromotedAgain { .. } => Diagnostic::hint(
            Conflict,
            "a promotion ran at the same time: stop its CI job, then run `git devpi withdraw` again",
        ),
    }
}
