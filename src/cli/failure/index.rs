//! Exit codes and hints of the errors about indexes.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::index::Error;

use Exit::{Conflict, No, Unusable};

/// Exit code and hints.
pub(super) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::Workspace(error) => super::workspace::verdict(error),
        Error::IndexTemplate(_) => {
            Verdict::new(Unusable, &["the default is `{branch}`; `git devpi settings` shows who set another one"])
        }
        Error::IndexNamesTaken { .. } | Error::ForeignIndex { .. } => Verdict::new(
            Conflict,
            &[
                "`git devpi index list` shows whose they are; `git config devpi.indexName '{repository}-{branch}'` keeps repositories apart",
            ],
        ),
        Error::NoIndex { .. } => Verdict::new(No, &["`git devpi index create` makes it; so does the next push"]),
        Error::NoSuchIndex { .. } => Verdict::new(No, &["`git devpi index list` shows what there is"]),
    }
}
