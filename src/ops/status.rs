//! `status`: the branch, its index, the version that this commit would get, and what lies on the index.

use pep440_rs::Version;
use url::Url;

use crate::build::version::{BuildVersion, version};
use crate::devpi::Server;
use crate::git::{LsRemote, Prompts};
use crate::index::branch_index::{self, BranchIndex, IndexLookup};
use crate::index::survey::{IndexSurvey, MissingCommits, QueryRemote, ReadContents, SurveyRequest, survey};
use crate::model::evidence::Origin as Provenance;
use crate::model::evidence::{
    EvidenceRow, UnreadableReport, Verdict, evidence, origin, provenance, unreadable_reports, verdict_of,
};
use crate::model::names::{IndexName, ProjectName, RepositoryName, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::model::staleness::GracePeriod;
use crate::ops::Error;
use crate::release::reports;
use crate::settings::{Key, Sourced};
use crate::workspace::session::READ_DEADLINE;
use crate::workspace::{Branch, Workspace};

/// How many releases of each project are looked at closely, newest first. The others are counted.
pub const MAX_RELEASES: usize = 5;

/// Where the branch's index stands.
#[derive(Debug, Clone)]
pub enum IndexState {
    /// It is there.
    Exists(Box<BranchIndex>),
    /// It is not; this is the name it would get. Names before it are somebody else's.
    Missing {
        /// The first free name.
        name: IndexName,
        /// Names that others have.
        taken: Vec<IndexName>,
    },
    /// It is not, and every name that it could have is somebody else's.
    AllTaken(Vec<IndexName>),
}

/// What is known about one file in each environment.
#[derive(Debug, Clone)]
pub struct FileStatus {
    /// The file.
    pub file: ReleaseFile,
    /// A verdict for each environment that is required or that a report names, in order.
    pub verdicts: Vec<(String, Verdict)>,
}

/// A release on the branch's index.
#[derive(Debug, Clone)]
pub struct ReleaseStatus {
    /// Its version.
    pub version: String,
    /// From which commit it was built.
    pub provenance: Provenance,
    /// Its files.
    pub files: Vec<FileStatus>,
    /// The results that cannot be read and do not count.
    pub unreadable: Vec<UnreadableReport>,
}

/// A project of this repository.
#[derive(Debug)]
pub struct ProjectStatus {
    /// Its name.
    pub name: ProjectName,
    /// The version that this commit would get, or why it gets none.
    pub version: Result<BuildVersion, Error>,
    /// The newest releases on the branch's index, newest first.
    pub releases: Vec<ReleaseStatus>,
    /// How many releases there are.
    pub count: usize,
}

/// What `status` shows.
#[derive(Debug)]
pub struct Status {
    /// The repository's name in records.
    pub repository: Sourced<RepositoryName>,
    /// The branch.
    pub branch: Branch,
    /// The server.
    pub server: Url,
    /// The branch's index.
    pub index: IndexState,
    /// The projects.
    pub projects: Vec<ProjectStatus>,
    /// How many requests it took.
    pub requests: usize,
}

/// Looks at the branch's index: one request for the owner's indexes, one for each project, one for each report not seen before.
pub fn status(workspace: &Workspace<'_>) -> Result<Status, Error> {
    let branch = workspace.branch()?;
    let query = workspace.branch_index_query(&branch.name)?;
    let server = workspace.server_for_reading()?;
    let indexes = branch_index::indexes_of(server, &query.owner)?;
    let index = match branch_index::find(&indexes, &query) {
        IndexLookup::Index(index) => IndexState::Exists(index),
        IndexLookup::Free { name, taken } => IndexState::Missing { name, taken },
        IndexLookup::AllTaken(taken) => IndexState::AllTaken(taken),
    };
    let mut projects = Vec::new();
    for project in workspace.selected_projects()? {
        let name = project.name().clone();
        let (releases, count) = match &index {
            IndexState::Exists(index) => newest_releases(workspace, server, &index.name, &name)?,
            _ => (Vec::new(), 0),
        };
        projects.push(ProjectStatus {
            version: version(workspace, project).map_err(Error::from),
            name,
            releases,
            count,
        });
    }
    Ok(Status {
        repository: workspace.repository_name()?,
        branch,
        server: server.root().clone(),
        index,
        projects,
        requests: server.requests_made(),
    })
}

/// Every index of the owner that is this repository's, or carries no record of ours, with its state. Nothing is changed or fetched.
pub fn overview(workspace: &Workspace<'_>) -> Result<IndexSurvey, Error> {
    let request = SurveyRequest {
        grace: GracePeriod::Applies,
        query: QueryRemote::WhenStateDependsOnIt,
        how: LsRemote { deadline: Some(READ_DEADLINE), prompts: Prompts::Allowed },
        missing: MissingCommits::Leave,
        read: ReadContents::Candidates,
    };
    Ok(survey(workspace, workspace.server_for_reading()?, request)?)
}

fn newest_releases(
    workspace: &Workspace<'_>,
    server: &Server,
    index: &IndexName,
    project: &ProjectName,
) -> Result<(Vec<ReleaseStatus>, usize), Error> {
    let mut releases = server.releases(index, project)?;
    let count = releases.len();
    releases.sort_by_cached_key(|release| std::cmp::Reverse(release.version.parse::<Version>().ok()));
    releases.truncate(MAX_RELEASES);
    let trusted = workspace.evidence_users()?;
    let required = workspace.settings.list(Key::Require).map(|set| set.value).unwrap_or_default();
    let mut shown = Vec::new();
    for release in &releases {
        shown.push(release_status(workspace, server, release, (&trusted, &required))?);
    }
    Ok((shown, count))
}

fn release_status(
    workspace: &Workspace<'_>,
    server: &Server,
    release: &Release,
    (trusted, required): (&[UserName], &[String]),
) -> Result<ReleaseStatus, Error> {
    let reports = reports::read(workspace, server, release, trusted)?;
    let rows = evidence(release, &reports, trusted);
    let environments = environments(&rows, required);
    let files = release.files.iter().map(|file| FileStatus {
        file: file.clone(),
        verdicts: environments.iter().map(|name| (name.clone(), verdict_of(&rows, &file.sha256, name))).collect(),
    });
    Ok(ReleaseStatus {
        version: release.version.clone(),
        provenance: origin(release, &provenance(release, &reports, trusted)),
        files: files.collect(),
        unreadable: unreadable_reports(release, &reports, trusted),
    })
}

/// The required environments in their order, then the others that somebody reported, by name.
pub fn environments(rows: &[EvidenceRow], required: &[String]) -> Vec<String> {
    let mut names = required.to_vec();
    let mut others: Vec<String> = rows.iter().map(|row| row.environment.clone()).collect();
    others.sort();
    others.dedup();
    others.retain(|name| !required.contains(name));
    names.extend(others);
    names
}
