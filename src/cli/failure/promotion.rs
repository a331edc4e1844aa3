//! Exit codes and hints of the errors of promotions.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::promote;

use Exit::{No, Unusable};

pub(super) fn diagnose(error: &promote::Error) -> Diagnostic {
    use promote::Error as E;
    match error {
        E::NoProduction { .. } => Diagnostic::hint(
            Unusable,
            "`git devpi init` creates it; `git devpi settings` shows the origin of production",
        ),
        E::NotAReleaseIndex { .. } => {
            Diagnostic::hint(No, "leave out `--from`: releases are promoted from the index of a release branch")
        }
        E::CommitUnknown { .. } => {
            Diagnostic::hint(No, "build it with `git devpi ensure`, which records the commit of every file")
        }
        E::PromotedPartly { .. } => {
            Diagnostic::hint(No, "run `git devpi promote VERSION` again: it copies the missing files")
        }
    }
}
