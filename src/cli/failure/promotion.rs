//! Exit codes and hints of the errors of a promotion.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::promote;

use Exit::{No, Unusable};

pub(super) fn diagnose(error: &promote::Error) -> Diagnostic {
    use promote::Error as E;
    match error {
        E::NoProduction { .. } => {
            Diagnostic::new(Unusable, &["`git devpi init` makes it; `git devpi settings` shows who set production"])
        }
        E::NotAReleaseIndex { .. } => {
            Diagnostic::new(No, &["leave out `--from`: releases come from the release branch's own index"])
        }
        E::CommitUnknown { .. } => {
            Diagnostic::new(No, &["build it with `git devpi ensure`, which records the commit of every file"])
        }
        E::PromotedPartly { .. } => {
            Diagnostic::new(No, &["run `git devpi promote VERSION` again: it copies the missing files"])
        }
    }
}
