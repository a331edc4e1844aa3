//! Exit codes and hints of the errors about indexes.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::index::Error;

use Exit::{Conflict, No, Unusable};

/// Exit code and hints.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::IndexTemplate(_) => {
            Diagnostic::new(Unusable, &["the default is `{branch}`; `git devpi settings` shows who set another one"])
        }
        Error::IndexNamesTaken { .. } | Error::ForeignIndex { .. } => Diagnostic::new(
            Conflict,
            &[
                "`git devpi index list` shows whose they are; `git config devpi.indexName '{repository}-{branch}'` keeps repositories apart",
            ],
        ),
        Error::NoIndex { .. } => Diagnostic::new(No, &["`git devpi index create` makes it; so does the next push"]),
        Error::NoSuchIndex { .. } => Diagnostic::new(No, &["`git devpi index list` shows what there is"]),
    }
}
