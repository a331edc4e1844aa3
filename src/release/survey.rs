//! The survey of indexes with the questions that only the provenance of releases answers.
//!
//! A remote that lags behind lists old branches and old tips: it must contain the newest commit that was built on a release branch. And a
//! branch that points to a commit of the release branch's own line may have been reset to it: then what was built from it was never merged.

use crate::devpi::Server;
use crate::index::contents;
use crate::index::survey::{self, IndexSurvey, ReleaseState, SurveyRequest};
use crate::model::authority::Authority;
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::staleness::{Assessment, Candidate, Containment, UnknownReason};
use crate::release::Error;
use crate::release::newest_commit::{newest_commit, newest_commit_of};
use crate::workspace::Workspace;

/// Surveys the indexes of the owner ([`survey::survey`]). More is asked only when an index is merged or gone.
pub fn survey(workspace: &Workspace<'_>, server: &Server, request: SurveyRequest) -> Result<IndexSurvey, Error> {
    let mut survey = survey::survey(workspace, server, request)?;
    let Some(release) = survey.release.take() else { return Ok(survey) };
    doubt_stale_remote(workspace, server, (&mut survey, &release))?;
    doubt_reset_branches(workspace, server, (&mut survey, &release))?;
    survey.release = Some(release);
    Ok(survey)
}

/// Decides nothing by a remote that lacks the newest commit that was built on a release branch. The user's own settings may name the
/// remote all the same.
fn doubt_stale_remote(
    workspace: &Workspace<'_>,
    server: &Server,
    (survey, release): (&mut IndexSurvey, &ReleaseState),
) -> Result<(), Error> {
    let is_candidate = |assessment: &Assessment| assessment.candidate.is_some();
    if release.authority == Authority::Declared || !survey.indexes.iter().any(|s| is_candidate(&s.assessment)) {
        return Ok(());
    }
    let is_release = |branch: &str| BranchName::parse(branch).is_ok_and(|branch| release.tips.contains_key(&branch));
    let indexes: Vec<IndexName> = survey
        .branch_indexes()
        .filter(|surveyed| surveyed.branch().is_some_and(is_release))
        .map(|surveyed| surveyed.index.clone())
        .collect();
    let Some(commit) = newest_commit(workspace, server, (&indexes, &release.trusted))? else { return Ok(()) };
    let reason = match contained(workspace, &commit, release)? {
        Containment::Yes => return Ok(()),
        Containment::No => UnknownReason::StaleRemote(commit),
        Containment::Unknown => UnknownReason::RemoteAge(commit),
    };
    for surveyed in survey.indexes.iter_mut().filter(|surveyed| is_candidate(&surveyed.assessment)) {
        surveyed.assessment = Assessment::unknown(reason.clone());
    }
    Ok(())
}

/// Finds the branches that look merged because they were reset to a commit of a release branch.
fn doubt_reset_branches(
    workspace: &Workspace<'_>,
    server: &Server,
    (survey, release): (&mut IndexSurvey, &ReleaseState),
) -> Result<(), Error> {
    let tip_of = |branch: Option<&str>| survey.tips.get(&BranchName::parse(branch?).ok()?).cloned();
    let merged = survey.indexes.iter().enumerate().filter(|(_, s)| s.assessment.candidate == Some(Candidate::Merged));
    let merged: Vec<(usize, CommitId)> = merged.filter_map(|(at, s)| Some((at, tip_of(s.branch())?))).collect();
    if merged.is_empty() {
        return Ok(());
    }
    let release_tips: Vec<CommitId> = release.tips.values().cloned().collect();
    let line = workspace.repository()?.first_parents(&release_tips)?;
    for (at, _) in merged.iter().filter(|(_, tip)| line.contains(tip)) {
        let surveyed = &mut survey.indexes[*at];
        if surveyed.contents.is_none() {
            surveyed.contents = contents::read(server, &surveyed.index)?;
        }
        let Some(contents) = &surveyed.contents else { continue };
        let Some(commit) = newest_commit_of(workspace, server, (contents, &release.trusted))? else { continue };
        match contained(workspace, &commit, release)? {
            Containment::Yes => {}
            Containment::No => surveyed.assessment = Assessment::fresh_again(),
            Containment::Unknown => surveyed.assessment = Assessment::unknown(UnknownReason::Ancestry),
        }
    }
    Ok(())
}

fn contained(workspace: &Workspace<'_>, commit: &CommitId, release: &ReleaseState) -> Result<Containment, Error> {
    let tips: Vec<CommitId> = release.tips.values().cloned().collect();
    let answers = workspace.repository()?.contained_in(std::slice::from_ref(commit), &tips)?;
    Ok(answers.get(commit).copied().unwrap_or(Containment::Unknown))
}
