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
        Error::Unreadable { file, reason } if reason.contains("by tox") => {
            Diagnostic::hint(Unusable, format!("correct {}; `tox config` shows what tox reads", file.display()))
        }
        Error::Unreadable { .. } => Diagnostic::hint(
            Unusable,
            "with tox on PATH tox itself is asked: `uvx --with tox git-devpi ci-recipe SYSTEM`",
        ),
        Error::NotSetUp { missing } => {
            let flags =
                missing.iter().map(|key| format!("--{key} {}", key.to_uppercase())).collect::<Vec<_>>().join(" ");
            Diagnostic::hint(
                Unusable,
                format!(
                    "set this repository up: `git devpi init`; for one recipe: `git devpi ci-recipe SYSTEM {flags}`"
                ),
            )
        }
        Error::EnvironmentName { .. } => Diagnostic::hint(
            Unusable,
            "rename the environment in tox's configuration, for example to letters, digits and `-`",
        ),
        Error::NoEnvironments => Diagnostic::hint(Unusable, "add env_list to tox's configuration: `env_list = unit`"),
    }
}
