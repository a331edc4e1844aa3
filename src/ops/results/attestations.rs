//! The evidence for a release as in-toto Statements.

use crate::model::attestation::{self, Attestations};
use crate::model::release::Release;
use crate::ops::Error;
use crate::release::reports;
use crate::release::select::{ReleaseSelector, locate};
use crate::workspace::Workspace;

/// Returns a release with the Statements about its files. One request for each report that is not cached.
pub fn attestations(workspace: &Workspace<'_>, selector: &ReleaseSelector) -> Result<(Release, Attestations), Error> {
    let server = workspace.server_for_reading()?;
    let release = locate(workspace, server, selector)?;
    let trusted = workspace.evidence_users()?;
    let reports = reports::read_trusted(workspace, server, &release, &trusted)?;
    let attestations = attestation::attestations(&release, &reports, &trusted);
    Ok((release, attestations))
}
