//! `promote`: a green release goes to production, bytes unchanged.
//!
//! What has to be green, whose word counts and where production is, is read from what is committed on the remote's release branch
//! ([`super::gate`]), and whether the release belongs to that branch is asked of the remote: nothing that is merely checked out here can
//! open the gate. The rule itself is pure ([`crate::model::promotion`]).

mod carry_out;
mod fault;
mod remote;
mod source;

use crate::devpi::{Server, Session};
use crate::model::distribution::Distribution;
use crate::model::evidence::{Origin, evidence, origin, provenance};
use crate::model::names::{IndexName, ProjectName, UserName};
use crate::model::promotion::{Blocker, Candidate, FileEvidence, Gate, Production, PromotionDecision, decide};
use crate::model::release::{Release, ReleaseFile};
use crate::model::staleness::Containment;
use crate::ops::Error;
use crate::ops::promote::remote::RemoteGate;
use crate::release::reports;
use crate::release::select::{Asked, newest_first};
use crate::settings::{Key, Pattern};
use crate::workspace::Workspace;

pub use crate::ops::promote::fault::Fault;

/// What is to be promoted, and how.
#[derive(Debug, Clone, Default)]
pub struct PromoteRequest {
    /// The release.
    pub asked: Asked,
    /// The index that it lies on; `None`: the release branch's.
    pub from: Option<String>,
    /// The index that it goes to; `None`: production.
    pub to: Option<String>,
    /// The environments that must be green; none: those that the settings require.
    pub require: Vec<String>,
    /// Whether a version below production's highest of the same base may go there.
    pub older: bool,
    /// Whether to look only.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Production has it now.
    Promoted,
    /// Production had it already.
    AlreadyThere,
    /// It may be promoted; this was a dry run.
    Ready,
    /// It may not.
    Blocked(Vec<Blocker>),
}

/// A promotion that was decided, and carried out if it was to be.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// What came of it.
    pub decision: Decision,
    /// Whether production holds other bytes.
    pub is_conflict: bool,
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: String,
    /// The index that it comes from.
    pub from: IndexName,
    /// The index that it goes to.
    pub to: IndexName,
    /// The files of the release.
    pub files: Vec<ReleaseFile>,
    /// What is known of every file in every required environment.
    pub evidence: Vec<FileEvidence>,
}

/// Promotes a release, if it may be.
pub fn promote(workspace: &Workspace<'_>, request: &PromoteRequest) -> Result<Promotion, Error> {
    if let Some(to) = &request.to {
        IndexName::parse_for(&workspace.owner()?, to)?;
    }
    let project = request.asked.project(workspace)?;
    let session = if request.dry_run { None } else { Some(workspace.session()?) };
    let server: &Server = session.map_or_else(|| workspace.server(), |session| Ok(session))?;
    let gate = remote::gate(workspace)?;
    let rules = Rules::read(workspace, &gate, request)?;
    if server.index(&rules.to)?.is_none() {
        return Err(Fault::NoProduction { index: rules.to }.into());
    }
    let source = source::source(workspace, server, (request, &project, &gate, &rules))?;
    let looked = look(workspace, server, (&source, &project, &gate, &rules))?;
    let promotion = Promotion {
        decision: Decision::Ready,
        is_conflict: looked.decision.is_conflict(),
        project,
        version: source.version,
        from: source.index,
        to: rules.to,
        files: source.release.map(|release| release.files).unwrap_or_default(),
        evidence: looked.evidence,
    };
    finish(promotion, looked.decision, session)
}

/// What is asked of the release, and where it goes.
struct Rules {
    owner: UserName,
    trusted: Vec<UserName>,
    required: Vec<String>,
    platforms: Vec<Pattern>,
    to: IndexName,
    older: bool,
}

