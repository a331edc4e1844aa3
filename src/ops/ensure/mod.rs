//! `ensure`: the package of this commit, built once for everybody.
//!
//! Found on the branch's index, it is fetched; not found, it is built, published and kept. Whatever several machines do at the same
//! time, all of them end with the bytes that the server has. `look` says what is there, `publish` decides who builds, `keep` brings the
//! file to where it is wanted.

mod package;
mod request;
mod tag;

use crate::build::destination::Destination;
use crate::build::version;
use crate::devpi;
use crate::model::names::ProjectName;
use crate::ops::Error;
use crate::ops::ensure::request::PackageRequest;
use crate::workspace::project::Project;
use crate::workspace::{self, Workspace};

pub use crate::ops::ensure::request::{Action, BuildPolicy, EnsureRequest, Ensured, UploadPolicy};

/// What came of the projects that were meant.
#[derive(Debug)]
pub enum Outcome {
    /// The only one.
    One(Box<Ensured>),
    /// Each of several, in the order of `project-dirs`. One that fails does not keep the others back.
    Several(Vec<(ProjectName, Result<Ensured, Error>)>),
}

/// Makes the packages of the projects that are meant available. Several of them go to a folder each, below `dest`.
pub fn ensure(workspace: &Workspace<'_>, request: &EnsureRequest) -> Result<Outcome, Error> {
    let mut projects = match is_for_tox(workspace) {
        true => vec![workspace.selected_project()?],
        false => workspace.selected_projects()?,
    };
    if projects.len() == 1 {
        return Ok(Outcome::One(Box::new(ensure_project(workspace, projects.remove(0), request)?)));
    }
    let mut outcomes = Vec::new();
    for project in projects {
        let name = project.name().clone();
        let dest = request.dest.as_ref().map(|dest| dest.join(name.as_str()));
        match ensure_project(workspace, project, &EnsureRequest { dest, ..request.clone() }) {
            // Whoever called renews the log-in, and begins anew.
            Err(Error::Workspace(workspace::Error::Devpi(error @ devpi::Error::TokenExpired { .. }))) => {
                return Err(error.into());
            }
            outcome => outcomes.push((name, outcome)),
        }
    }
    Ok(Outcome::Several(outcomes))
}

/// Whether tox asks, in the environment that gets a package: it takes exactly one. Such an environment's name begins with a dot.
fn is_for_tox(workspace: &Workspace<'_>) -> bool {
    workspace.environment.get("TOX_ENV_NAME").is_some_and(|name| name.starts_with('.'))
}

/// The same for one project, into `request.dest` itself.
pub fn ensure_project(workspace: &Workspace<'_>, project: Project, request: &EnsureRequest) -> Result<Ensured, Error> {
    // Before anything is built: a folder that cannot be used makes all the work useless.
    let dest = request.dest.as_ref().map(|dest| Destination::at(&workspace.start().join(dest))).transpose()?;
    let package_request = PackageRequest { request, dest: dest.as_ref() };
    match tag::current_tag(workspace)? {
        Some(_) => tag::find(workspace, &project, &package_request),
        None => package::ensure(workspace, &version::version(workspace, project)?, &package_request),
    }
}
