//! Exit codes and hints of the errors that verbs add.

use super::decision::Verdict;
use crate::cli::exit_code::Exit;
use crate::ops::Error;

use Exit::{Conflict, No, NotAllowed, Tool, Unusable, Usage};

/// Exit code and hints.
pub(super) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::Workspace(error) => super::workspace::verdict(error),
        Error::Build(error) => super::build::verdict(error),
        Error::Index(error) => super::index::verdict(error),
        Error::Release(error) => super::release::verdict(error),
        Error::Promotion(error) => super::promotion::verdict(error),
        Error::NoPassword { .. } => Verdict::new(
            NotAllowed,
            &["on a terminal it is asked for; elsewhere pipe it in (`--password-stdin`), or set GIT_DEVPI_PASSWORD"],
        ),
        Error::ProtectedIndex { .. } => Verdict::new(No, &["`git devpi status --all` shows the state of every index"]),
        Error::IgnoredBranch { .. } => Verdict::new(Unusable, &["`git devpi settings` shows who set ignore-branches"]),
        Error::NotPublished { .. } => Verdict::new(No, &["without --no-build it is built here"]),
        Error::DirtyUpload { .. } => Verdict::new(Unusable, &["commit the changes first"]),
        Error::BadReport { .. } => Verdict::new(Unusable, &["tox writes one: `tox -e unit --result-json report.json`"]),
        Error::OtherBytes { .. } => Verdict::new(
            Conflict,
            &["nothing was changed; a version is promoted once: build the commit again under a new build number"],
        ),
        Error::PruneLimit { .. } => Verdict::new(
            No,
            &[
                "look at the plan: `git devpi prune --dry-run`; then `git devpi prune --force`, or raise `git config devpi.pruneLimit`",
            ],
        ),
        Error::CannotAsk { flag, .. } => Verdict::hint(Usage, format!("answer it beforehand: {flag}")),
        Error::Declined => Verdict::new(No, &[]),
        Error::ForeignHook { .. } => Verdict::new(
            Conflict,
            &[
                "`git devpi hooks install --print` shows the line to add to it; `--chain` runs it first and ours after it",
            ],
        ),
        Error::ForeignHooksPath { .. } => Verdict::new(
            Conflict,
            &[
                "`git devpi hooks install --print` shows the line to add to the hooks there",
                "with git 2.54 or newer: `git devpi hooks install --mode config`",
            ],
        ),
        Error::GitTooOldForConfigHooks { .. } => Verdict::new(Unusable, &["`git devpi hooks install --mode file`"]),
        Error::GitTooOld { .. } => Verdict::new(Tool, &["install git 2.25 or newer"]),
        Error::NoSuchPage { .. } => {
            Verdict::new(Usage, &["`git devpi -h` lists the verbs; there is `workflow` besides"])
        }
        Error::Demo { .. } => Verdict::new(Tool, &["`git devpi demo --keep` leaves everything to be looked at"]),
    }
}
