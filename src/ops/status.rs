//! `status`: the branch, its index, the version of this commit, and the releases on the index.

pub mod page;
mod page_error;

pub use crate::ops::status::page_error::PageError;

use url::Url;

use crate::build::version::{BuildVersion, version};
use crate::devpi::Server;
use crate::git::{LsRemote, Prompts};
use crate::index::bases::{self, BasesFrom, RepositoryBase};
use crate::index::branch_index::{self, BranchIndex, IndexLookup};
use crate::index::crowded::{CrowdedIndex, crowded};
use crate::index::expected;
use crate::index::known;
use crate::index::survey::{
    ComparePatches, IndexSurvey, MissingCommits, QueryRemote, ReadContents, ReadLimits, SurveyRequest,
};
use crate::model::evidence::Origin as Provenance;
use crate::model::evidence::{
    EvidenceRow, Reports, UnreadableReport, Verdict, evidence, origin, provenance, unreadable_reports, verdict_of,
};
use crate::model::names::{IndexName, ProjectName, RepositoryName, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::model::staleness::GracePeriod;
use crate::ops::Error;
use crate::ops::hooks::{NoCreation, no_creation};
use crate::release::newest::{Newest, newest};
use crate::release::survey::survey;
use crate::release::{self, reports};
use crate::settings::{Key, Sourced};
use crate::system::parallel;
use crate::workspace::session::READ_DEADLINE;
use crate::workspace::{Branch, Workspace};

/// The number of releases of each project that are shown, newest first. The others are counted.
pub const MAX_RELEASES: usize = 5;

/// The number of projects whose releases are requested at once.
const MAX_PARALLEL: usize = 8;

/// The state of the branch's index.
#[derive(Debug, Clone)]
pub enum IndexState {
    /// It exists.
    Exists(Box<BranchIndex>),
    /// It does not exist; the name that it would get, and the names before it that belong to
    /// others.
    Missing {
        /// The first free name.
        name: IndexName,
        /// The names that belong to others.
        taken: Vec<IndexName>,
        /// Why the next push does not create it; `None` if it does.
        not_by_push: Option<Box<NoCreation>>,
    },
    /// It does not exist, and every possible name belongs to another branch or repository.
    AllTaken(Vec<IndexName>),
}

/// The state of one file.
#[derive(Debug, Clone)]
pub struct FileStatus {
    /// The file.
    pub file: ReleaseFile,
    /// The verdict of each required or reported environment, in order.
    pub verdicts: Vec<(String, Verdict)>,
}

/// A release on the branch's index.
#[derive(Debug, Clone)]
pub struct ReleaseStatus {
    /// Its version.
    pub version: String,
    /// The commit that it was built from.
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
    /// The version of this commit, or why it has none.
    pub version: Result<BuildVersion, Error>,
    /// The newest releases on the branch's index, newest first.
    pub releases: Vec<ReleaseStatus>,
    /// How many releases there are.
    pub count: usize,
}

/// The result of `status --all`.
#[derive(Debug)]
pub struct Overview {
    /// Every index with its state.
    pub survey: IndexSurvey,
    /// The indexes of long-lived branches with many releases.
    pub crowded: Vec<CrowdedIndex>,
    /// The production index.
    pub production: IndexName,
}

/// The result of `status`.
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
    /// The bases from other repositories that it has, or that `ensure` and the next push give it.
    pub bases_from: Vec<RepositoryBase>,
    /// The projects.
    pub projects: Vec<ProjectStatus>,
    /// The number of requests.
    pub requests: usize,
}

/// Returns the status.
///
/// Requests: one for the index (two with `bases-from`), at the same time one for each project (more for one with many releases), and then one
/// for each report that is not cached.
pub fn status(workspace: &Workspace<'_>) -> Result<Status, Error> {
    let branch = workspace.branch()?;
    let query = workspace.branch_index_query(&branch.name)?;
    let server = workspace.server_for_reading()?;
    let selected = workspace.selected_projects()?;
    let names: Vec<ProjectName> = selected.iter().map(|project| project.name().clone()).collect();
    let newest_on = |index: &IndexName| newest_of_all(server, index, &names);
    let (lookup, mut newest) = match expected::find_with(server, &query, |index| Ok(newest_on(index)))? {
        Some((index, newest)) => (IndexLookup::Index(Box::new(index)), newest?),
        None => {
            let lookup = branch_index::find(&branch_index::indexes_of(server, &query.owner)?, &query);
            let newest = match &lookup {
                IndexLookup::Index(index) => newest_on(&index.name)?,
                _ => Vec::new(),
            };
            (lookup, newest)
        }
    };
    newest.resize_with(names.len(), Newest::default);
    let index = match lookup {
        IndexLookup::Index(index) => IndexState::Exists(index),
        IndexLookup::Free { name, taken } => {
            // Otherwise a push would take it for an existing one.
            known::forget(workspace, &branch.name)?;
            IndexState::Missing { name, taken, not_by_push: no_creation(workspace, &branch)?.map(Box::new) }
        }
        IndexLookup::AllTaken(taken) => IndexState::AllTaken(taken),
    };
    let bases_from = bases_from(workspace, server, (&branch, &index))?;
    let mut projects = Vec::new();
    for ((project, name), newest) in selected.into_iter().zip(names).zip(newest) {
        projects.push(ProjectStatus {
            version: version(workspace, project).map_err(Error::from),
            name,
            releases: with_verdicts(workspace, server, &newest.releases)?,
            count: newest.count,
        });
    }
    Ok(Status {
        repository: workspace.repository_name()?,
        branch,
        server: server.root().clone(),
        index,
        bases_from,
        projects,
        requests: server.requests_made(),
    })
}

