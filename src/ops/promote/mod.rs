//! `promote`: copies green releases to production, bytes unchanged.
//!
//! The settings that decide (required environments, trusted users, production) are read as committed on the remote's release branch
//! ([`crate::workspace::gate`]), and the remote tells whether a release belongs to that branch: a checked-out branch cannot open its own
//! gate. The rule itself is pure ([`crate::model::promotion`]). Exactly the files that were decided on reach production, through a
//! private copy ([`crate::release::staging`]).

mod candidate;
mod carry_out;
mod error;
mod places;
mod request;
mod rules;
mod unmet;
mod upload;

use crate::devpi::{Server, Session};
use crate::model::authority::Authority;
use crate::model::names::{BranchName, IndexName, ProjectName};
use crate::model::staleness::Containment;
use crate::ops::promote::candidate::{Checked, Scope};
use crate::ops::promote::places::Place;
use crate::ops::promote::rules::Rules;
use crate::ops::promote::upload::Target;
use crate::release::newest_commit::{newest_commit, read_indexes};
use crate::system::parallel;
use crate::workspace::Workspace;
use crate::workspace::remote_gate::remote_gate;

pub use crate::ops::promote::error::Error;
pub use crate::ops::promote::request::{
    Decision, IndexUpload, Interruption, PromoteOutcome, PromoteRequest, Promotion, Selection, UnmetRequirement,
    UploadOutcome, UploadedFile,
};

/// Promotes one release of each selected project, if all of them may be promoted.
///
/// Every release is checked before the first is copied. When one cannot be copied, the outcome has an interruption, and a second run
/// finishes.
pub fn promote(workspace: &Workspace<'_>, request: &PromoteRequest) -> Result<PromoteOutcome, super::Error> {
    if let Some(to) = &request.to {
        IndexName::parse_for(&workspace.owner()?, to)?;
    }
    let projects = projects(workspace, request)?;
    let session = if request.dry_run { None } else { Some(workspace.session()?) };
    let server: &Server = session.map_or_else(|| workspace.server(), |session| Ok(session))?;
    let gate = remote_gate(workspace)?;
    let rules = Rules::read(workspace, &gate, request)?;
    let is_from_production = is_from_production(request, &rules)?;
    let find_places = || match is_from_production {
        true => {
            let branches = gate.release_branches.keys().cloned().collect();
            Ok(vec![Place { index: rules.to.clone(), branches }])
        }
        false => places::places(workspace, server, (request, &gate, &rules)),
    };
    let has_production = || match &gate.indexes {
        Some(indexes) if rules.to.user() == &rules.owner => Ok(indexes.contains_key(rules.to.name())),
        _ => server.index(&rules.to).map(|config| config.is_some()),
    };
    let (places, has_production) = parallel::both(find_places, has_production);
    if !has_production? {
        return Err(Error::NoProduction { index: rules.to }.into());
    }
    let places = places?;
    let scope = Scope { workspace, server, gate: &gate, rules: &rules, places: &places, is_from_production };
    let checked: Vec<Checked> =
        projects.iter().map(|project| scope.select(project, &request.selection)).collect::<Result<_, _>>()?;
    let may_change = checked.iter().any(Checked::is_ready) && !checked.iter().any(Checked::is_blocked);
    if may_change && !is_from_production {
        check_remote_is_current(&scope)?;
    }
    let unmet = unmet::unmet_requirements(&scope, &checked)?;
    let outcome = match session.filter(|_| !checked.iter().any(Checked::is_blocked)) {
        Some(session) => carry_out_all(&scope, session, (request, checked)),
        None => plan_all(&scope, request, checked)?,
    };
    Ok(PromoteOutcome { unmet, ..outcome })
}

