//! Exit codes and hints of the errors of `self publish`.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::self_publish::Error;

use Exit::{Conflict, Tool, Usage};

pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::NotOurs { .. } | Error::NotADistribution { .. } => {
            Diagnostic::hint(Usage, "name a wheel of git-devpi: `pip download --no-deps git-devpi`")
        }
        Error::Different { index, .. } => Diagnostic::hint(
            Conflict,
            format!("nothing was uploaded; compare the files: `git devpi index show {index}`"),
        ),
        Error::NotStored { .. } => Diagnostic::hint(Tool, "a volatile index was changed meanwhile: run it again"),
    }
}