/// Returns what `bases-from` gives the branch's index. One request for the owner's indexes where the setting is set.
fn bases_from(
    workspace: &Workspace<'_>,
    server: &Server,
    (branch, index): (&Branch, &IndexState),
) -> Result<Vec<RepositoryBase>, Error> {
    let own = match index {
        IndexState::Exists(index) => &index.name,
        IndexState::Missing { name, .. } => name,
        IndexState::AllTaken(_) => return Ok(Vec::new()),
    };
    if !bases::is_from_set(workspace) {
        return Ok(Vec::new());
    }
    let indexes = branch_index::indexes_of(server, &workspace.owner()?)?;
    let from = BasesFrom::read((workspace, server), &indexes)?;
    Ok(from.map(|from| from.repositories(workspace, &branch.name, own)).unwrap_or_default())
}

/// Surveys the owner's indexes that belong to this repository or have no record.
///
/// Changes and fetches nothing.
pub fn overview(workspace: &Workspace<'_>) -> Result<Overview, Error> {
    let request = SurveyRequest {
        grace: GracePeriod::Applies,
        query: QueryRemote::WhenStateDependsOnIt,
        how: LsRemote { deadline: Some(READ_DEADLINE), prompts: Prompts::Allowed },
        missing: MissingCommits::Leave,
        read: ReadContents::Candidates(ReadLimits::bounded(workspace.settings.prune_limit()?)),
        patches: ComparePatches::No,
    };
    let server = workspace.server_for_reading()?;
    let survey = survey(workspace, server, request)?;
    let branches = survey.branch_indexes().filter_map(|one| Some((one.index.clone(), one.branch_record()?)));
    let crowded = crowded(workspace, server, branches)?;
    let production = workspace.production()?;
    Ok(Overview { survey, crowded, production })
}

fn newest_of_all(server: &Server, index: &IndexName, projects: &[ProjectName]) -> Result<Vec<Newest>, release::Error> {
    let read = |project: &ProjectName| newest(server, index, project, MAX_RELEASES);
    parallel::map(projects, MAX_PARALLEL, read).into_iter().collect()
}

fn with_verdicts(
    workspace: &Workspace<'_>,
    server: &Server,
    releases: &[Release],
) -> Result<Vec<ReleaseStatus>, Error> {
    let trusted = workspace.evidence_users()?;
    let required = workspace.settings.list(Key::Require).map(|set| set.value).unwrap_or_default();
    let reports = reports::read_all(workspace, server, releases, &trusted)?;
    let with_reports = releases.iter().zip(&reports);
    with_reports.map(|(release, reports)| Ok(release_status((release, reports), &trusted, &required))).collect()
}

fn release_status(
    (release, reports): (&Release, &Reports),
    trusted: &[UserName],
    required: &[String],
) -> ReleaseStatus {
    let rows = evidence(release, reports, trusted);
    let environments = environments(&rows, required);
    let files = release.files.iter().map(|file| FileStatus {
        file: file.clone(),
        verdicts: environments.iter().map(|name| (name.clone(), verdict_of(&rows, &file.sha256, name))).collect(),
    });
    ReleaseStatus {
        version: release.version.clone(),
        provenance: origin(release, &provenance(release, reports, trusted)),
        files: files.collect(),
        unreadable: unreadable_reports(release, reports, trusted),
    }
}

/// Returns the required environments in their order, then the other reported ones by name.
pub fn environments(rows: &[EvidenceRow], required: &[String]) -> Vec<String> {
    let mut names = required.to_vec();
    let mut others: Vec<String> = rows.iter().map(|row| row.environment.clone()).collect();
    others.sort();
    others.dedup();
    others.retain(|name| !required.contains(name));
    names.extend(others);
    names
}
