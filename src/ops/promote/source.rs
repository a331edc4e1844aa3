//! Which release is to be promoted, and from where.

use crate::build;
use crate::build::version::{self, build_number, version};
use crate::devpi::Server;
use crate::index;
use crate::index::branch_index::{self, BranchIndexQuery, IndexLookup};
use crate::model::names::{BranchName, IndexName, ProjectName};
use crate::model::record::Record;
use crate::model::release::Release;
use crate::ops::Error;
use crate::ops::promote::fault;
use crate::ops::promote::request::PromoteRequest;
use crate::ops::promote::rules::Rules;
use crate::release;
use crate::release::select::{find_by_commit, newest_first};
use crate::settings::Origin;
use crate::system::environment::GIT_DEVPI_BUILD_NUMBER;
use crate::workspace::remote_gate::RemoteGate;
use crate::workspace::{self, Workspace};

/// Where the release lies.
pub(super) struct Source {
    pub index: IndexName,
    pub version: String,
    pub release: Option<Release>,
    /// The release branches that may contain its commit.
    pub branches: Vec<BranchName>,
}

type Asking<'a> = (&'a PromoteRequest, &'a ProjectName, &'a RemoteGate, &'a Rules);

/// An index, and the release branches whose releases lie there.
type Place = (IndexName, Vec<BranchName>);

/// Finds the release.
pub(super) fn source(workspace: &Workspace<'_>, server: &Server, asking: Asking<'_>) -> Result<Source, Error> {
    let (request, project, gate, rules) = asking;
    let mut places = match &request.from {
        Some(from) => vec![named_index(workspace, server, (&IndexName::parse_for(&rules.owner, from)?, gate))?],
        None => release_indexes(workspace, server, (gate, rules))?,
    };
    let version = match &request.asked.version {
        Some(version) => Some(version.clone()),
        None => numbered_version(workspace, project, Number::Explicit)?,
    };
    if let Some(version) = version {
        let (index, branches) = places.swap_remove(0);
        let release = server.release(&index, project, &version)?;
        return Ok(Source { index, version, release, branches });
    }
    default_release(workspace, server, (places, project, rules))
}

/// The index that `--from` names, and the release branch that its record names. Another index has no releases for production.
fn named_index(
    workspace: &Workspace<'_>,
    server: &Server,
    (index, gate): (&IndexName, &RemoteGate),
) -> Result<Place, Error> {
    let config = server.index(index)?.ok_or_else(|| index::Error::NoSuchIndex { index: index.clone() })?;
    let ours = workspace.repository_name()?.value;
    let belongs_to = match config.record {
        Some(Record::Branch(record)) if record.repository == ours.as_str() => BranchName::parse(&record.branch).ok(),
        _ => None,
    };
    match belongs_to.filter(|branch| gate.release_branches.contains_key(branch)) {
        Some(branch) => Ok((index.clone(), vec![branch])),
        None => Err(fault::Fault::NotAReleaseIndex { index: index.clone() }.into()),
    }
}

/// The index of the release branch that we are on, else of the remote's default branch, else of its first release branch; in a tag build
/// those of all release branches.
fn release_indexes(
    workspace: &Workspace<'_>,
    server: &Server,
    (gate, rules): (&RemoteGate, &Rules),
) -> Result<Vec<Place>, Error> {
    let on = workspace.branch().ok().filter(|branch| !branch.is_pull_request).map(|branch| branch.name);
    let mut branches: Vec<BranchName> = gate.release_branches.keys().cloned().collect();
    let preferred = on.filter(|branch| branches.contains(branch)).or_else(|| gate.default_branch.clone());
    branches.sort_by_key(|branch| Some(branch) != preferred.as_ref());
    if !is_tag_build(workspace) {
        branches.truncate(1);
    }
    let repository = match gate.settings.repository()? {
        Some(set) => set.value,
        None => workspace.repository_name()?.value,
    };
    let indexes = branch_index::indexes_of(server, &rules.owner)?;
    let mut places = Vec::new();
    for branch in &branches {
        // Its record tells, whatever template the names are made by.
        let (owner, repository, branch) = (rules.owner.clone(), repository.clone(), branch.clone());
        let wanted = BranchIndexQuery { owner, repository, branch: branch.clone(), candidates: Vec::new() };
        if let IndexLookup::Index(index) = branch_index::find(&indexes, &wanted) {
            places.push((index.name, vec![branch]));
        }
    }
    match branches.into_iter().next() {
        Some(branch) if places.is_empty() => Err(index::Error::NoIndex { branch }.into()),
        _ => Ok(places),
    }
}

/// Which build number is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    /// One that somebody has given for us.
    Explicit,
    /// The CI system's own counter: the job that promotes may have another one than the job that built.
    OfTheJob,
}

/// The release version that a build number gives.
fn numbered_version(workspace: &Workspace<'_>, project: &ProjectName, which: Number) -> Result<Option<String>, Error> {
    let number = match build_number(workspace) {
        Err(build::Error::Version(version::Error::NoBuildNumber { .. })) | Ok(None) => return Ok(None),
        other => other?,
    };
    let kind = |origin: &Origin| match origin {
        Origin::Flag(_) => Number::Explicit,
        Origin::Environment(name) if name == GIT_DEVPI_BUILD_NUMBER => Number::Explicit,
        _ => Number::OfTheJob,
    };
    if number.is_none_or(|number| kind(&number.origin) != which) || is_tag_build(workspace) {
        return Ok(None);
    }
    let found = workspace.projects()?.into_iter().find(|candidate| candidate.name() == project);
    let Some(found) = found else { return Ok(None) };
    let version = version(workspace, found)?;
    Ok(version.is_release().then(|| version.version.to_string()))
}

fn is_tag_build(workspace: &Workspace<'_>) -> bool {
    matches!(workspace.branch(), Err(workspace::Error::TagBuild { .. }))
}

/// The release that was built from the commit that is checked out (of several, this job's, else the newest); where there is none, the
/// newest of all, but not in a tag build.
fn default_release(
    workspace: &Workspace<'_>,
    server: &Server,
    (places, project, rules): (Vec<Place>, &ProjectName, &Rules),
) -> Result<Source, Error> {
    let commit = workspace.commit()?;
    let this_job = numbered_version(workspace, project, Number::OfTheJob).ok().flatten();
    let source = |(index, branches): &Place, release: Release| Source {
        index: index.clone(),
        branches: branches.clone(),
        version: release.version.clone(),
        release: Some(release),
    };
    let mut newest = None;
    for place in &places {
        let mut releases = newest_first(server, &place.0, project)?;
        newest = newest.or_else(|| releases.first().map(|release| source(place, release.clone())));
        releases.sort_by_key(|release| Some(&release.version) != this_job.as_ref());
        if let Some(release) = find_by_commit(workspace, server, releases, (&commit, &rules.trusted))? {
            return Ok(source(place, release));
        }
    }
    let indexes = places.into_iter().map(|(index, _)| index).collect();
    let none = release::Error::NoReleaseOfCommit { project: project.clone(), commit, indexes };
    newest.filter(|_| !is_tag_build(workspace)).ok_or(none.into())
}
