//! `ensure`: makes the package of this commit available; it is built once for all machines.
//!
//! A release on the branch's index is fetched. Otherwise it is built, published and cached. All machines that run this at the
//! same time get the same bytes. `release::lookup` finds the release, `release::publish` decides which machine builds,
//! `release::fetch` copies the file to its destination.

mod branch_facts;
mod index_upkeep;
mod package;
mod project_progress;
mod request;
mod several;
mod tag;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use crate::build::destination::Destination;
use crate::build::version;
use crate::index::bases;
use crate::model::names::{IndexName, ProjectName};
use crate::ops::Error;
use crate::ops::ensure::request::PackageRequest;
use crate::release::constraints::{self, Pin};
use crate::workspace::Workspace;
use crate::workspace::project::Project;

pub use crate::ops::ensure::request::{Action, BuildPolicy, EnsureRequest, Ensured, UploadPolicy};

/// The result for the selected projects.
#[derive(Debug)]
pub enum Outcome {
    /// The result of the only project.
    One(Box<Ensured>),
    /// The results of several projects, in the order of `project-dirs`.
    ///
    /// A failure does not stop the others.
    Several(Vec<(ProjectName, Result<Ensured, Error>)>),
}

/// Makes the packages of the selected projects available.
///
/// Several projects get one folder each, below `dest`.
pub fn ensure(workspace: &Workspace<'_>, request: &EnsureRequest) -> Result<Outcome, Error> {
    let mut projects = match is_for_tox(workspace) {
        true => vec![workspace.selected_project()?],
        false => workspace.selected_projects()?,
    };
    if projects.len() == 1 {
        let mut ensured = ensure_project(workspace, projects.remove(0), request)?;
        ensured.constraints = constraints(workspace, &ensured)?;
        return Ok(Outcome::One(Box::new(ensured)));
    }
    let mut outcomes = several::ensure(workspace, projects, request)?;
    let known: Vec<Pin> = outcomes
        .iter()
        .filter_map(|(project, outcome)| Some((project.clone(), outcome.as_ref().ok()?.version.clone())))
        .collect();
    // The versions of projects that failed are asked for once on each index.
    let mut asked: BTreeMap<IndexName, Vec<Pin>> = BTreeMap::new();
    for ensured in outcomes.iter_mut().filter_map(|(_, outcome)| outcome.as_mut().ok()) {
        let Some(index) = &ensured.index else { continue };
        let pins = match asked.entry(index.clone()) {
            Entry::Occupied(asked) => asked.into_mut(),
            Entry::Vacant(place) => {
                place.insert(constraints::pins(workspace, workspace.server()?, index, (&known, None))?)
            }
        };
        let others: Vec<Pin> = pins.iter().filter(|(project, _)| *project != ensured.project).cloned().collect();
        ensured.constraints = constraints::write(workspace, &others)?;
    }
    Ok(Outcome::Several(outcomes))
}

/// Writes the constraints file for the other projects and those on `bases-from`; `None` without any, and for a package that is not on an index.
pub(super) fn constraints(workspace: &Workspace<'_>, ensured: &Ensured) -> Result<Option<PathBuf>, Error> {
    let Some(index) = &ensured.index else { return Ok(None) };
    if workspace.projects()?.len() == 1 && !bases::is_from_set(workspace) {
        return Ok(None);
    }
    let pins = constraints::pins(workspace, workspace.server()?, index, (&[], Some(&ensured.project)))?;
    Ok(constraints::write(workspace, &pins)?)
}

/// Whether tox requests the package for its packaging environment, which accepts exactly one.
///
/// Its name starts with a dot.
fn is_for_tox(workspace: &Workspace<'_>) -> bool {
    workspace.environment.get("TOX_ENV_NAME").is_some_and(|name| name.starts_with('.'))
}

/// Makes the package of one project available, in `request.dest` itself.
pub fn ensure_project(workspace: &Workspace<'_>, project: Project, request: &EnsureRequest) -> Result<Ensured, Error> {
    // Checked before the build: an unusable folder would waste it.
    let dest = request.dest.as_ref().map(|dest| Destination::at(&workspace.start().join(dest))).transpose()?;
    let package_request = PackageRequest { request, dest: dest.as_ref(), read: None, slots: None };
    match tag::current_tag(workspace)? {
        Some(_) => tag::find(workspace, &project, &package_request),
        None => package::ensure(workspace, &version::version(workspace, project)?, package_request),
    }
}
