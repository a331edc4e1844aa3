//! What a withdrawal changes. Sends no write request.

use crate::devpi::Server;
use crate::index::release_indexes::release_indexes;
use crate::model::available::{preferred, without};
use crate::model::evidence::{EvidenceRow, Origin, evidence, origin, provenance};
use crate::model::names::{IndexName, ProjectName, UserName};
use crate::model::promotion::highest_above;
use crate::model::release::Release;
use crate::ops::Error;
use crate::ops::withdraw::error;
use crate::ops::withdraw::log;
use crate::ops::withdraw::withdrawal::{Plan, RestoreSource, Withdrawal, identities};
use crate::release::reports;
use crate::release::select::{ReleaseSelector, newest_first};
use crate::workspace::remote_gate::{RemoteGate, remote_gate};
use crate::workspace::{self, Workspace};

/// Plans the withdrawal of a release. Fails when production does not hold it.
pub fn plan(workspace: &Workspace<'_>, selector: &ReleaseSelector) -> Result<Plan, Error> {
    let version = selector.version.clone().ok_or(error::Error::NoVersion)?;
    let project = own_project(workspace, selector)?;
    let gate = remote_gate(workspace)?;
    let production = gate.production(workspace)?;
    let server = workspace.server_for_reading()?;
    let no_production = || error::Error::NoProduction { index: production.clone() };
    let config = server.index(&production)?.ok_or_else(no_production)?;
    let releases = newest_first(server, &production, &project)?;
    let Some(release) = releases.iter().find(|release| release.version == version).cloned() else {
        return already_withdrawn(workspace, server, (project, version, production));
    };
    let trusted = gate.evidence_users(workspace)?;
    let (origin, evidence) = tests_and_origin(workspace, server, (&release, &trusted))?;
    let remaining: Vec<String> =
        releases.iter().filter(|other| other.version != version).map(|other| other.version.clone()).collect();
    let available = server.available_versions(&production, &project)?;
    let withdrawal = Withdrawal {
        restore: restore_source(workspace, server, (&gate, &release, &remaining))?,
        installed_instead: preferred(&without(available, &production, &version)).cloned(),
        is_only_release: remaining.is_empty(),
        release,
        origin,
        evidence,
        config,
        trusted,
    };
    Ok(Plan::Withdraw(Box::new(withdrawal)))
}

/// The project, which must be one of this repository: production may be shared with others.
fn own_project(workspace: &Workspace<'_>, selector: &ReleaseSelector) -> Result<ProjectName, Error> {
    let project = selector.project(workspace)?;
    let names: Vec<ProjectName> = workspace.projects()?.iter().map(|project| project.name().clone()).collect();
    if names.contains(&project) {
        return Ok(project);
    }
    let projects = names.iter().map(ToString::to_string).collect();
    Err(workspace::Error::NoSuchProject { requested: project.to_string(), projects }.into())
}

fn already_withdrawn(
    workspace: &Workspace<'_>,
    server: &Server,
    (project, version, production): (ProjectName, String, IndexName),
) -> Result<Plan, Error> {
    let Some(log) = log::find(workspace, server, (&production, &project, &version))? else {
        return Err(error::Error::NotInProduction { project, version, index: production }.into());
    };
    let installed_instead = preferred(&server.available_versions(&production, &project)?).cloned();
    Ok(Plan::AlreadyWithdrawn { project, version, production, log, installed_instead })
}

fn tests_and_origin(
    workspace: &Workspace<'_>,
    server: &Server,
    (release, trusted): (&Release, &[UserName]),
) -> Result<(Origin, Vec<EvidenceRow>), Error> {
    let reports = reports::read_trusted(workspace, server, release, trusted)?;
    let built_from = provenance(release, &reports, trusted);
    Ok((origin(release, &built_from), evidence(release, &reports, trusted)))
}

fn restore_source(
    workspace: &Workspace<'_>,
    server: &Server,
    (gate, release, remaining): (&RemoteGate, &Release, &[String]),
) -> Result<RestoreSource, Error> {
    for (index, _) in release_indexes(workspace, server, gate)? {
        let Some(copy) = server.release(&index, &release.project, &release.version)? else { continue };
        if identities(release).is_subset(&identities(&copy)) {
            let needs_older = highest_above(&release.version, remaining).is_some();
            return Ok(RestoreSource::ReleaseIndex { release: Box::new(copy), needs_older });
        }
    }
    Ok(RestoreSource::SavedFiles)
}