impl Rules {
    fn read(workspace: &Workspace<'_>, gate: &RemoteGate, request: &PromoteRequest) -> Result<Self, Error> {
        let settings = &gate.settings;
        let owner = match settings.user()? {
            Some(owner) => owner.value,
            None => workspace.owner()?,
        };
        let trusted = settings.evidence_users()?.map_or_else(|| vec![owner.clone()], |set| set.value);
        let required = match request.require.is_empty() {
            true => settings.list(Key::Require).map(|set| set.value).unwrap_or_default(),
            false => request.require.clone(),
        };
        let to = match &request.to {
            Some(to) => IndexName::parse_for(&owner, to)?,
            None => settings.production(&owner)?.value,
        };
        let platforms = settings.patterns(Key::Platforms)?.map(|set| set.value).unwrap_or_default();
        Ok(Self { owner, trusted, required, platforms, to, older: request.older })
    }

    /// The platforms that no wheel of the release is for.
    fn missing_platforms(&self, release: Option<&Release>) -> Vec<String> {
        let files = release.map(|release| &release.files[..]).unwrap_or_default();
        let wheels: Vec<_> = files.iter().filter_map(|file| Distribution::parse(&file.file_name).ok()).collect();
        let is_there = |pattern: &Pattern| {
            let mut platforms = wheels.iter().flat_map(Distribution::platforms);
            platforms.any(|platform| platform == "any" || pattern.matches_text(platform))
        };
        let missing = self.platforms.iter().filter(|pattern| !is_there(pattern));
        missing.map(|pattern| pattern.as_str().to_owned()).collect()
    }
}

/// Where the release lies.
struct Source {
    index: IndexName,
    version: String,
    release: Option<Release>,
    /// The release branches that may contain its commit.
    branches: Vec<crate::model::names::BranchName>,
}

type Look<'a> = (&'a Source, &'a ProjectName, &'a RemoteGate, &'a Rules);

/// Reads everything that the rule wants to know, and asks the rule.
fn look(
    workspace: &Workspace<'_>,
    server: &Server,
    (source, project, gate, rules): Look<'_>,
) -> Result<crate::model::promotion::Promotion, Error> {
    let release = source.release.as_ref();
    let reports = release.map(|release| reports::read(workspace, server, release)).transpose()?.unwrap_or_default();
    let rows = release.map(|release| evidence(release, &reports, &rules.trusted)).unwrap_or_default();
    let built_from = release.map(|release| provenance(release, &reports, &rules.trusted)).unwrap_or_default();
    let on_release_branch = match release.map(|release| origin(release, &built_from)) {
        Some(Origin::Commit(commit)) => gate.contains(workspace, &commit, &source.branches)?,
        _ => Containment::Unknown,
    };
    let there = newest_first(server, &rules.to, project)?;
    let versions: Vec<String> = there.iter().map(|release| release.version.clone()).collect();
    let candidate = Candidate {
        project,
        version: &source.version,
        index: &source.index,
        release,
        provenance: &built_from,
        on_release_branch,
        evidence: &rows,
    };
    let production = Production {
        index: &rules.to,
        release: there.iter().find(|release| release.version == source.version),
        versions: &versions,
    };
    let gate =
        Gate { required: &rules.required, missing_platforms: &rules.missing_platforms(release), older: rules.older };
    Ok(decide(&candidate, &production, &gate))
}

/// Does what was decided; without a session nothing is changed.
fn finish(
    mut promotion: Promotion,
    decision: PromotionDecision,
    session: Option<&Session>,
) -> Result<Promotion, Error> {
    promotion.decision = match (decision, session) {
        (PromotionDecision::Blocked(blockers), _) => Decision::Blocked(blockers),
        (PromotionDecision::AlreadyThere, _) => Decision::AlreadyThere,
        (PromotionDecision::Ready { .. }, None) => Decision::Ready,
        (PromotionDecision::Ready { partly_there: true, .. }, Some(_)) => {
            let (index, project, version) = (promotion.to, promotion.project, promotion.version);
            return Err(Fault::PartlyThere { index, project, version }.into());
        }
        (PromotionDecision::Ready { .. }, Some(session)) => carry_out::carry_out(session, &promotion)?,
    };
    Ok(promotion)
}
