//! Selects a release: by version, by this build's number, or by the checked-out commit.

use std::str::FromStr;

use pep440_rs::Version;

use crate::build;
use crate::build::version::{self, build_number, version};
use crate::devpi::Server;
use crate::index;
use crate::index::branch_index::{self, IndexLookup, IndexMap};
use crate::index::expected;
use crate::model::evidence::{Origin, origin, provenance};
use crate::model::names::{BranchName, CommitId, IndexName, ProjectName, UserName};
use crate::model::record::Record;
use crate::model::release::Release;
use crate::release::Error;
use crate::release::reports;
use crate::settings::Origin as SettingOrigin;
use crate::system::environment::GIT_DEVPI_BUILD_NUMBER;
use crate::workspace::{self, Workspace};

/// A release as the user names it. Missing parts are derived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseSelector {
    /// The project.
    pub project: Option<ProjectName>,
    /// The version, in canonical form if it is PEP 440.
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

    /// Returns the selected project, else the one that `--project` or the current folder names.
    pub fn project(&self, workspace: &Workspace<'_>) -> Result<ProjectName, Error> {
        match &self.project {
            Some(project) => Ok(project.clone()),
            None => Ok(workspace.selected_project()?.name().clone()),
        }
    }
}

/// Returns the canonical form: git-devpi uploads canonical versions, and devpi keeps `1.4` and
/// `1.4.0` apart.
fn canonical(version: &str) -> String {
    Version::from_str(version).map_or_else(|_| version.to_owned(), |version| version.to_string())
}

/// The indexes that can hold releases of this build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateIndexes {
    /// The indexes, in search order.
    pub indexes: Vec<IndexName>,
    /// Whether this is a tag build, which uses the release of its commit and creates nothing.
    pub is_tag_build: bool,
}

/// Returns the indexes that can hold releases of this build.
///
/// For a branch its index, and production if it is a release branch. For a tag build the indexes of all release branches, and
/// production.
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
    if let IndexLookup::Index(index) = expected::look_up(server, &query)? {
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

/// Returns the release that `selector` selects among the releases of this build's [`candidate_indexes`].
///
/// Without a version that is the release built from the checked-out commit ([`release_of_commit`]).
pub fn locate(workspace: &Workspace<'_>, server: &Server, selector: &ReleaseSelector) -> Result<Release, Error> {
    let project = selector.project(workspace)?;
    let candidates = candidate_indexes(workspace, server)?;
    let Some(version) = selector.version.clone() else {
        let trusted = workspace.evidence_users()?;
        let number = if candidates.is_tag_build { None } else { numbered_version(workspace, &project)? };
        let query = CommitQuery { project: &project, indexes: &candidates.indexes, trusted: &trusted, number };
        return release_of_commit(workspace, server, query);
    };
    for index in &candidates.indexes {
        if let Some(release) = server.release(index, &project, &version)? {
            return Ok(release);
        }
    }
    let index = candidates.indexes[0].clone();
    Err(Error::NoRelease { project, version, index })
}

/// The version that the build number of this job gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedVersion {
    /// The version.
    pub version: String,
    /// Whether the number was given explicitly (`--number`, GIT_DEVPI_BUILD_NUMBER). The CI system's own counter may differ between
    /// the job that built and the job that promotes, so it only expresses a preference.
    pub is_explicit: bool,
}

/// Returns the version that this job's build number gives; `None` without a number.
pub fn numbered_version(workspace: &Workspace<'_>, project: &ProjectName) -> Result<Option<NumberedVersion>, Error> {
    let number = match build_number(workspace) {
        Err(build::Error::Version(version::Error::NoBuildNumber { .. })) | Ok(None) => return Ok(None),
        Ok(Some(number)) => number,
        Err(error) => return Err(error.into()),
    };
    let is_explicit = match &number.origin {
        SettingOrigin::Flag(_) => true,
        SettingOrigin::Environment(name) => name == GIT_DEVPI_BUILD_NUMBER,
        _ => false,
    };
    let projects = workspace.projects()?;
    let Some(found) = projects.into_iter().find(|candidate| candidate.name() == project) else { return Ok(None) };
    match version(workspace, found) {
        Ok(version) => Ok(Some(NumberedVersion { version: version.version.to_string(), is_explicit })),
        Err(error) if is_explicit => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// Selects the release that was built from the checked-out commit.
#[derive(Debug, Clone)]
pub struct CommitQuery<'a> {
    /// The project.
    pub project: &'a ProjectName,
    /// The indexes to search, in this order.
    pub indexes: &'a [IndexName],
    /// The users whose provenance counts.
    pub trusted: &'a [UserName],
    /// The version of this job's build number.
    pub number: Option<NumberedVersion>,
}

/// Returns the release that was built from the checked-out commit.
///
/// Of several, the one of this job's build number comes first, then the highest version. An explicit number selects its version only.
/// A release of this job's number that has no provenance (uploaded by another tool) is returned when no release names the commit. A
/// release of another commit is never returned: then the result is [`Error::NoReleaseOfCommit`].
pub fn release_of_commit(workspace: &Workspace<'_>, server: &Server, query: CommitQuery<'_>) -> Result<Release, Error> {
    let CommitQuery { project, indexes, trusted, number } = query;
    let commit = workspace.commit()?;
    let mut unproven = None;
    if let Some(number) = &number {
        for index in indexes {
            let Some(release) = server.release(index, project, &number.version)? else { continue };
            let reports = reports::read_trusted(workspace, server, &release, trusted)?;
            match origin(&release, &provenance(&release, &reports, trusted)) {
                Origin::Commit(built_from) if built_from == commit => return Ok(release),
                Origin::Unproven { .. } => unproven = unproven.or(Some(release)),
                Origin::Commit(_) | Origin::Mixed { .. } => {}
            }
        }
    }
    if !number.is_some_and(|number| number.is_explicit) {
        for index in indexes {
            let releases = newest_first(server, index, project)?;
            if let Some(release) = find_by_commit(workspace, server, releases, (&commit, trusted))? {
                return Ok(release);
            }
        }
    }
    let none = || Error::NoReleaseOfCommit { project: project.clone(), commit, indexes: indexes.to_vec() };
    unproven.ok_or_else(none)
}

/// Returns the releases of a project on an index, the highest version first.
pub fn newest_first(server: &Server, index: &IndexName, project: &ProjectName) -> Result<Vec<Release>, Error> {
    let mut releases = match server.releases(index, project) {
        Err(crate::devpi::Error::NotFound { .. }) => Vec::new(),
        other => other?,
    };
    releases.sort_by_cached_key(|release| std::cmp::Reverse(Version::from_str(&release.version).ok()));
    Ok(releases)
}

/// Returns the first of `releases` that was built from `commit` according to a trusted user.
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
    fn a_release_is_selector_for_by_version_or_by_project_and_version() {
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
