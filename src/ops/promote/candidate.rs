//! The release that is selected for promotion, and the decision about it.

use crate::devpi::Server;
use crate::model::evidence::{Origin, evidence, origin, provenance, unreadable_reports, withdrawal};
use crate::model::names::{BranchName, CommitId, IndexName, ProjectName};
use crate::model::promotion::{self, Blocker, Gate, Production, PromotionDecision, decide};
use crate::model::release::Release;
use crate::model::staleness::Containment;
use crate::ops::Error;
use crate::ops::promote::places::{Place, is_tag_build};
use crate::ops::promote::request::{Decision, Promotion, Selection};
use crate::ops::promote::rules::Rules;
use crate::release;
use crate::release::reports;
use crate::release::select::{CommitQuery, newest_first, numbered_version, release_of_commit};
use crate::system::parallel;
use crate::workspace::Workspace;
use crate::workspace::remote_gate::RemoteGate;

/// What the decision about every release needs.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub workspace: &'a Workspace<'a>,
    pub server: &'a Server,
    pub gate: &'a RemoteGate,
    pub rules: &'a Rules,
    pub places: &'a [Place],
    /// Whether the releases are already on the production index, and only an upload follows.
    pub is_from_production: bool,
}

/// The release with this version, whether or not it exists.
pub(super) struct Candidate {
    pub project: ProjectName,
    pub version: String,
    pub index: IndexName,
    pub release: Option<Release>,
    /// The release branches that may contain its commit.
    pub branches: Vec<BranchName>,
    /// The releases of the project on the production index, the highest version first.
    pub production: Vec<Release>,
    /// Whether a withdrawal from production stops it.
    pub withdrawals: Withdrawals,
}

/// Whether a withdrawal from production stops a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withdrawals {
    /// It does: the request does not name the version.
    Block,
    /// It does not.
    Ignore,
}

/// A candidate with the decision about it.
pub(super) struct Checked {
    pub candidate: Candidate,
    pub commit: Option<CommitId>,
    pub decision: promotion::Promotion,
}

