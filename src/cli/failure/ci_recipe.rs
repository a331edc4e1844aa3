//! Exit codes and hints of the errors of `ci-recipe`.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::ci_recipe::Error;

use Exit::Unusable;

pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::Unreadable { .. } => Diagnostic::hint(
            Unusable,
            "with tox on PATH tox itself is asked: `uvx --with tox git-devpi ci-recipe SYSTEM`",
        ),
        Error::NoEnvironments => Diagnostic::hint(Unusable, "add env_list to tox's configuration: `env_list = unit`"),
    }
}
