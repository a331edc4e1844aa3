//! Exit codes and hints of the errors of `fleet`.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit::{Unusable, Usage};
use crate::ops::fleet::Error;

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &Error) -> Diagnostic {
    match error {
        Error::NoRemotesFile { .. } => {
            Diagnostic::hint(Usage, "write the URLs of the repositories' remotes into a file, one a line")
        }
        Error::RepositoryForAll { .. } => Diagnostic::hint(
            Unusable,
            "`git config --global --unset devpi.repository`, and run it without GIT_DEVPI_REPOSITORY; each repository names itself",
        ),
        Error::OtherOwner { owner, .. } => Diagnostic::hint(
            Unusable,
            format!("`git devpi fleet prune --user {owner}` prunes the repositories of that owner"),
        ),
    }
}
