//! The survey of indexes with the questions that only the provenance of releases answers.
//!
//! A remote that lags behind lists old branches and old tips: it must contain the newest commit that was built on a release branch. And a
//! branch that points to a commit of the release branch's own line may have been reset to it, or deleted and created again there: then what
//! was built from it was never merged, or the release branch had its commit before.

use std::cell::OnceCell;

use crate::devpi::Server;
use crate::index::contents::{self, Contents};
use crate::index::survey::{self, IndexSurvey, ReleaseState, SurveyRequest};
use crate::model::authority::Authority;
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::staleness::{Assessment, Candidate, Containment, UnknownReason};
use crate::release::Error;
use crate::release::newest_commit::{BuiltCommit, newest_commit, newest_commit_until, read_indexes};
use crate::workspace::Workspace;

/// Surveys the indexes of the owner ([`survey::survey`]). More is asked only when an index is merged or gone.
pub fn survey(workspace: &Workspace<'_>, server: &Server, request: SurveyRequest) -> Result<IndexSurvey, Error> {
    let mut survey = survey::survey(workspace, server, request)?;
    let Some(release) = survey.release.take() else { return Ok(survey) };
    let builds = Builds {
        workspace,
        server,
        release: &release,
        indexes: release_indexes(&survey, &release),
        read: OnceCell::new(),
    };
    builds.doubt_stale_remote(&mut survey)?;
    builds.doubt_reset_branches(&mut survey)?;
    survey.release = Some(release);
    Ok(survey)
}

fn release_indexes(survey: &IndexSurvey, release: &ReleaseState) -> Vec<IndexName> {
    let is_release = |branch: &str| BranchName::parse(branch).is_ok_and(|branch| release.tips.contains_key(&branch));
    let indexes = survey.branch_indexes().filter(|surveyed| surveyed.branch().is_some_and(is_release));
    indexes.map(|surveyed| surveyed.index.clone()).collect()
}

/// What was built, and when: the provenance of the releases.
struct Builds<'a> {
    workspace: &'a Workspace<'a>,
    server: &'a Server,
    release: &'a ReleaseState,
    /// The indexes of the release branches, and their contents once they are read.
    indexes: Vec<IndexName>,
    read: OnceCell<Contents>,
}

impl Builds<'_> {
    fn of_release_branches(&self) -> Result<&Contents, Error> {
        if let Some(contents) = self.read.get() {
            return Ok(contents);
        }
        let contents = read_indexes(self.server, &self.indexes)?;
        Ok(self.read.get_or_init(|| contents))
    }

    /// Decides nothing by a remote that lacks the newest commit that was built on a release branch. The user's own settings may name the
    /// remote all the same.
    fn doubt_stale_remote(&self, survey: &mut IndexSurvey) -> Result<(), Error> {
        let is_candidate = |assessment: &Assessment| assessment.candidate.is_some();
        if self.release.authority == Authority::Declared || !survey.indexes.iter().any(|s| is_candidate(&s.assessment))
        {
            return Ok(());
        }
        let contents = self.of_release_branches()?;
        let newest = newest_commit(self.workspace, self.server, (contents, &self.release.trusted))?;
        let Some(BuiltCommit { commit, .. }) = newest else { return Ok(()) };
        let reason = match self.is_released(&commit)? {
            Containment::Yes => return Ok(()),
            Containment::No => UnknownReason::StaleRemote(commit),
            Containment::Unknown => UnknownReason::RemoteAge(commit),
        };
        for surveyed in survey.indexes.iter_mut().filter(|surveyed| is_candidate(&surveyed.assessment)) {
            surveyed.assessment = Assessment::unknown(reason.clone());
        }
        Ok(())
    }

    /// Finds the branches that look merged because they were reset to a commit of a release branch, or created again there.
    fn doubt_reset_branches(&self, survey: &mut IndexSurvey) -> Result<(), Error> {
        let tip_of = |branch: Option<&str>| survey.tips.get(&BranchName::parse(branch?).ok()?).cloned();
        let merged = survey
            .indexes
            .iter()
            .enumerate()
            .filter(|(_, s)| s.assessment.candidate == Some(Candidate::Merged) && !s.is_unread());
        let merged: Vec<(usize, CommitId)> = merged.filter_map(|(at, s)| Some((at, tip_of(s.branch())?))).collect();
        if merged.is_empty() {
            return Ok(());
        }
        let release_tips: Vec<CommitId> = self.release.tips.values().cloned().collect();
        let line = self.workspace.repository()?.first_parents(&release_tips)?;
        for (at, _) in merged.iter().filter(|(_, tip)| line.contains(tip)) {
            let surveyed = &mut survey.indexes[*at];
            if surveyed.contents.is_none() {
                surveyed.contents = contents::read(self.server, &surveyed.index)?;
            }
            let Some(contents) = &surveyed.contents else { continue };
            let Some(built) = newest_commit(self.workspace, self.server, (contents, &self.release.trusted))? else {
                continue;
            };
            match self.is_released(&built.commit)? {
                Containment::Yes if !line.contains(&built.commit) || !self.was_released_before(&built)? => {}
                Containment::Yes => surveyed.assessment = Assessment::fresh_again(),
                Containment::No => surveyed.assessment = Assessment::reset(),
                Containment::Unknown => surveyed.assessment = Assessment::unknown(UnknownReason::Ancestry),
            }
        }
        Ok(())
    }

    /// Whether a release branch had this commit when it was built: the newest release on it before contains the commit.
    fn was_released_before(&self, built: &BuiltCommit) -> Result<bool, Error> {
        let query = (self.of_release_branches()?, self.release.trusted.as_slice(), built.published);
        let Some(before) = newest_commit_until(self.workspace, self.server, query)? else { return Ok(false) };
        Ok(self.contained(&built.commit, &[before.commit])? == Containment::Yes)
    }

    fn is_released(&self, commit: &CommitId) -> Result<Containment, Error> {
        let tips: Vec<CommitId> = self.release.tips.values().cloned().collect();
        self.contained(commit, &tips)
    }

    fn contained(&self, commit: &CommitId, tips: &[CommitId]) -> Result<Containment, Error> {
        let answers = self.workspace.repository()?.contained_in(std::slice::from_ref(commit), tips)?;
        Ok(answers.get(commit).copied().unwrap_or(Containment::Unknown))
    }
}
