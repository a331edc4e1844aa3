//! Which release is meant: by version, by this build's number, or by the commit that is checked out.

use std::str::FromStr;

use pep440_rs::Version;

use crate::build::version::{build_number, version};
use crate::devpi::Server;
use crate::index;
use crate::index::branch_index::{self, IndexLookup, IndexMap};
use crate::model::evidence::{Origin, origin, provenance};
use crate::model::names::{BranchName, CommitId, IndexName, ProjectName, UserName};
use crate::model::record::Record;
use crate::model::release::Release;
use crate::release::Error;
use crate::release::reports;
use crate::workspace::{self, Workspace};

/// The release that somebody asks for; what is not said is worked out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseSelector {
    /// Its project.
    pub project: Option<ProjectName>,
    /// Its version, canonical where it is PEP 440.
    pub version: Option<String>,
}

impl ReleaseSelector {
    /// Reads `VERSION` or `PROJECT==VERSION`.
    pub fn parse(text: Option<&str>) -> Result<Self, Error> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(Self::default()) };
        let (project, version) = match text.split_once("==") {
            Some((project, version)) => (Some(ProjectName::parse(project.trim())?), version.trim()),
            None => (None, text),
        };
        let version = (!version.is_empty()).then(|| canonical(version));
        Ok(Self { project, version })
    }

    /// The project: as selector for, else the one that `--project` or the folder names.
    pub fn project(&self, workspace: &Workspace<'_>) -> Result<ProjectName, Error> {
        match &self.project {
            Some(project) => Ok(project.clone()),
            None => Ok(workspace.selected_project()?.name().clone()),
        }
    }
}

/// devpi takes `1.4` and `1.4.0` for two versions; what we upload is canonical.
fn canonical(version: &str) -> String {
    Version::from_str(version).map_or_else(|_| version.to_owned(), |version| version.to_string())
}

/// Where releases of this build lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateIndexes {
    /// The indexes, in the order in which they are looked through.
    pub indexes: Vec<IndexName>,
    /// Whether this is a tag build: it makes nothing, and means what was built from its commit.
    pub is_tag_build: bool,
}

/// Where releases of this build lie: on the branch's index, for a release branch also in production. In a tag build: on every release
/// branch's index, and in production.
pub fn candidate_indexes(workspace: &Workspace<'_>, server: &Server) -> Result<CandidateIndexes, Error> {
    let branch = match workspace.branch() {
        Ok(branch) => branch,
        Err(workspace::Error::TagBuild { .. }) => {
            let mut indexes = release_indexes(workspace, server)?;
            indexes.push(workspace.production()?);
            return Ok(CandidateIndexes { indexes, is_tag_build: true });
        }
        Err(error) => return Err(error.into()),
    };
    let query = workspace.branch_index_query(&branch.name)?;
    let mut indexes = Vec::new();
    if let IndexLookup::Index(index) = branch_index::find(&branch_index::indexes_of(server, &query.owner)?, &query) {
        indexes.push(index.name);
    }
    if workspace.is_release_build(&branch)? {
        indexes.push(workspace.production()?);
    }
    if indexes.is_empty() {
        return Err(index::Error::NoIndex { branch: branch.name }.into());
    }
    Ok(CandidateIndexes { indexes, is_tag_build: false })
}

fn release_indexes(workspace: &Workspace<'_>, server: &Server) -> Result<Vec<IndexName>, Error> {
    let owner = workspace.owner()?;
    let repository = workspace.repository_name()?.value;
    let patterns = workspace.release_branches()?.value;
    let indexes: IndexMap = branch_index::indexes_of(server, &owner)?;
    let is_release = |record: &Option<Record>| match record {
        Some(Record::Branch(record)) if record.repository == repository.as_str() => {
            let branch = BranchName::parse(&record.branch);
            branch.is_ok_and(|branch| patterns.iter().any(|pattern| pattern.matches(&branch)))
        }
        _ => false,
    };
    let names = indexes.iter().filter(|(_, config)| is_release(&config.record));
    Ok(names.filter_map(|(name, _)| IndexName::new(&owner, name).ok()).collect())
}

/// The release that is selector for, where this build's releases lie. Without a version: this build's; without a build number, and in a
/// tag build, the newest that was built from the commit that is checked out.
pub fn locate(workspace: &Workspace<'_>, server: &Server, selector: &ReleaseSelector) -> Result<Release, Error> {
    let project = selector.project(workspace)?;
    let candidates = candidate_indexes(workspace, server)?;
    let version = match &selector.version {
        Some(version) => Some(version.clone()),
        None => numbered_version(workspace, &project, &candidates)?,
    };
    let Some(version) = version else {
        let (commit, trusted) = (workspace.commit()?, workspace.evidence_users()?);
        for index in &candidates.indexes {
            let releases = newest_first(server, index, &project)?;
            if let Some(found) = find_by_commit(workspace, server, releases, (&commit, &trusted))? {
                return Ok(found);
            }
        }
        return Err(Error::NoReleaseOfCommit { project, commit, indexes: candidates.indexes });
    };
    for index in &candidates.indexes {
        if let Some(release) = server.release(index, &project, &version)? {
            return Ok(release);
        }
    }
    let index = candidates.indexes[0].clone();
    Err(Error::NoRelease { project, version, index })
}

/// The version that this build's number gives; `None` where the commit has to tell.
fn numbered_version(
    workspace: &Workspace<'_>,
    project: &ProjectName,
    candidates: &CandidateIndexes,
) -> Result<Option<String>, Error> {
    if candidates.is_tag_build || build_number(workspace)?.is_none() {
        return Ok(None);
    }
    let projects = workspace.projects()?;
    let found = projects.into_iter().find(|candidate| candidate.name() == project);
    found.map(|project| Ok(version(workspace, project)?.version.to_string())).transpose()
}

/// The releases of a project on an index, the highest version first.
pub fn newest_first(server: &Server, index: &IndexName, project: &ProjectName) -> Result<Vec<Release>, Error> {
    let mut releases = match server.releases(index, project) {
        Err(crate::devpi::Error::NotFound { .. }) => Vec::new(),
        other => other?,
    };
    releases.sort_by_cached_key(|release| std::cmp::Reverse(Version::from_str(&release.version).ok()));
    Ok(releases)
}

/// The first of `releases` that was built from `commit`, as one of the trusted users says.
pub fn find_by_commit(
    workspace: &Workspace<'_>,
    server: &Server,
    releases: Vec<Release>,
    (commit, trusted): (&CommitId, &[UserName]),
) -> Result<Option<Release>, Error> {
    for release in releases {
        let reports = reports::read_trusted(workspace, server, &release, trusted)?;
        if origin(&release, &provenance(&release, &reports, trusted)) == Origin::Commit(commit.clone()) {
            return Ok(Some(release));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_asked_for_by_version_or_by_project_and_version() {
        let selector = |text: &str| {
            let selector = ReleaseSelector::parse(Some(text)).unwrap();
            (selector.project.map(|p| p.to_string()), selector.version)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(selector("1.4.57"), (None, some("1.4.57")));
        assert_eq!(selector("Demo_Pkg == v1.4.057"), (some("demo-pkg"), some("1.4.57")));
        assert_eq!(selector("demo-pkg=="), (some("demo-pkg"), None));
        assert_eq!(selector("no version"), (None, some("no version")));
        assert_eq!(ReleaseSelector::parse(None).unwrap(), ReleaseSelector::default());
        assert!(matches!(ReleaseSelector::parse(Some("a b==1")), Err(Error::Workspace(workspace::Error::Name(_)))));
    }
}
