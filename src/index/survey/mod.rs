//! The survey: every index of the owner with its state.
//!
//! Cost: one request for the owner's indexes; one `git ls-remote`, only if a state depends on it; one walk for the ancestry of all
//! branches; one request for the indexes of all users, if any index is merged or gone; the contents of an index only if its age
//! decides; for a deletion, the release of each claim that expired within a day. Nothing is changed, except for the objects that [`MissingCommits::Fetch`] fetches.

mod released_claims;
mod remote;
mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::devpi::{IndexConfig, Server};
use crate::git::{self, LsRemote};
use crate::index::Error;
use crate::index::branch_index::indexes_of;
use crate::index::contents::{self, Contents};
use crate::index::deletion::FirstLook;
use crate::index::dependents::{self, Dependents};
use crate::model::index_name::index_of_claim;
use crate::model::names::{BranchName, CommitId, IndexName, RepositoryName};
use crate::model::record::{BranchRecord, ClaimRecord, Record};
use crate::model::staleness::Survey as Rule;
use crate::model::staleness::{
    Activity, Assessment, BranchFacts, ClaimState, ClockDoubt, IndexFacts, State, UnknownReason, assess,
};
use crate::settings::Key;
use crate::system::clock;
use crate::workspace::Workspace;

use crate::index::survey::remote::RemoteView;

pub use crate::index::survey::remote::ReleaseState;
pub use crate::index::survey::request::ComparePatches;
pub use crate::index::survey::request::MissingCommits;
pub use crate::index::survey::request::QueryRemote;
pub use crate::index::survey::request::SurveyRequest;
pub use crate::index::survey::request::{ReadContents, ReadLimits, RunLimit};

/// An index with its state.
#[derive(Debug, Clone)]
pub struct SurveyedIndex {
    /// Its name.
    pub index: IndexName,
    /// Its configuration, with its record.
    pub config: IndexConfig,
    /// Its state, and the reason.
    pub assessment: Assessment,
    /// The time of its last use.
    pub activity: Activity,
    /// Whether its branch has commits of its own now.
    pub has_own_commits: bool,
    /// Its contents, if they were read.
    pub contents: Option<Contents>,
}

impl SurveyedIndex {
    /// Returns the record if this is a branch's index.
    pub fn branch_record(&self) -> Option<&BranchRecord> {
        match &self.config.record {
            Some(Record::Branch(record)) => Some(record),
            _ => None,
        }
    }

    /// Returns the branch of an index or a claim.
    pub fn branch(&self) -> Option<&str> {
        match &self.config.record {
            Some(Record::Branch(record)) => Some(&record.branch),
            Some(Record::Claim(claim)) => Some(&claim.branch),
            _ => None,
        }
    }

    /// Whether its branch is merged or gone, and it was not read since, so that it may still be in use. It is not deleted.
    pub fn is_unread(&self) -> bool {
        self.assessment.candidate.is_some()
            && self.assessment.state == State::Ending
            && self.activity == Activity::NotRead
    }

    /// The state for tables and JSON.
    pub fn shown_state(&self) -> &'static str {
        match self.assessment.candidate {
            Some(candidate) if self.is_unread() => candidate.as_str(),
            _ => self.assessment.state.as_str(),
        }
    }

    /// Whether the branch is merged or gone, or `prune` deletes the index.
    pub fn is_stale(&self) -> bool {
        self.is_ours() && (self.assessment.candidate.is_some() || self.assessment.state.is_deletable())
    }

    /// Whether the index belongs to this repository.
    pub fn is_ours(&self) -> bool {
        self.assessment.state != State::Foreign
    }
}

