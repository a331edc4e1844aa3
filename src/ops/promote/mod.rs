//! `promote`: a green release goes to production, bytes unchanged.
//!
//! What has to be green, whose word counts and where production is, is read from what is committed on the remote's release branch
//! ([`super::gate`]), and whether the release belongs to that branch is asked of the remote: nothing that is merely checked out here can
//! open the gate. The rule itself is pure ([`crate::model::promotion`]).

mod carry_out;
mod fault;
mod request;
mod rules;
mod source;

use crate::devpi::{Server, Session};
use crate::model::evidence::{Origin, evidence, origin, provenance, unreadable_reports};
use crate::model::names::{IndexName, ProjectName};
use crate::model::promotion::{Candidate, Gate, Production, PromotionDecision, decide};
use crate::model::staleness::Containment;
use crate::ops::Error;
use crate::ops::promote::rules::Rules;
use crate::ops::promote::source::Source;
use crate::release::reports;
use crate::release::select::newest_first;
use crate::workspace::Workspace;
use crate::workspace::remote_gate::{RemoteGate, remote_gate};

pub use crate::ops::promote::fault::Fault;
pub use crate::ops::promote::request::{Decision, PromoteRequest, Promotion};

/// Promotes a release, if it may be.
pub fn promote(workspace: &Workspace<'_>, request: &PromoteRequest) -> Result<Promotion, Error> {
    if let Some(to) = &request.to {
        IndexName::parse_for(&workspace.owner()?, to)?;
    }
    let project = request.asked.project(workspace)?;
    let session = if request.dry_run { None } else { Some(workspace.session()?) };
    let server: &Server = session.map_or_else(|| workspace.server(), |session| Ok(session))?;
    let gate = remote_gate(workspace)?;
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
        unreadable: looked.unreadable,
    };
    finish(promotion, looked.decision, session)
}

type Look<'a> = (&'a Source, &'a ProjectName, &'a RemoteGate, &'a Rules);

/// Reads everything that the rule wants to know, and asks the rule.
fn look(
    workspace: &Workspace<'_>,
    server: &Server,
    (source, project, gate, rules): Look<'_>,
) -> Result<crate::model::promotion::Promotion, Error> {
    let release = source.release.as_ref();
    let reports = release
        .map(|release| reports::read(workspace, server, release, &rules.trusted))
        .transpose()?
        .unwrap_or_default();
    let unreadable = release.map(|release| unreadable_reports(release, &reports, &rules.trusted)).unwrap_or_default();
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
        unreadable: &unreadable,
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
