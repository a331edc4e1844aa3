//! Exit codes and hints of the errors about indexes.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::index::Error;

use Exit::{Conflict, No, Unusable};

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::IndexTemplate(_) => {
            Diagnostic::hint(Unusable, "the default is `{branch}`; `git devpi settings` shows the origin of index-name")
        }
        Error::IndexNamesTaken { .. } | Error::ForeignIndex { .. } => Diagnostic::hint(
            Conflict,
            "`git devpi index list` shows what they belong to; `git config devpi.indexName '{repository}-{branch}'` gives each repository its own names",
        ),
        Error::NoIndex { .. } => Diagnostic::hint(No, "`git devpi index create`, or `git push` with the pre-push hook"),
        Error::NoSuchIndex { .. } => {
            Diagnostic::hint(No, "`git devpi index list` shows the indexes of this repository")
        }
    }
}
