//! `ensure`: the package of this commit, built once for everybody.
//!
//! Found on the branch's index, it is fetched; not found, it is built, published and kept. Whatever several machines do at the same
//! time, all of them end with the bytes that the server has. `look` says what is there, `publish` decides who builds, `keep` brings the
//! file to where it is wanted.

mod job;
mod tag;

use std::path::PathBuf;

use crate::build::destination::Destination;
use crate::build::version;
use crate::devpi;
use crate::model::names::{CommitId, IndexName, ProjectName, Sha256};
use crate::ops::Error;
use crate::workspace::project::Project;
use crate::workspace::{self, Workspace};

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct EnsureRequest {
    /// The folder that holds exactly the package afterwards; `None`: a folder in the cache.
    pub dest: Option<PathBuf>,
    /// Whether it may be built.
    pub build: MayBuild,
    /// Whether it may be published.
    pub upload: MayUpload,
    /// The interpreter that will install it: a path, or `3.12`.
    pub python: Option<String>,
}

/// Whether a missing package may be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MayBuild {
    /// It may.
    #[default]
    Yes,
    /// It may not: not there is an answer.
    No,
}

/// Whether a package that was built may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MayUpload {
    /// Numbered builds.
    #[default]
    Numbered,
    /// Local versions without changes, too.
    LocalToo,
    /// Nothing.
    Nothing,
}

/// What was done for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was on the server.
    Found,
    /// It was built here, and published.
    Built,
    /// It was built here, and is nowhere else.
    Local,
}

impl Action {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Built => "built",
            Self::Local => "local",
        }
    }
}

/// A package that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// The project.
    pub project: ProjectName,
    /// Its version.
    pub version: String,
    /// The index that holds it; `None` when none does.
    pub index: Option<IndexName>,
    /// The file's name.
    pub file: String,
    /// Its sha256.
    pub sha256: Sha256,
    /// Where it is now.
    pub path: PathBuf,
    /// What was done.
    pub action: Action,
    /// The commit it was built from.
    pub commit: CommitId,
}

/// What is wanted of one project.
struct Order<'a> {
    request: &'a EnsureRequest,
    /// Where it is to be left, which is no folder of somebody's work.
    dest: Option<&'a Destination>,
}

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
        true => vec![workspace.the_project()?],
        false => workspace.chosen_projects()?,
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
    let order = Order { request, dest: dest.as_ref() };
    match tag::of_this_build(workspace)? {
        Some(_) => tag::find(workspace, &project, &order),
        None => job::ensure(workspace, &version::version(workspace, project)?, &order),
    }
}
