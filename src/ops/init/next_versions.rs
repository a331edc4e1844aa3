//! The versions of the next builds, to verify base version and templates.

use pep440_rs::Version;

use crate::build;
use crate::build::version::{base_version, templates};
use crate::model::names::ProjectName;
use crate::model::stamp::{BuildKind, BuildNumber, StampError, stamp};
use crate::ops::Error;
use crate::python;
use crate::workspace::{self, Workspace};

/// The versions that build 57 would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextVersions {
    /// The project.
    pub project: ProjectName,
    /// On a release branch.
    pub release: Version,
    /// On another branch.
    pub branch: Version,
}

/// The build number of the example.
const EXAMPLE: &str = "57";

/// Returns the versions that build 57 of each project would get; empty without a commit or a project.
///
/// An error if one of them would be refused: every build would fail then.
pub fn next_versions(workspace: &Workspace<'_>) -> Result<Vec<NextVersions>, Error> {
    let (Ok(commit), Ok(number)) = (workspace.commit(), BuildNumber::parse(EXAMPLE)) else { return Ok(Vec::new()) };
    let projects = match workspace.projects() {
        Err(workspace::Error::Python(python::Error::NoProject { .. })) => return Ok(Vec::new()),
        projects => projects?,
    };
    let templates = templates(workspace)?;
    let mut next = Vec::new();
    for project in projects {
        let (base, _, _) = base_version(workspace, &project, &commit)?;
        let version = |kind: BuildKind| stamp(&base, &kind, &templates).map_err(version_error);
        let release = version(BuildKind::Release { number })?;
        let branch = version(BuildKind::Branch { number })?;
        next.push(NextVersions { project: project.name().clone(), release, branch });
    }
    Ok(next)
}

fn version_error(error: StampError) -> build::Error {
    build::version::Error::from(error).into()
}
