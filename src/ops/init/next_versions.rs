//! What the next builds will be called: the quickest way to see whether base and templates are what one meant.

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

/// A number that stands for "whatever CI counts".
const EXAMPLE: &str = "57";

/// The versions that build 57 of every project would get. A project whose version cannot be told is left out.
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
