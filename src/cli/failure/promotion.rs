//! Exit codes and hints of the errors of a promotion.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::promote;

use Exit::{Conflict, No, Unusable};

pub(super) fn diagnose(error: &promote::Fault) -> Diagnostic {
    use promote::Fault as E;
    match error {
        E::NoProduction { .. } => {
            Diagnostic::new(Unusable, &["`git devpi init` makes it; `git devpi settings` shows who set production"])
        }
        E::NotAReleaseIndex { .. } => {
            Diagnostic::new(No, &["leave out `--from`: releases come from the release branch's own index"])
        }
        E::PartlyThere { .. } => Diagnostic::new(
            Conflict,
            &["nothing was changed; build the commit again under a new build number, and promote that"],
        ),
        E::PromotedPartly { .. } => {
            Diagnostic::new(No, &["run `git devpi promote` again: it goes on where this one ended"])
        }
    }
}
