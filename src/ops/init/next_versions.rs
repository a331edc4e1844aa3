//! The versions of the next builds, to verify base version and templates.

use pep440_rs::Version;

use crate::build::version::{base_version, templates};
use crate::model::names::ProjectName;
use crate::model::stamp::{BuildKind, BuildNumber, stamp};
use crate::ops::Error;
use crate::workspace::Workspace;

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

/// Returns the versions that build 57 of each project would get.
///
/// Projects with an unknown version are left out.
pub fn next_versions(workspace: &Workspace<'_>) -> Result<Vec<NextVersions>, Error> {
    let (Ok(projects), Ok(commit)) = (workspace.projects(), workspace.commit()) else { return Ok(Vec::new()) };
    let Ok(number) = BuildNumber::parse(EXAMPLE) else { return Ok(Vec::new()) };
    let templates = templates(workspace)?;
    let mut next = Vec::new();
    for project in projects {
        let Ok((base, _, _)) = base_version(workspace, &project, &commit) else { continue };
        let release = stamp(&base, &BuildKind::Release { number }, &templates);
        let branch = stamp(&base, &BuildKind::Branch { number }, &templates);
        if let (Ok(release), Ok(branch)) = (release, branch) {
            next.push(NextVersions { project: project.name().clone(), release, branch });
        }
    }
    Ok(next)
}
