//! Exit codes and hints of the errors that verbs add.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::Error;

use Exit::{Conflict, No, NotAllowed, Tool, Unusable, Usage};

/// Exit code and hints.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    match error {
        Error::Workspace(error) => super::workspace::diagnose(error),
        Error::Build(error) => super::build::diagnose(error),
        Error::Index(error) => super::index::diagnose(error),
        Error::Release(error) => super::release::diagnose(error),
        Error::Promotion(error) => super::promotion::diagnose(error),
        Error::NoPassword { .. } => Diagnostic::new(
            NotAllowed,
            &["on a terminal it is asked for; elsewhere pipe it in (`--password-stdin`), or set GIT_DEVPI_PASSWORD"],
        ),
        Error::ProtectedIndex { .. } => {
            Diagnostic::new(No, &["`git devpi status --all` shows the state of every index"])
        }
        Error::IgnoredBranch { .. } => {
            Diagnostic::new(Unusable, &["`git devpi settings` shows who set ignore-branches"])
        }
        Error::NotPublished { .. } => Diagnostic::new(No, &["without --no-build it is built here"]),
        Error::DirtyUpload { .. } => Diagnostic::new(Unusable, &["commit the changes first"]),
        Error::BadReport { .. } => {
            Diagnostic::new(Unusable, &["tox writes one: `tox -e unit --result-json report.json`"])
        }
        Error::DigestConflict { .. } => Diagnostic::new(
            Conflict,
            &["nothing was changed; a version is promoted once: build the commit again under a new build number"],
        ),
        Error::PruneLimit { .. } => Diagnostic::new(
            No,
            &[
                "look at the plan: `git devpi prune --dry-run`; then `git devpi prune --force`, or raise `git config devpi.pruneLimit`",
            ],
        ),
        Error::CannotAsk { flag, .. } => Diagnostic::hint(Usage, format!("answer it beforehand: {flag}")),
        Error::Declined => Diagnostic::new(No, &[]),
        Error::ForeignHook { .. } => Diagnostic::new(
            Conflict,
            &[
                "`git devpi hooks install --print` shows the line to add to it; `--chain` runs it first and ours after it",
            ],
        ),
        Error::ForeignHooksPath { .. } => Diagnostic::new(
            Conflict,
            &[
                "`git devpi hooks install --print` shows the line to add to the hooks there",
                "with git 2.54 or newer: `git devpi hooks install --mode config`",
            ],
        ),
        Error::GitTooOldForConfigHooks { .. } => Diagnostic::new(Unusable, &["`git devpi hooks install --mode file`"]),
        Error::GitTooOld { .. } => Diagnostic::new(Tool, &["install git 2.25 or newer"]),
        Error::NoSuchPage { .. } => {
            Diagnostic::new(Usage, &["`git devpi -h` lists the verbs; there is `workflow` besides"])
        }
        Error::Demo { .. } => Diagnostic::new(Tool, &["`git devpi demo --keep` leaves everything to be looked at"]),
    }
}
