//! `hook post-merge`: after a pull or merge on a release branch, deletes the indexes of merged and
//! deleted branches.
//!
//! The local merge only starts the hook. The remote and the server decide what is deleted. The hook never prompts or fetches,
//! and takes 5 s at most; the next run, or `prune`, deletes the rest.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::devpi::{self, Session};
use crate::git::{Containment, LsRemote, Prompts};
use crate::index::deletion::Deleted;
use crate::index::survey::{IndexSurvey, MissingCommits, QueryRemote, ReadContents, SurveyRequest};
use crate::model::names::{BranchName, CommitId, IndexName};
use crate::model::staleness::{GracePeriod, State};
use crate::ops::Error;
use crate::ops::prune::{Outcome, Plan, delete_until};
use crate::release::survey::survey;
use crate::workspace::hook_backoff::{self, Cause, HookAccount};
use crate::workspace::hook_session::{self, HookSession};
use crate::workspace::{self, Workspace};

/// The total time limit of the hook.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The result of the hook.
#[derive(Debug, Default)]
pub struct PostMergeOutcome {
    /// The deleted branch indexes with the logs of their contents. Deleted claims are not listed.
    pub deleted: Vec<(IndexName, Option<PathBuf>)>,
    /// The number of further deletable indexes, over the limit or the time.
    pub left: usize,
    /// Branches that are merged locally, but not on the remote yet.
    pub waiting: Vec<BranchName>,
    /// The failure that ended the hook early.
    pub failure: Option<Error>,
}

/// Deletes indexes if HEAD is on a release branch and the owner is logged in.
///
/// Otherwise makes no request.
pub fn post_merge(workspace: &Workspace<'_>) -> Result<PostMergeOutcome, Error> {
    let end = Instant::now() + TIME_LIMIT;
    if !is_on_release_branch(workspace)? {
        return Ok(PostMergeOutcome::default());
    }
    let plan = hook_session::plan_session(workspace)?;
    let Some(account) = plan.account(workspace)? else { return Ok(PostMergeOutcome::default()) };
    let remote = HookAccount::of_remote(workspace, &account)?;
    for account in std::iter::once(&account).chain(&remote) {
        if hook_backoff::current(workspace, account)?.is_some() {
            return Ok(PostMergeOutcome::default());
        }
    }
    let result = match plan.open(workspace) {
        Ok(HookSession::Open(session)) => clean_up(workspace, &session, end),
        Ok(HookSession::Skipped(_)) => Ok(PostMergeOutcome::default()),
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

fn is_on_release_branch(workspace: &Workspace<'_>) -> Result<bool, Error> {
    let Some(branch) = workspace.repository()?.head()?.branch else { return Ok(false) };
    match workspace.is_release_branch(&branch) {
        Err(workspace::Error::NoReleaseBranches) => Ok(false),
        other => Ok(other?),
    }
}

fn clean_up(workspace: &Workspace<'_>, session: &Session, end: Instant) -> Result<PostMergeOutcome, Error> {
    let request = SurveyRequest {
        grace: GracePeriod::Applies,
        query: QueryRemote::WhenDeletionDependsOnIt,
        how: LsRemote { deadline: Some(end.saturating_duration_since(Instant::now())), prompts: Prompts::Denied },
        missing: MissingCommits::Leave,
        read: ReadContents::WhereAgeDecides,
    };
    let survey = survey(workspace, session, request)?;
    let waiting = merged_only_locally(workspace, &survey)?;
    let mut plan = Plan::new(survey, workspace.settings.prune_limit()?);
    let (chosen, over_limit) = plan.up_to_limit();
    let outcome = delete(workspace, session, (&plan, &chosen), end)?;
    let remote = plan.survey.failure.take().map(workspace::Error::Git);
    let mut done = report(&plan, &chosen, outcome);
    done.left += over_limit;
    done.waiting = waiting;
    done.failure = done.failure.or(remote.map(Error::from));
    Ok(done)
}

/// Deletes the chosen indexes. Renews an expired token once.
fn delete(
    workspace: &Workspace<'_>,
    session: &Session,
    (plan, chosen): (&Plan, &BTreeSet<IndexName>),
    end: Instant,
) -> Result<Outcome, Error> {
    let outcome = delete_until(workspace, session, (plan, chosen), end);
    if let Some(Error::Workspace(workspace::Error::Devpi(devpi::Error::TokenExpired { .. }))) = outcome.failure
        && let HookSession::Open(renewed) = hook_session::reopen(workspace, session)?
    {
        return Ok(delete_until(workspace, &renewed, (plan, chosen), end));
    }
    Ok(outcome)
}

fn report(plan: &Plan, chosen: &BTreeSet<IndexName>, outcome: Outcome) -> PostMergeOutcome {
    let is_claim = |index: &IndexName| plan.deletions().any(|s| s.index == *index && s.branch_record().is_none());
    let finished: Vec<&IndexName> =
        outcome.deleted.iter().map(|deleted| &deleted.index).chain(outcome.left_alone.iter().map(|(i, _)| i)).collect();
    let left = chosen.iter().filter(|index| !finished.contains(index) && !is_claim(index)).count();
    let reported = |deleted: Deleted| (!is_claim(&deleted.index)).then_some((deleted.index, deleted.log));
    PostMergeOutcome {
        deleted: outcome.deleted.into_iter().filter_map(reported).collect(),
        left,
        waiting: Vec::new(),
        failure: outcome.failure,
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
