//! The clean-up of the hooks: deletes the indexes of merged and deleted branches.
//!
//! A hook only starts it. The remote and the server decide what is deleted, by the same rule and limit as for `prune`. It never prompts
//! or fetches, and has a time limit; the next run, or `prune`, deletes the rest.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::devpi::Session;
use crate::git::{Containment, LsRemote, Prompts};
use crate::index::deletion::Deleted;
use crate::index::survey::{
    ComparePatches, IndexSurvey, MissingCommits, QueryRemote, ReadContents, ReadLimits, SurveyRequest,
};
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::staleness::{ClockDoubt, GracePeriod, State, UnknownReason};
use crate::ops::Error;
use crate::ops::prune::{Outcome, Plan, delete_until};
use crate::ops::unfinished_push;
use crate::release::survey::survey;
use crate::workspace::hook_backoff::{self, Cause, HookAccount};
use crate::workspace::hook_session::{self, HookSession};
use crate::workspace::{self, Workspace};

/// The time limit of a clean-up that git waits for.
pub const HOOK_TIME_LIMIT: Duration = Duration::from_secs(5);

/// The result of a clean-up.
#[derive(Debug, Default)]
pub struct CleanUpOutcome {
    /// The deleted branch indexes with the logs of their contents. Deleted claims are not listed.
    pub deleted: Vec<(IndexName, Option<PathBuf>)>,
    /// The number of further deletable indexes, over the limit or the time.
    pub left: usize,
    /// Branches that are merged locally, but not on the remote yet.
    pub waiting: Vec<BranchName>,
    /// The indexes that are kept until `keep-for` has passed.
    pub ending: Vec<EndingIndex>,
    /// Why the server's clock is not trusted, if indexes are kept because of it.
    pub clock_doubt: Option<ClockDoubt>,
    /// The time by the server's clock; `None` if nothing was asked.
    pub now: Option<Timestamp>,
    /// The failure that ended the clean-up early.
    pub failure: Option<Error>,
}

impl CleanUpOutcome {
    /// Whether every index was looked at and every stale one deleted, up to the limit of a run.
    pub fn is_complete(&self) -> bool {
        self.now.is_some() && self.failure.is_none()
    }
}

/// An index that is deleted after a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingIndex {
    /// Its name.
    pub index: IndexName,
    /// The time after which it is deleted, by the server's clock.
    pub until: Timestamp,
}

/// Deletes stale indexes if the owner is logged in. Otherwise, and in a backoff, makes no request.
///
/// Requests: one if no index can be stale.
pub fn clean_up(workspace: &Workspace<'_>, time_limit: Duration) -> Result<CleanUpOutcome, Error> {
    let end = Instant::now() + time_limit;
    let plan = hook_session::plan_session(workspace)?;
    let Some(account) = plan.account(workspace)? else { return Ok(CleanUpOutcome::default()) };
    let remote = HookAccount::of_remote(workspace, &account)?;
    for account in std::iter::once(&account).chain(&remote) {
        if hook_backoff::current(workspace, account)?.is_some() {
            return Ok(CleanUpOutcome::default());
        }
    }
    let result = match plan.open_within(workspace, time_limit) {
        Ok(HookSession::Open(session)) => delete_stale(workspace, &session, end),
        Ok(HookSession::Skipped(_)) => Ok(CleanUpOutcome::default()),
        Err(error) => Err(error.into()),
    };
    let failure = match &result {
        Ok(done) => done.failure.as_ref(),
        Err(error) => Some(error),
    };
    match (failure, remote) {
        (Some(Error::Workspace(workspace::Error::Git(_))), Some(remote)) => {
            hook_backoff::begin(workspace, &remote, Cause::Unreachable)
        }
        (Some(Error::Workspace(error)), _) => hook_backoff::begin_after(workspace, &account, error),
        _ => {}
    }
    result
}

fn delete_stale(workspace: &Workspace<'_>, session: &Session, end: Instant) -> Result<CleanUpOutcome, Error> {
    let limit = workspace.settings.prune_limit()?;
    let request = SurveyRequest {
        grace: GracePeriod::Applies,
        query: QueryRemote::WhenDeletionDependsOnIt,
        how: LsRemote { deadline: Some(end.saturating_duration_since(Instant::now())), prompts: Prompts::Denied },
        missing: MissingCommits::Leave,
        read: ReadContents::Candidates(ReadLimits::bounded(limit)),
        patches: ComparePatches::No,
    };
    let survey = survey(workspace, session, request)?;
    let waiting = merged_only_locally(workspace, &survey)?;
    let ending: Vec<EndingIndex> =
        survey.ending().map(|(surveyed, until)| EndingIndex { index: surveyed.index.clone(), until }).collect();
    let clock_doubt = survey.indexes.iter().find_map(|surveyed| match surveyed.assessment.state {
        State::Unknown(UnknownReason::Clock(doubt)) => Some(doubt),
        _ => None,
    });
    let now = survey.now;
    let mut plan = Plan::new(survey, limit);
    let (chosen, over_limit) = plan.up_to_limit();
    let outcome = delete_until(workspace, session, (&plan, &chosen), end);
    let remote = plan.survey.failure.take().map(workspace::Error::Git);
    let mut done = report(&plan, &chosen, outcome);
    done.left += over_limit;
    (done.waiting, done.ending, done.clock_doubt, done.now) = (waiting, ending, clock_doubt, Some(now));
    done.failure = done.failure.or(remote.map(Error::from));
    if done.is_complete() {
        let first = done.ending.iter().map(|ending| ending.until).min();
        unfinished_push::note_end_of_grace(workspace.repository()?, first)?;
    }
    Ok(done)
}

fn report(plan: &Plan, chosen: &BTreeSet<IndexName>, outcome: Outcome) -> CleanUpOutcome {
    let is_claim = |index: &IndexName| plan.deletions().any(|s| s.index == *index && s.branch_record().is_none());
    let finished: Vec<&IndexName> =
        outcome.deleted.iter().map(|deleted| &deleted.index).chain(outcome.left_alone.iter().map(|(i, _)| i)).collect();
    let left = chosen.iter().filter(|index| !finished.contains(index) && !is_claim(index)).count();
    let reported = |deleted: Deleted| (!is_claim(&deleted.index)).then_some((deleted.index, deleted.log));
    CleanUpOutcome {
        deleted: outcome.deleted.into_iter().filter_map(reported).collect(),
        left,
        failure: outcome.failure,
        ..CleanUpOutcome::default()
    }
}

/// Returns the branches with an index that HEAD contains, but no release branch on the remote: the
/// merge was not pushed.
fn merged_only_locally(workspace: &Workspace<'_>, survey: &IndexSurvey) -> Result<Vec<BranchName>, Error> {
    let live = survey.branch_indexes().filter(|surveyed| surveyed.assessment.state == State::Live);
    let branches = live.filter_map(|surveyed| BranchName::parse(surveyed.branch()?).ok());
    let tips: Vec<(BranchName, CommitId)> =
        branches.filter_map(|branch| Some((branch.clone(), survey.tips.get(&branch)?.clone()))).collect();
    let Some(head) = workspace.repository()?.head()?.commit.filter(|_| !tips.is_empty()) else {
        return Ok(Vec::new());
    };
    let candidates: Vec<CommitId> = tips.iter().map(|(_, tip)| tip.clone()).collect();
    let contained = workspace.repository()?.contained_in(&candidates, &[head])?;
    let here = tips.into_iter().filter(|(_, tip)| contained.get(tip) == Some(&Containment::Yes));
    Ok(here.map(|(branch, _)| branch).collect())
}