/// Refuses a remote that lacks the commit of the newest release: the settings that are committed there may be old, too.
fn check_remote_is_current(scope: &Scope<'_>) -> Result<(), super::Error> {
    let Scope { workspace, gate, .. } = *scope;
    if gate.authority == Authority::Declared {
        return Ok(());
    }
    let indexes: Vec<IndexName> = scope.places.iter().map(|place| place.index.clone()).collect();
    let contents = read_indexes(scope.server, &indexes)?;
    let newest = newest_commit(workspace, scope.server, (&contents, &scope.rules.trusted))?;
    let Some(commit) = newest.map(|newest| newest.commit) else { return Ok(()) };
    let branches: Vec<BranchName> = gate.release_branches.keys().cloned().collect();
    match gate.contains(workspace, &commit, &branches)? {
        Containment::Yes => Ok(()),
        Containment::No | Containment::Unknown => {
            Err(Error::StaleRemote { remote: gate.remote.clone(), commit }.into())
        }
    }
}

/// Whether `--from` names production: the release is not copied there, and `--to URL` uploads it.
fn is_from_production(request: &PromoteRequest, rules: &Rules) -> Result<bool, super::Error> {
    match (&request.upload_to, &request.from) {
        (Some(_), Some(from)) => Ok(IndexName::parse_for(&rules.owner, from)? == rules.to),
        _ => Ok(false),
    }
}

/// Reports the decisions; for releases that may be promoted also what would be uploaded.
fn plan_all(
    scope: &Scope<'_>,
    request: &PromoteRequest,
    checked: Vec<Checked>,
) -> Result<PromoteOutcome, super::Error> {
    let is_blocked = checked.iter().any(Checked::is_blocked);
    let mut promotions: Vec<Promotion> =
        checked.into_iter().map(|checked| checked.into_promotion(&scope.rules.to)).collect();
    if let (Some(url), false) = (&request.upload_to, is_blocked) {
        for promotion in &mut promotions {
            let target = Target { url, dry_run: true };
            promotion.upload = Some(upload::upload(scope.workspace, scope.server, promotion, target)?);
        }
    }
    let index_url = scope.server.simple_url(&scope.rules.to);
    Ok(PromoteOutcome { promotions, index_url, interruption: None, unmet: Vec::new() })
}

fn projects(workspace: &Workspace<'_>, request: &PromoteRequest) -> Result<Vec<ProjectName>, super::Error> {
    match &request.project {
        Some(project) => Ok(vec![project.clone()]),
        None => Ok(workspace.selected_projects()?.iter().map(|project| project.name().clone()).collect()),
    }
}

/// Copies the releases one after the other, up to the first that cannot be copied.
fn carry_out_all(
    scope: &Scope<'_>,
    session: &Session,
    (request, checked): (&PromoteRequest, Vec<Checked>),
) -> PromoteOutcome {
    let index_url = session.simple_url(&scope.rules.to);
    let mut outcome = PromoteOutcome { promotions: Vec::new(), index_url, interruption: None, unmet: Vec::new() };
    let mut checked = checked.into_iter();
    while let Some(next) = checked.next() {
        let project = next.candidate.project.clone();
        match carry_out_one(scope, session, (request, next)) {
            Ok(promotion) => {
                let is_blocked = matches!(promotion.decision, Decision::Blocked(_));
                outcome.promotions.push(promotion);
                if is_blocked {
                    outcome.promotions.extend(checked.by_ref().map(|rest| rest.into_promotion(&scope.rules.to)));
                }
            }
            Err(error) => {
                let remaining = checked.by_ref().map(|rest| rest.candidate.project).collect();
                outcome.interruption = Some(Interruption { project, error, remaining });
            }
        }
    }
    outcome
}

/// Copies one release to production, and from there to the index of `--to URL`.
fn carry_out_one(
    scope: &Scope<'_>,
    session: &Session,
    (request, checked): (&PromoteRequest, Checked),
) -> Result<Promotion, super::Error> {
    let mut promotion = match scope.is_from_production {
        true => checked.in_production(&scope.rules.to),
        false => carry_out::carry_out(scope, session, checked)?,
    };
    if let (Some(url), false) = (&request.upload_to, matches!(promotion.decision, Decision::Blocked(_))) {
        let target = Target { url, dry_run: false };
        promotion.upload = Some(upload::upload(scope.workspace, session, &promotion, target)?);
    }
    Ok(promotion)
}