/// The result of a survey.
#[derive(Debug)]
pub struct IndexSurvey {
    /// The surveyed repository.
    pub repository: RepositoryName,
    /// Every index of the owner, by name.
    pub indexes: Vec<SurveyedIndex>,
    /// The time by the server's clock.
    pub now: Timestamp,
    /// How long an index is kept after its last use.
    pub keep_for: Duration,
    /// The state of the server that the states are about, for the deletion.
    pub look: FirstLook,
    /// Why the remote did not respond.
    pub failure: Option<git::Error>,
    /// The tips of the branches on the remote, if it was asked.
    pub tips: BTreeMap<BranchName, CommitId>,
    /// The release branches, where the remote was asked and decides anything.
    pub release: Option<ReleaseState>,
}

impl IndexSurvey {
    /// Returns the indexes of branches of this repository, without claims.
    pub fn branch_indexes(&self) -> impl Iterator<Item = &SurveyedIndex> {
        self.indexes.iter().filter(|surveyed| surveyed.is_ours() && surveyed.branch_record().is_some())
    }

    /// Returns the indexes that are kept for `keep-for` only, with the time at which that ends.
    pub fn ending(&self) -> impl Iterator<Item = (&SurveyedIndex, Timestamp)> {
        let keep_for = SignedDuration::try_from(self.keep_for).unwrap_or(SignedDuration::MAX);
        let ending = self.branch_indexes().filter(|surveyed| surveyed.assessment.state == State::Ending);
        ending.filter_map(move |surveyed| {
            let since = match surveyed.activity {
                Activity::Newest(when) => when,
                Activity::Empty => surveyed.branch_record()?.created,
                Activity::NotRead => return None,
            };
            Some((surveyed, since.checked_add(keep_for).ok()?))
        })
    }
}

/// Surveys every index of the owner. Asks the remote only if this repository has indexes.
pub fn survey(workspace: &Workspace<'_>, server: &Server, request: SurveyRequest) -> Result<IndexSurvey, Error> {
    let started = Instant::now();
    let owner = workspace.owner()?;
    let map = indexes_of(server, &owner)?;
    let here = clock::now();
    let now = server.server_time().unwrap_or(here);
    let named = |(name, config): (String, IndexConfig)| Some((IndexName::new(&owner, &name).ok()?, config));
    let mut context = SurveyContext {
        repository: workspace.repository_name()?.value,
        request,
        now,
        clock_doubt: ClockDoubt::of(server.server_time(), here),
        keep_for: workspace.settings.duration(Key::KeepFor)?.unwrap_or_default(),
        base_of: dependents::of_user(&owner, &map),
        production: BTreeSet::from([workspace.production()?]),
        checked_out: BTreeSet::new(),
        claims: BTreeMap::new(),
        released: BTreeSet::new(),
        view: RemoteView::not_asked(),
    };
    let mut indexes: Vec<SurveyedIndex> =
        map.into_iter().filter_map(named).map(|entry| context.new_entry(entry)).collect();
    let look = FirstLook::at(server, indexes.iter().map(|surveyed| (&surveyed.index, &surveyed.config)));
    if indexes.iter().any(SurveyedIndex::is_ours) {
        context.checked_out = workspace.repository()?.worktree_branches()?;
        context.claims = active_claims(&indexes);
        if matches!(request.read, ReadContents::Candidates(_)) {
            context.released = released_claims::find(server, expired_claims(&indexes))?;
        }
        indexes.iter_mut().for_each(|surveyed| context.reassess(surveyed));
        let open: BTreeSet<BranchName> = indexes.iter().filter_map(branch_needing_remote).collect();
        if needs_remote(workspace, &open, request.query) {
            let deadline = request.how.deadline.map(|deadline| deadline.saturating_sub(started.elapsed()));
            let request = SurveyRequest { how: LsRemote { deadline, ..request.how }, ..request };
            context.view = remote::query(workspace, &request, &open)?;
            context.production.extend(context.view.production.clone());
            context.keep_for = context.view.keep_for.unwrap_or(context.keep_for);
            indexes.iter_mut().for_each(|surveyed| context.reassess(surveyed));
            context.compare_patches(workspace, &mut indexes)?;
        }
        context.find_dependents(workspace, server, &mut indexes)?;
        context.read_contents((workspace, server), &mut indexes, started)?;
    }
    let RemoteView { failure, tips, release, .. } = context.view;
    let SurveyContext { repository, keep_for, .. } = context;
    Ok(IndexSurvey { repository, indexes, now, keep_for, look, failure, tips, release })
}

