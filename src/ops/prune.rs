//! `prune`: decides which indexes are deleted, and deletes them.
//!
//! The plan follows from the survey alone. Its execution deletes the chosen indexes and updates the others: it ends interrupted
//! deletions, records the first own commits of a branch (before that the branch only looks merged), and adds rights that are missing.

pub mod releases;
mod rights;

use std::collections::BTreeSet;
use std::time::Instant;

use crate::devpi::{self, Server, Session};
use crate::git::{LsRemote, Prompts};
use crate::index;
use crate::index::branch_index::BranchIndex;
use crate::index::deletion::{BranchLook, Deleted, DeletionRequest, Deletions, LiveClaims, Target, WAVE, WaveOutcome};
use crate::index::kept_files::KeepFiles;
use crate::index::known::IndexCache;
use crate::index::permissions::Rights;
use crate::index::survey::{
    ComparePatches, IndexSurvey, MissingCommits, QueryRemote, ReadContents, ReadLimits, RunLimit, SurveyRequest,
    SurveyedIndex,
};
use crate::index::upkeep::Update;
use crate::index::{deleted_branches, upkeep};
use crate::model::names::{BranchName, IndexName};
use crate::model::staleness::{GracePeriod, ProbablyMerged, State};
use crate::ops::Error;
use crate::release::survey::survey;
use crate::settings::PruneLimit;
use crate::workspace::{self, Workspace};

/// How many indexes a run reads and deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunScope {
    /// It deletes nothing: some of the indexes are enough.
    Show,
    /// As many as `prune-limit` allows.
    Limited,
    /// All of them.
    All,
}

/// The options of `prune`.
#[derive(Debug, Clone, Copy)]
pub struct PruneRequest {
    /// Whether `keep-for` applies.
    pub grace: GracePeriod,
    /// Whether probably merged branches count as merged; `squash-merges` of the release branch may extend `Kept`.
    pub probably_merged: ProbablyMerged,
    /// Whether git and ssh may ask for a password.
    pub prompts: Prompts,
    /// How many indexes are read.
    pub scope: RunScope,
    /// Which files of the deleted indexes are kept.
    pub keep: KeepFiles,
}

/// The indexes to delete and to keep.
#[derive(Debug)]
pub struct Plan {
    /// Every index of the owner with its state.
    pub survey: IndexSurvey,
    /// The limit of deletions in one run.
    pub limit: usize,
    /// Which files of the deleted indexes are kept.
    pub keep: KeepFiles,
    /// The rights that the kept indexes give.
    pub rights: Rights,
}

impl Plan {
    /// Creates the plan from a survey. Keeps only files whose keeping costs no request.
    pub fn new(survey: IndexSurvey, limit: PruneLimit) -> Self {
        let total = survey.branch_indexes().count();
        let limit = RunLimit::Limited(limit).deletions(total);
        Self { survey, limit, keep: KeepFiles::CachedOnly, rights: Rights::default() }
    }

    /// Returns the indexes to delete: expired claims, and the indexes of merged and deleted
    /// branches.
    pub fn deletions(&self) -> impl Iterator<Item = &SurveyedIndex> {
        self.survey.indexes.iter().filter(|surveyed| surveyed.assessment.state.is_deletable())
    }

    /// Returns the indexes of merged and deleted branches that were not read, since more can be deleted than the limit allows, or since
    /// nothing is deleted in this run.
    pub fn unread(&self) -> impl Iterator<Item = &SurveyedIndex> {
        self.survey.branch_indexes().filter(|surveyed| surveyed.is_unread())
    }

    /// Returns the kept indexes to update: after an interrupted deletion, with the first own commits of a branch, or with rights that
    /// they lack.
    pub fn upkeep(&self) -> impl Iterator<Item = &SurveyedIndex> {
        self.survey.branch_indexes().filter(|surveyed| {
            is_interrupted_deletion(surveyed)
                || has_new_own_commits(surveyed)
                || rights::lacks_rights(&self.rights, surveyed)
        })
    }

