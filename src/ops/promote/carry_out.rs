//! Carries out a promotion, and reports what production then holds.

use std::collections::BTreeMap;

use crate::devpi::{PushOutcome, Session};
use crate::model::names::CommitId;
use crate::model::promotion::PromotionDecision;
use crate::model::release::{Release, ReleaseFile};
use crate::ops::Error;
use crate::ops::promote::candidate::{Candidate, Checked, Scope};
use crate::ops::promote::error;
use crate::ops::promote::request::{Decision, Promotion};
use crate::release::staging::{Staging, StagingRequest};
use crate::system::parallel;

/// Promotes a release that may be promoted; another one is only reported.
pub(super) fn carry_out(scope: &Scope<'_>, session: &Session, checked: Checked) -> Result<Promotion, Error> {
    let missing = match &checked.decision.decision {
        PromotionDecision::Ready { missing } => missing.clone(),
        PromotionDecision::AlreadyThere | PromotionDecision::Blocked(_) => {
            return Ok(checked.into_promotion(&scope.rules.to));
        }
    };
    let commit = checked.commit.clone();
    let commit = commit.ok_or_else(|| error::Error::CommitUnknown { version: checked.candidate.version.clone() })?;
    let staging = stage(scope, session, (&checked.candidate, &missing, &commit))?;
    // The copy is what production gets, and its reports do not change any more: they decide.
    let again = scope.check(Candidate {
        release: Some(staging.release().clone()),
        project: checked.candidate.project.clone(),
        version: checked.candidate.version.clone(),
        index: checked.candidate.index.clone(),
        branches: checked.candidate.branches.clone(),
        production: checked.candidate.production.clone(),
        withdrawals: checked.candidate.withdrawals,
    })?;
    let mut promotion = checked.into_promotion(&scope.rules.to);
    if again.is_blocked() {
        promotion.is_conflict = again.decision.decision.is_conflict();
        promotion.decision = Decision::Blocked(again.blockers().to_vec());
        return Ok(promotion);
    }
    let pushed = staging.push(&promotion.to);
    // The copy is not needed any more, whatever the push has done.
    let read = || session.release(&promotion.to, &promotion.project, &promotion.version);
    let (held, ()) = parallel::both(read, || drop(staging));
    settle(promotion, held?, pushed)
}

fn stage<'a>(
    scope: &Scope<'_>,
    session: &'a Session,
    (candidate, missing, commit): (&Candidate, &[ReleaseFile], &CommitId),
) -> Result<Staging<'a>, Error> {
    let branch = candidate.branches.first().map(ToString::to_string).unwrap_or_default();
    let request = StagingRequest {
        project: &candidate.project,
        version: &candidate.version,
        commit,
        branch: &branch,
        from: &candidate.index,
        to: &scope.rules.to,
        files: missing,
    };
    Ok(Staging::copy(scope.workspace, session, request)?)
}

/// Compares production with the release, whatever the server answered: a rejected push may have copied a part, and one whose response
/// was lost may have copied everything.
fn settle(
    mut promotion: Promotion,
    held: Option<Release>,
    pushed: Result<PushOutcome, crate::release::Error>,
) -> Result<Promotion, Error> {
    promotion.production_files = held.map(|release| release.files).unwrap_or_default();
    let missing = missing_files(&promotion)?;
    promotion.decision = match (missing.is_empty(), pushed) {
        (true, Ok(PushOutcome::Done)) => Decision::Promoted,
        (true, _) => Decision::AlreadyThere,
        (false, Err(error)) if missing.len() == promotion.files.len() => return Err(error.into()),
        (false, _) => {
            let present = promotion.production_files.into_iter().map(|file| file.file_name).collect();
            let (index, project, version) = (promotion.to, promotion.project, promotion.version);
            return Err(error::Error::PromotedPartly { index, project, version, present, missing }.into());
        }
    };
    Ok(promotion)
}

/// The files that production lacks; one that it has with other bytes is an error.
fn missing_files(promotion: &Promotion) -> Result<Vec<String>, Error> {
    let held: BTreeMap<&str, &ReleaseFile> =
        promotion.production_files.iter().map(|file| (file.file_name.as_str(), file)).collect();
    let mut missing = Vec::new();
    for file in &promotion.files {
        match held.get(file.file_name.as_str()) {
            None => missing.push(file.file_name.clone()),
            Some(same) if same.sha256 == file.sha256 => {}
            Some(other) => {
                return Err(Error::DigestConflict {
                    to: promotion.to.clone(),
                    file: file.file_name.clone(),
                    published: other.sha256.short().to_owned(),
                    promoted: file.sha256.short().to_owned(),
                });
            }
        }
    }
    Ok(missing)
}