/// Returns the branch of an index whose state depends on the remote.
fn branch_needing_remote(surveyed: &SurveyedIndex) -> Option<BranchName> {
    match (&surveyed.assessment.state, surveyed.branch_record()) {
        (State::Unknown(UnknownReason::Unreachable(_)), Some(record)) => BranchName::parse(&record.branch).ok(),
        _ => None,
    }
}

fn needs_remote(workspace: &Workspace<'_>, open: &BTreeSet<BranchName>, query: QueryRemote) -> bool {
    match query {
        QueryRemote::WhenStateDependsOnIt => !open.is_empty(),
        QueryRemote::WhenDeletionDependsOnIt => {
            open.iter().any(|branch| !workspace.is_release_branch(branch).unwrap_or(false))
        }
    }
}

/// The input of the rule for all indexes.
struct SurveyContext {
    repository: RepositoryName,
    request: SurveyRequest,
    now: Timestamp,
    clock_doubt: Option<ClockDoubt>,
    keep_for: Duration,
    base_of: Dependents,
    production: BTreeSet<IndexName>,
    checked_out: BTreeSet<BranchName>,
    /// An active claim of each branch that has one.
    claims: BTreeMap<String, IndexName>,
    /// The expired claims whose release is published.
    released: BTreeSet<IndexName>,
    view: RemoteView,
}

impl SurveyContext {
    fn new_entry(&self, (index, config): (IndexName, IndexConfig)) -> SurveyedIndex {
        let settled = Assessment { state: State::Foreign, reason: String::new(), candidate: None };
        let mut surveyed = SurveyedIndex {
            index,
            config,
            assessment: settled,
            activity: Activity::NotRead,
            has_own_commits: false,
            contents: None,
        };
        self.reassess(&mut surveyed);
        surveyed
    }

    fn reassess(&self, surveyed: &mut SurveyedIndex) {
        let branch = surveyed.branch_record().and_then(|record| BranchName::parse(&record.branch).ok());
        let facts = branch.map_or_else(BranchFacts::default, |branch| self.view.facts(&branch, &self.checked_out));
        let rule = Rule {
            repository: &self.repository,
            remote: &self.view.answer,
            now: self.now,
            clock_doubt: self.clock_doubt,
            keep_for: self.keep_for,
            grace: self.request.grace,
            probably_merged: self.view.probably_merged(self.request.patches),
        };
        let index = IndexFacts {
            record: surveyed.config.record.as_ref(),
            is_claim_shaped: surveyed.config.volatile && index_of_claim(surveyed.index.name()).is_some(),
            is_released: self.released.contains(&surveyed.index),
            is_production: self.production.contains(&surveyed.index),
            base_of: self.base_of.get(&surveyed.index),
            claim: surveyed.branch().and_then(|branch| self.claims.get(branch)),
            activity: surveyed.activity,
        };
        surveyed.assessment = assess(&rule, &index, &facts);
        let remote = surveyed.branch_record().and_then(|record| record.remote.as_ref());
        surveyed.has_own_commits = facts.has_own_commits && self.view.answer.decides(remote);
    }

    /// Looks for the changes of the live branches in the release branches.
    fn compare_patches(&mut self, workspace: &Workspace<'_>, indexes: &mut [SurveyedIndex]) -> Result<(), Error> {
        let live = indexes.iter().filter(|surveyed| surveyed.assessment.state == State::Live);
        let live: Vec<BranchName> = live.filter_map(|surveyed| BranchName::parse(surveyed.branch()?).ok()).collect();
        if self.request.patches == ComparePatches::No || live.is_empty() {
            return Ok(());
        }
        self.view.compare_patches(workspace, &live)?;
        indexes.iter_mut().for_each(|surveyed| self.reassess(surveyed));
        Ok(())
    }

