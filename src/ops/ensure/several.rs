//! Several projects at once: one look at the branch's index and at all releases, then the builds of those that are missing, as many at a time as
//! the setting `jobs` says.

use crate::build::destination::Destination;
use crate::build::version::{self, BuildVersion};
use crate::devpi::{self, Server};
use crate::index::branch_index::{self, IndexOrigin};
use crate::index::expected;
use crate::model::names::{IndexName, ProjectName};
use crate::model::release::Release;
use crate::ops::Error;
use crate::ops::ensure::branch_facts::new_branch;
use crate::ops::ensure::package::{self, branch_of, read_server, skip_publish_reason};
use crate::ops::ensure::project_progress::ProjectProgress;
use crate::ops::ensure::request::{EnsureRequest, Ensured, PackageRequest, ReadAhead};
use crate::ops::ensure::tag;
use crate::system::parallel::{self, Slots};
use crate::workspace::open::Seed;
use crate::workspace::project::Project;
use crate::workspace::{self, Branch, Progress, Workspace};

/// The maximum number of requests, and of projects that are worked on, at once. Only builds take a slot of `jobs`.
const MAX_PARALLEL: usize = 16;

/// The outcome for each project.
pub(super) type Outcomes = Vec<(ProjectName, Result<Ensured, Error>)>;

/// One project.
struct Task {
    name: ProjectName,
    request: EnsureRequest,
    work: Work,
}

/// What is done for it.
enum Work {
    /// In a build of a tag, its release is searched for.
    Find(Box<Project>),
    /// Its package is found or built.
    Ensure(Box<BuildVersion>, Option<Box<ReadAhead>>),
}

/// Makes the packages of `projects` available, each below `request.dest`. The server's refusal of the login ends all.
pub(super) fn ensure(
    workspace: &Workspace<'_>,
    projects: Vec<Project>,
    request: &EnsureRequest,
) -> Result<Outcomes, Error> {
    check_destinations(workspace, &projects, request)?;
    let slots = Slots::new(workspace.settings.jobs()?);
    let names: Vec<ProjectName> = projects.iter().map(|project| project.name().clone()).collect();
    let mut works: Vec<Result<Work, Error>> = match tag::current_tag(workspace)? {
        Some(_) => projects.into_iter().map(|project| Ok(Work::Find(Box::new(project)))).collect(),
        None => projects.into_iter().map(|project| of_branch(workspace, project)).collect(),
    };
    read_ahead(workspace, &mut works, request)?;
    let tasks: Vec<Result<Task, (ProjectName, Error)>> = names
        .into_iter()
        .zip(works)
        .map(|(name, work)| match work {
            Ok(work) => {
                let dest = request.dest.as_ref().map(|dest| dest.join(name.as_str()));
                Ok(Task { name, request: EnsureRequest { dest, ..request.clone() }, work })
            }
            Err(error) => Err((name, error)),
        })
        .collect();
    let (seed, progress) = (workspace.seed(), workspace.progress);
    let done = parallel::map(&tasks, MAX_PARALLEL, |task| Some(task.as_ref().ok()?.run(&seed, progress, &slots)));
    let outcomes = tasks.into_iter().zip(done).filter_map(|(task, done)| match (task, done) {
        (Ok(task), Some(done)) => Some((task.name, done)),
        (Err((name, error)), _) => Some((name, Err(error))),
        (Ok(_), None) => None,
    });
    outcomes.map(unless_login_expired).collect()
}

fn of_branch(workspace: &Workspace<'_>, project: Project) -> Result<Work, Error> {
    Ok(Work::Ensure(Box::new(version::version(workspace, project)?), None))
}

/// One unusable folder would be found after the builds of the other projects.
fn check_destinations(workspace: &Workspace<'_>, projects: &[Project], request: &EnsureRequest) -> Result<(), Error> {
    let Some(dest) = &request.dest else { return Ok(()) };
    Destination::check_parent(&workspace.start().join(dest))?;
    for project in projects {
        Destination::at(&workspace.start().join(dest).join(project.name().as_str()))?;
    }
    Ok(())
}

