//! Sample facts about an index for the tests of the rule.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::authority::Authority;
use super::super::evidence::samples::minute;
use super::super::names::{IndexName, RepositoryName};
use super::super::tox_result::samples::commit;
use super::*;

pub(super) const NOW: i64 = 1000;

/// Everything the rule is told about one index, with a case that is *merged* to start from: every test changes what it is about.
#[derive(Clone)]
pub(super) struct Case {
    pub record: Option<Record>,
    pub remote: RemoteAnswer,
    pub branch: BranchFacts,
    pub base_of: Option<IndexName>,
    pub is_claim_shaped: bool,
    pub is_released: bool,
    pub is_production: bool,
    pub claim: Option<IndexName>,
    pub activity: Activity,
    pub keep_for: Duration,
    pub clock_doubt: Option<ClockDoubt>,
    pub grace: GracePeriod,
    pub probably_merged: ProbablyMerged,
}

pub(super) fn names(branches: &[&str]) -> BTreeSet<BranchName> {
    branches.iter().map(|branch| BranchName::parse(branch).unwrap()).collect()
}

pub(super) fn listing() -> RemoteListing {
    RemoteListing {
        authority: Authority::Declared,
        branches: names(&["main", "feature/x", "develop"]),
        release_branches: names(&["main"]),
        default_branch: None,
        hidden: BTreeSet::new(),
        pull_requests: BTreeSet::from(["7".to_owned()]),
    }
}

pub(super) fn branch_record(branch: &str) -> Record {
    Record::Branch(BranchRecord {
        repository: "acme/shiny".into(),
        branch: branch.into(),
        own_commits: true,
        created: minute(0),
        remote: None,
    })
}

pub(super) fn claim(until: i64) -> Record {
    Record::Claim(ClaimRecord {
        repository: "acme/shiny".into(),
        branch: "feature/x".into(),
        holder: "h".into(),
        commit: commit('a'),
        project: None,
        version: None,
        until: minute(until),
        failed: None,
        abandoned: false,
        ci_url: None,
    })
}

impl Case {
    pub fn merged() -> Self {
        Self {
            record: Some(branch_record("feature/x")),
            remote: RemoteAnswer::Listed(listing()),
            branch: BranchFacts { merged: Containment::Yes, ..BranchFacts::default() },
            base_of: None,
            is_claim_shaped: true,
            is_released: false,
            is_production: false,
            claim: None,
            activity: Activity::Newest(minute(NOW - 60)),
            keep_for: Duration::from_secs(600),
            clock_doubt: None,
            grace: GracePeriod::Applies,
            probably_merged: ProbablyMerged::Kept,
        }
    }

    pub fn gone() -> Self {
        Self::merged().of_branch("feature/y")
    }

    pub fn of_branch(self, branch: &str) -> Self {
        Self { record: Some(branch_record(branch)), ..self }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn with_record(self, change: impl FnOnce(&mut BranchRecord)) -> Self {
        self.with(|case| match &mut case.record {
            Some(Record::Branch(record)) => change(record),
            _ => unreachable!("not a branch's record"),
        })
    }

    pub fn with_listing(self, change: impl FnOnce(&mut RemoteListing)) -> Self {
        self.with(|case| match &mut case.remote {
            RemoteAnswer::Listed(listing) => change(listing),
            _ => unreachable!("no list"),
        })
    }

    pub fn assess(&self) -> Assessment {
        let repository = RepositoryName::parse("acme/shiny").unwrap();
        let survey = Survey {
            repository: &repository,
            remote: &self.remote,
            now: minute(NOW),
            clock_doubt: self.clock_doubt,
            keep_for: self.keep_for,
            grace: self.grace,
            probably_merged: self.probably_merged,
        };
        let index = IndexFacts {
            record: self.record.as_ref(),
            is_claim_shaped: self.is_claim_shaped,
            is_released: self.is_released,
            is_production: self.is_production,
            claim: self.claim.as_ref(),
            base_of: self.base_of.as_ref(),
            activity: self.activity,
        };
        assess(&survey, &index, &self.branch)
    }

    pub fn state(&self) -> State {
        self.assess().state
    }
}

pub(super) fn other_index() -> IndexName {
    IndexName::parse("acme/feature-z").unwrap()
}
