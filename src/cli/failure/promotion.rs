//! Exit codes and hints of the errors of promotions.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::promote;

use Exit::{Conflict, No, Unusable, Usage};

pub(super) fn diagnose(error: &promote::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &promote::Error) -> Diagnostic {
    use promote::Error as E;
    match error {
        E::NoProduction { .. } => Diagnostic::hint(
            Unusable,
            "`git devpi init` creates it; `git devpi settings` shows the origin of production",
        ),
        E::NotAReleaseIndex { .. } => {
            Diagnostic::hint(No, "leave out `--from`: releases are promoted from the index of a release branch")
        }
        E::StaleRemote { .. } => Diagnostic::new(
            Unusable,
            &[
                "push the commit, or run it again when the remote has it",
                "if the remote is right as it is, say so: `git config devpi.repository REPOSITORY`",
            ],
        ),
        E::BadUploadUrl { .. } => {
            Diagnostic::new(Usage, &["give an index (`--to prod`) or an upload URL (`--to https://HOST/legacy/`)"])
        }
        E::UploadConflict { .. } => Diagnostic::new(
            Conflict,
            &["no file was replaced; build the commit again under a new build number, and promote that version"],
        ),
        E::UploadRejected { .. } => Diagnostic::new(
            Conflict,
            &[
                "compare the file on that index with `git devpi results VERSION --json`; most indexes never accept a deleted file name again",
            ],
        ),
        E::CommitUnknown { .. } => {
            Diagnostic::hint(No, "build it with `git devpi ensure`, which records the commit of every file")
        }
        E::PromotedPartly { .. } => {
            Diagnostic::hint(No, "run `git devpi promote VERSION` again: it copies the missing files")
        }
    }
}