/// The caller renews the login and starts again.
fn unless_login_expired(
    outcome: (ProjectName, Result<Ensured, Error>),
) -> Result<(ProjectName, Result<Ensured, Error>), Error> {
    match outcome {
        (_, Err(Error::Workspace(workspace::Error::Devpi(error @ devpi::Error::TokenExpired { .. })))) => {
            Err(error.into())
        }
        outcome => Ok(outcome),
    }
}

impl Task {
    fn run(&self, seed: &Seed, progress: &dyn Progress, slots: &Slots) -> Result<Ensured, Error> {
        let progress = ProjectProgress::new(progress, &self.name);
        let workspace = seed.open(&progress)?;
        let dest = self.request.dest.as_ref().map(|dest| Destination::at(&workspace.start().join(dest))).transpose()?;
        let (request, dest) = (&self.request, dest.as_ref());
        let package_request = |read| PackageRequest { request, dest, read, slots: Some(slots) };
        match &self.work {
            Work::Find(project) => tag::find(&workspace, project, &package_request(None)),
            Work::Ensure(build, read) => package::ensure(&workspace, build, package_request(read.as_deref().cloned())),
        }
    }
}

/// Reads the branch's index and the releases of all projects that are published; each one asks for itself what is missing here.
fn read_ahead(
    workspace: &Workspace<'_>,
    works: &mut [Result<Work, Error>],
    request: &EnsureRequest,
) -> Result<(), Error> {
    let mut wanted = Vec::new();
    for work in works.iter_mut() {
        if let Ok(Work::Ensure(build, read)) = work
            && matches!(skip_publish_reason(workspace, build, request), Ok(None))
        {
            wanted.push((build, read));
        }
    }
    let Some((first, _)) = wanted.first() else { return Ok(()) };
    let branch = branch_of(workspace, first)?;
    let releases: Vec<ReleaseName> =
        wanted.iter().map(|(build, _)| (build.project.name().clone(), build.version.to_string())).collect();
    let Some(answers) = ask(workspace, (&branch, first), &releases, request)? else { return Ok(()) };
    for ((_, read), answer) in wanted.into_iter().zip(answers) {
        *read = Some(Box::new(answer));
    }
    Ok(())
}

type ReleaseName = (ProjectName, String);

/// Returns the branch's index with each of the `releases`. A missing index is created once for all, if the packages may be published.
fn ask(
    workspace: &Workspace<'_>,
    (branch, build): (&Branch, &BuildVersion),
    releases: &[ReleaseName],
    request: &EnsureRequest,
) -> Result<Option<Vec<ReadAhead>>, Error> {
    let server = read_server(workspace)?;
    let query = workspace.branch_index_query(&branch.name)?;
    let mut expected = expected::find_with(server, &query, |index| read(server, index, releases))?;
    let is_complete = expected.as_ref().is_some_and(|(_, found)| found.iter().all(Option::is_some));
    // Without a login each project says so.
    if request.may_publish()
        && !is_complete
        && let Ok(session) = workspace.session()
    {
        // Known before several claims are made at once: where the last write wins, this process makes them one after the other.
        workspace.storage(session);
        if expected.is_none() {
            let new_branch = new_branch(workspace, branch, build)?;
            expected = match branch_index::ensure(workspace, session, &query, &new_branch) {
                Ok((index, IndexOrigin::Created)) => Some((index, vec![None; releases.len()])),
                Ok((index, IndexOrigin::Existing)) => {
                    let found = read(session, &index.name, releases)?;
                    Some((index, found))
                }
                // Each project says why.
                Err(_) => None,
            };
        }
    }
    Ok(expected
        .map(|(index, found)| found.into_iter().map(|release| ReadAhead { index: index.clone(), release }).collect()))
}

/// Reads the releases on one index.
fn read(server: &Server, index: &IndexName, releases: &[ReleaseName]) -> Result<Vec<Option<Release>>, devpi::Error> {
    let read = |(project, version): &ReleaseName| server.release(index, project, version);
    parallel::map(releases, MAX_PARALLEL, read).into_iter().collect()
}