impl Scope<'_> {
    /// Selects a release of `project` and decides about it.
    pub fn select(&self, project: &ProjectName, selection: &Selection) -> Result<Checked, Error> {
        // A release that is already in production passes the whole gate again before it leaves the server.
        let Self { server, rules, is_from_production, .. } = *self;
        let read_production = || match is_from_production {
            true => Ok(Vec::new()),
            false => newest_first(server, &rules.to, project),
        };
        if *selection == Selection::LatestGreen {
            return self.latest_green(project, &read_production()?);
        }
        let (named, production) = parallel::both(|| self.named(project, selection), read_production);
        let production = production?;
        let (version, place, release) = named?;
        self.check(Candidate {
            project: project.clone(),
            version,
            index: place.index.clone(),
            release,
            branches: place.branches.clone(),
            production,
            withdrawals: self.withdrawals(selection),
        })
    }

    /// The release of the version, or of this commit, with its place.
    fn named(&self, project: &ProjectName, selection: &Selection) -> Result<(String, &Place, Option<Release>), Error> {
        if let Selection::Version(version) = selection {
            let place = &self.places[0];
            return Ok((version.clone(), place, self.server.release(&place.index, project, version)?));
        }
        let release = self.of_this_commit(project)?;
        let found = self.places.iter().find(|place| place.index == release.index);
        Ok((release.version.clone(), found.unwrap_or(&self.places[0]), Some(release)))
    }

    fn withdrawals(&self, selection: &Selection) -> Withdrawals {
        match selection {
            Selection::ThisCommit | Selection::LatestGreen if !self.is_from_production => Withdrawals::Block,
            _ => Withdrawals::Ignore,
        }
    }

    fn of_this_commit(&self, project: &ProjectName) -> Result<Release, Error> {
        let indexes: Vec<IndexName> = self.places.iter().map(|place| place.index.clone()).collect();
        let number = match is_tag_build(self.workspace) {
            true => None,
            false => numbered_version(self.workspace, project)?,
        };
        let query = CommitQuery { project, indexes: &indexes, trusted: &self.rules.trusted, number };
        Ok(release_of_commit(self.workspace, self.server, query)?)
    }

    /// The newest release that may be promoted or that production has already; without one, the newest release with its blockers.
    ///
    /// A release whose bytes conflict with production ends the search: it needs a decision by a person.
    fn latest_green(&self, project: &ProjectName, production: &[Release]) -> Result<Checked, Error> {
        let place = &self.places[0];
        let mut newest = None;
        for release in newest_first(self.server, &place.index, project)? {
            let checked = self.check(Candidate {
                project: project.clone(),
                version: release.version.clone(),
                index: place.index.clone(),
                release: Some(release),
                branches: place.branches.clone(),
                production: production.to_vec(),
                withdrawals: self.withdrawals(&Selection::LatestGreen),
            })?;
            let is_blocked = matches!(checked.decision.decision, PromotionDecision::Blocked(_));
            if !is_blocked || checked.decision.decision.is_conflict() {
                return Ok(checked);
            }
            newest = newest.or(Some(checked));
        }
        let none = || release::Error::NoReleases { project: project.clone(), index: place.index.clone() };
        Ok(newest.ok_or_else(none)?)
    }

    /// Reads everything that the rule needs, and applies the rule.
    pub fn check(&self, candidate: Candidate) -> Result<Checked, Error> {
        let Candidate { project, version, index, release, branches, production, .. } = &candidate;
        let (workspace, rules, release) = (self.workspace, self.rules, release.as_ref());
        let read = |release| reports::read(workspace, self.server, release, &rules.trusted);
        let reports = release.map(read).transpose()?.unwrap_or_default();
        let unreadable =
            release.map(|release| unreadable_reports(release, &reports, &rules.trusted)).unwrap_or_default();
        let rows = release.map(|release| evidence(release, &reports, &rules.trusted)).unwrap_or_default();
        let built_from = release.map(|release| provenance(release, &reports, &rules.trusted)).unwrap_or_default();
        let commit = match release.map(|release| origin(release, &built_from)) {
            Some(Origin::Commit(commit)) => Some(commit),
            _ => None,
        };
        let on_release_branch = match &commit {
            Some(commit) => self.gate.contains(workspace, commit, branches)?,
            None => Containment::Unknown,
        };
        let versions: Vec<String> = production.iter().map(|release| release.version.clone()).collect();
        let withdrawn = release
            .filter(|_| candidate.withdrawals == Withdrawals::Block)
            .and_then(|release| withdrawal(release, &reports, (&rules.trusted, &rules.to)));
        let facts = promotion::Candidate {
            project,
            version,
            index,
            release,
            provenance: &built_from,
            on_release_branch,
            evidence: &rows,
            unreadable: &unreadable,
            withdrawal: withdrawn.as_ref(),
        };
        let production = Production {
            index: &rules.to,
            release: production.iter().find(|release| release.version == *version),
            versions: &versions,
        };
        let missing_platforms = rules.missing_platforms(release);
        let gate = Gate {
            required: &rules.required,
            missing_platforms: &missing_platforms,
            flaky: rules.flaky,
            older: rules.older,
        };
        let decision = decide(&facts, &production, &gate);
        Ok(Checked { candidate, commit, decision })
    }
}

impl Checked {
    /// Whether the release may not be promoted.
    pub fn is_blocked(&self) -> bool {
        matches!(self.decision.decision, PromotionDecision::Blocked(_))
    }

    /// Whether the release may be promoted, and production lacks files of it.
    pub fn is_ready(&self) -> bool {
        matches!(self.decision.decision, PromotionDecision::Ready { .. })
    }

    /// The answer when nothing is carried out.
    pub fn into_promotion(self, to: &IndexName) -> Promotion {
        let is_conflict = self.decision.decision.is_conflict();
        let decision = match self.decision.decision {
            PromotionDecision::AlreadyThere => Decision::AlreadyThere,
            PromotionDecision::Ready { .. } => Decision::Ready,
            PromotionDecision::Blocked(blockers) => Decision::Blocked(blockers),
        };
        let Candidate { project, version, index, release, production, .. } = self.candidate;
        let held = production.into_iter().find(|release| release.version == version);
        Promotion {
            decision,
            is_conflict,
            project,
            version,
            commit: self.commit,
            from: index,
            to: to.clone(),
            files: release.map(|release| release.files).unwrap_or_default(),
            upload: None,
            production_files: held.map(|release| release.files).unwrap_or_default(),
            evidence: self.decision.evidence,
            unreadable: self.decision.unreadable,
            flaky: self.decision.flaky,
        }
    }

    /// The answer for a release that is taken from production.
    pub fn in_production(self, production: &IndexName) -> Promotion {
        let mut promotion = self.into_promotion(production);
        if promotion.decision == Decision::Ready {
            promotion.decision = Decision::AlreadyThere;
            promotion.production_files = promotion.files.clone();
        }
        promotion
    }

    /// The blockers; empty when the release may be promoted.
    pub fn blockers(&self) -> &[Blocker] {
        match &self.decision.decision {
            PromotionDecision::Blocked(blockers) => blockers,
            _ => &[],
        }
    }
}
