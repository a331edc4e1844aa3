//! Exit codes and hints of the errors of the verb `index`.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::index::Error;

use Exit::{Conflict, No};

pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Production { .. } => {
            Diagnostic::hint(No, "`git devpi withdraw VERSION` takes a release out of production")
        }
        Error::Protected { index, .. } => Diagnostic::hint(
            No,
            format!("`git devpi index delete {index} --force` asks for its name; without a terminal add `--yes`"),
        ),
        Error::NameNotConfirmed { .. } => Diagnostic::new(No, &[]),
        Error::NotTheSameRepository { .. } => Diagnostic::new(
            Conflict,
            &[
                "push the release branches to it first",
                "if the remote is the repository all the same, say so: `git config devpi.repository REPOSITORY`",
            ],
        ),
    }
}