    /// Looks for other users' indexes on top of an index that is merged or gone.
    fn find_dependents(
        &mut self,
        workspace: &Workspace<'_>,
        server: &Server,
        indexes: &mut [SurveyedIndex],
    ) -> Result<(), Error> {
        if indexes.iter().any(|surveyed| surveyed.assessment.candidate.is_some()) {
            self.base_of.extend(dependents::of_other_users(server, &workspace.owner()?)?);
            indexes.iter_mut().for_each(|surveyed| self.reassess(surveyed));
        }
        Ok(())
    }

    /// Asks the remote for the branches of those of `indexes` that can be deleted because it does not list their branches.
    fn find_hidden(
        &mut self,
        workspace: &Workspace<'_>,
        indexes: &mut [&mut SurveyedIndex],
        started: Instant,
    ) -> Result<(), Error> {
        let gone = indexes.iter().filter(|surveyed| surveyed.assessment.state == State::Gone);
        let absent: Vec<BranchName> = gone.filter_map(|surveyed| BranchName::parse(surveyed.branch()?).ok()).collect();
        let deadline = self.request.how.deadline.map(|deadline| deadline.saturating_sub(started.elapsed()));
        self.view.find_hidden(workspace, LsRemote { deadline, ..self.request.how }, &absent)?;
        indexes.iter_mut().for_each(|surveyed| self.reassess(surveyed));
        Ok(())
    }

    /// Reads the contents of the indexes that can be deleted in this run, and looks for their branches among the hidden ones.
    fn read_contents(
        &mut self,
        (workspace, server): (&Workspace<'_>, &Server),
        indexes: &mut [SurveyedIndex],
        started: Instant,
    ) -> Result<(), Error> {
        let ReadContents::Candidates(limits) = self.request.read else { return Ok(()) };
        let is_branch = |surveyed: &&SurveyedIndex| surveyed.is_ours() && surveyed.branch_record().is_some();
        let deletable = limits.run.deletions(indexes.iter().filter(is_branch).count());
        let is_read = |surveyed: &&mut SurveyedIndex| {
            surveyed.assessment.candidate.is_some() && surveyed.activity == Activity::NotRead
        };
        let mut candidates: Vec<&mut SurveyedIndex> = indexes.iter_mut().filter(is_read).collect();
        candidates.sort_by_key(|surveyed| surveyed.branch_record().map(|record| record.created));
        candidates.truncate(limits.reads);
        let mut found = 0;
        for batch in candidates.chunks_mut(contents::MAX_PARALLEL) {
            if found > deletable {
                break;
            }
            let names: Vec<&IndexName> = batch.iter().map(|surveyed| &surveyed.index).collect();
            let contents = contents::read_all(server, &names)?;
            for (surveyed, contents) in batch.iter_mut().zip(contents) {
                surveyed.activity = contents.activity();
                surveyed.contents = Some(contents);
                self.reassess(surveyed);
            }
            self.find_hidden(workspace, batch, started)?;
            found += batch.iter().filter(|surveyed| surveyed.assessment.state.is_deletable()).count();
        }
        Ok(())
    }
}

/// Returns an active claim of each branch that has one: its index is in use, though it may still be empty.
fn active_claims(indexes: &[SurveyedIndex]) -> BTreeMap<String, IndexName> {
    let alive = indexes.iter().filter(|surveyed| surveyed.assessment.state == State::Claim(ClaimState::Active));
    alive.filter_map(|surveyed| Some((surveyed.branch()?.to_owned(), surveyed.index.clone()))).collect()
}

/// The claims that expired within a day.
fn expired_claims(indexes: &[SurveyedIndex]) -> impl Iterator<Item = (&IndexName, &ClaimRecord)> {
    let expired = indexes.iter().filter(|surveyed| surveyed.assessment.state == State::Claim(ClaimState::Expired));
    expired.filter_map(|surveyed| match &surveyed.config.record {
        Some(Record::Claim(claim)) => Some((&surveyed.index, claim)),
        _ => None,
    })
}