    /// Refuses to delete more indexes than `prune-limit` allows. Claims do not count.
    pub fn check_limit(&self, chosen: &BTreeSet<IndexName>) -> Result<(), Error> {
        let counted =
            |surveyed: &&SurveyedIndex| surveyed.branch_record().is_some() && chosen.contains(&surveyed.index);
        let read = self.deletions().filter(counted).count();
        // More would be deleted than have been read.
        let count = if read > self.limit { read + self.unread().count() } else { read };
        if count > self.limit { Err(Error::PruneLimit { count, limit: self.limit }) } else { Ok(()) }
    }

    /// Returns the names of all indexes to delete.
    pub fn all(&self) -> BTreeSet<IndexName> {
        self.deletions().map(|surveyed| surveyed.index.clone()).collect()
    }

    /// Returns as many of them as `prune-limit` allows, and the number of the others.
    pub fn up_to_limit(&self) -> (BTreeSet<IndexName>, usize) {
        let (claims, branches): (Vec<_>, Vec<_>) = self.deletions().partition(|s| s.branch_record().is_none());
        let left = match branches.len().saturating_sub(self.limit) {
            0 => 0,
            left => left + self.unread().count(),
        };
        let chosen = claims.into_iter().chain(branches.into_iter().take(self.limit));
        (chosen.map(|surveyed| surveyed.index.clone()).collect(), left)
    }
}

/// Creates the plan. Changes nothing.
pub fn plan(workspace: &Workspace<'_>, request: &PruneRequest) -> Result<Plan, Error> {
    let limit = workspace.settings.prune_limit()?;
    let survey_request = SurveyRequest {
        grace: request.grace,
        query: QueryRemote::WhenStateDependsOnIt,
        how: LsRemote { deadline: None, prompts: request.prompts },
        missing: MissingCommits::Fetch,
        read: ReadContents::Candidates(match request.scope {
            RunScope::Show => ReadLimits::bounded(limit),
            RunScope::Limited => ReadLimits { run: RunLimit::Limited(limit), reads: usize::MAX },
            RunScope::All => ReadLimits { run: RunLimit::Unlimited, reads: usize::MAX },
        }),
        patches: ComparePatches::Yes(request.probably_merged),
    };
    workspace.progress.step("checking the indexes and the remote's branches");
    let survey = survey(workspace, read_server(workspace)?, survey_request)?;
    let rights = rights::rights(workspace, &survey)?;
    Ok(Plan { keep: request.keep, rights, ..Plan::new(survey, limit) })
}

/// Returns the server for reading, with the stored login if there is one.
fn read_server<'w>(workspace: &'w Workspace<'_>) -> Result<&'w Server, Error> {
    if workspace.stored_token()?.is_some() { Ok(workspace.session()?) } else { Ok(workspace.server()?) }
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The deleted indexes.
    pub deleted: Vec<Deleted>,
    /// The indexes that were not deleted because they changed meanwhile, with the reason.
    pub left_alone: Vec<(IndexName, String)>,
    /// The indexes that were made non-volatile again.
    pub repaired: Vec<IndexName>,
    /// The indexes that got rights which they lacked.
    pub granted: Vec<IndexName>,
    /// The failure that ended the run early.
    pub failure: Option<Error>,
}

/// Deletes the `chosen` indexes of the plan and updates the others.
///
/// After a failure the outcome has what was done before it.
pub fn carry_out(workspace: &Workspace<'_>, session: &Session, plan: &Plan, chosen: &BTreeSet<IndexName>) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.failure = delete(workspace, session, (plan, chosen, None), &mut outcome)
        .and_then(|()| update_remaining(session, plan, &mut outcome))
        .err();
    outcome
}

/// Deletes the `chosen` indexes until `end`, and updates nothing. For hooks.
pub fn delete_until(
    workspace: &Workspace<'_>,
    session: &Session,
    (plan, chosen): (&Plan, &BTreeSet<IndexName>),
    end: Instant,
) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.failure = delete(workspace, session, (plan, chosen, Some(end)), &mut outcome).err();
    outcome
}

