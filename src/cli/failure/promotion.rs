//! Exit codes and hints of the errors of a promotion.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::ops::promote;

use Exit::{Conflict, No, Unusable};

pub(super) fn verdict(error: &promote::Fault) -> Verdict {
    use promote::Fault as E;
    match error {
        E::NoProduction { .. } => {
            Verdict::new(Unusable, &["`git devpi init` makes it; `git devpi settings` shows who set production"])
        }
        E::NotAReleaseIndex { .. } => {
            Verdict::new(No, &["leave out `--from`: releases come from the release branch's own index"])
        }
        E::NoRemote => Verdict::new(Unusable, &["name it: `git remote add origin URL`"]),
        E::NoReleaseBranchOnRemote { .. } => Verdict::new(
            Unusable,
            &["name one that is there: `git config devpi.releaseBranches main`; `git ls-remote --heads` shows them"],
        ),
        E::PartlyThere { .. } => Verdict::new(
            Conflict,
            &["nothing was changed; build the commit again under a new build number, and promote that"],
        ),
        E::PromotedPartly { .. } => {
            Verdict::new(No, &["run `git devpi promote` again: it goes on where this one ended"])
        }
    }
}
