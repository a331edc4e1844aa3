//! Exit codes and hints of the errors of a withdrawal.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::withdraw::Error;

use Exit::{Conflict, No, Unusable, Usage};

pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::NoVersion => Diagnostic::hint(Usage, "name it: `git devpi withdraw 1.4.57`"),
        Error::NoProduction { .. } => {
            Diagnostic::hint(Unusable, "`git devpi settings` shows which index is production, and by which setting")
        }
        Error::NotInProduction { index, .. } => {
            Diagnostic::hint(No, format!("`git devpi index show {index}` lists the versions in production"))
        }
        Error::Changed { .. } => {
            Diagnostic::hint(Conflict, "nothing was deleted; run it again to decide about the files of now")
        }
        Error::PromotedAgain { .. } => Diagnostic::hint(
            Conflict,
            "a promotion ran at the same time: run `git devpi withdraw` again after it, and stop its job",
        ),
    }
}
