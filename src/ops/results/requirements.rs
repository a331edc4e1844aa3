//! The files of a release as a requirements file with hashes.

use url::Url;

use crate::model::release::Release;
use crate::ops::Error;
use crate::release::select::{ReleaseSelector, locate};
use crate::workspace::Workspace;

/// A release to install with its hashes.
#[derive(Debug, Clone)]
pub struct Requirements {
    /// The release: that in production, else that of the build.
    pub release: Release,
    /// Whether it is in production.
    pub is_in_production: bool,
    /// The URL of its index for installers, without credentials.
    pub index_url: Url,
}

/// Finds the release to install. With a version production is asked first; without one, for the release of this build.
pub fn requirements(workspace: &Workspace<'_>, selector: &ReleaseSelector) -> Result<Requirements, Error> {
    let server = workspace.server_for_reading()?;
    let production = workspace.production()?;
    let built = match &selector.version {
        Some(_) => None,
        None => Some(locate(workspace, server, selector)?),
    };
    let version = built.as_ref().map(|release| release.version.clone()).or_else(|| selector.version.clone());
    let promoted = match version {
        Some(version) => server.release(&production, &selector.project(workspace)?, &version)?,
        None => None,
    };
    let is_in_production = promoted.is_some();
    let release = match (promoted, built) {
        (Some(release), _) | (None, Some(release)) => release,
        (None, None) => locate(workspace, server, selector)?,
    };
    let index_url = server.simple_url(&release.index);
    Ok(Requirements { release, is_in_production, index_url })
}