fn delete(
    workspace: &Workspace<'_>,
    session: &Session,
    (plan, chosen, end): (&Plan, &BTreeSet<IndexName>, Option<Instant>),
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let going: Vec<&SurveyedIndex> = plan.deletions().filter(|surveyed| chosen.contains(&surveyed.index)).collect();
    let prompts = if end.is_some() { Prompts::Denied } else { Prompts::Allowed };
    let deadline = end.map(|end| end.saturating_duration_since(Instant::now()));
    let tips = plan.survey.tips.clone();
    let branches = (!tips.is_empty()).then_some(BranchLook { tips, how: LsRemote { deadline, prompts } });
    let look = plan.survey.look.clone();
    let request = DeletionRequest { look, claims: LiveClaims::Protect, keep: plan.keep, branches };
    let mut run = Deletions::new(workspace, session, request);
    for wave in going.chunks(WAVE) {
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        let names: Vec<String> = wave.iter().map(|surveyed| surveyed.index.to_string()).collect();
        workspace.progress.step(&format!("deleting {}", names.join(", ")));
        let targets: Vec<Target<'_>> = wave.iter().map(|surveyed| target(surveyed)).collect();
        let WaveOutcome { deleted, given_back, failure, .. } = run.wave(&targets);
        forget_known(workspace, wave, &deleted)?;
        outcome.deleted.extend(deleted);
        outcome.left_alone.extend(given_back);
        if let Some(failure) = failure {
            return Err(failure.into());
        }
    }
    forget_recorded(workspace, plan)
}

fn target(surveyed: &SurveyedIndex) -> Target<'_> {
    Target { index: &surveyed.index, seen: &surveyed.config, contents: surveyed.contents.as_ref() }
}

/// Removes the deleted indexes from the clone's cache.
fn forget_known(workspace: &Workspace<'_>, wave: &[&SurveyedIndex], deleted: &[Deleted]) -> Result<(), Error> {
    let is_deleted = |surveyed: &&&SurveyedIndex| deleted.iter().any(|deleted| deleted.index == surveyed.index);
    let mut cache = IndexCache::read(workspace)?;
    for branch in wave.iter().filter(is_deleted).filter_map(|surveyed| surveyed.branch_record()) {
        if let Ok(branch) = BranchName::parse(&branch.branch) {
            cache.forget(&branch);
        }
    }
    cache.save();
    Ok(())
}

/// Removes the recorded branches that the remote was asked about, except those whose index is kept
/// for a while.
fn forget_recorded(workspace: &Workspace<'_>, plan: &Plan) -> Result<(), Error> {
    if plan.survey.tips.is_empty() {
        return Ok(());
    }
    let repository = workspace.repository()?;
    let ending = plan.survey.branch_indexes().filter(|surveyed| surveyed.assessment.state == State::Ending);
    let ending: Vec<&str> = ending.filter_map(SurveyedIndex::branch).collect();
    let mut settled = deleted_branches::recorded(repository)?;
    settled.retain(|branch| !ending.contains(&branch.as_str()));
    Ok(deleted_branches::forget(repository, &settled)?)
}

fn update_remaining(session: &Session, plan: &Plan, outcome: &mut Outcome) -> Result<(), Error> {
    for surveyed in plan.upkeep() {
        let Some(record) = surveyed.branch_record().cloned() else { continue };
        let (name, config) = (surveyed.index.clone(), surveyed.config.clone());
        let mut index = BranchIndex { name, config, record };
        let rights = if surveyed.assessment.state.is_deletable() { Rights::default() } else { plan.rights.clone() };
        let update = Update { own_commits: surveyed.has_own_commits, rights, ..Update::default() };
        let is_lacking = rights::lacks_rights(&plan.rights, surveyed);
        match upkeep::update(session, &mut index, &update) {
            Ok(()) if is_interrupted_deletion(surveyed) => outcome.repaired.push(index.name),
            Ok(()) if is_lacking && index.config != surveyed.config => outcome.granted.push(index.name),
            // Another client deleted it.
            Ok(()) | Err(index::Error::Workspace(workspace::Error::Devpi(devpi::Error::NotFound { .. }))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether an interrupted deletion left it volatile, and it is kept.
fn is_interrupted_deletion(surveyed: &SurveyedIndex) -> bool {
    let state = &surveyed.assessment.state;
    surveyed.config.volatile && !state.is_deletable() && !matches!(state, State::Unknown(_))
}

/// Whether its branch has commits of its own that its record does not tell yet.
fn has_new_own_commits(surveyed: &SurveyedIndex) -> bool {
    surveyed.has_own_commits && surveyed.branch_record().is_some_and(|record| !record.own_commits)
}
