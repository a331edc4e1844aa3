//! Turns a tox report into evidence: removes secrets, and posts it to the tested file.
//!
//! All uploads of reports (`hook tox`, `test`, `results add`) use this module, so reports without evidence and secrets are
//! never posted.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::model::names::CommitId;
use crate::model::release::ReleaseFile;
use crate::model::tox_result::{PreparedReport, TestCounts, TestNote, UploadContext, report_for_upload};
use crate::release::Error;
use crate::system::files::{self, Access};
use crate::system::machine;
use crate::workspace::Workspace;

/// The subject of a report.
#[derive(Debug, Clone, Copy)]
pub struct TestedFile<'a> {
    /// The version of the file.
    pub version: &'a str,
    /// The file on the server.
    pub file: &'a ReleaseFile,
    /// The commit that was checked out during the test.
    pub commit: &'a CommitId,
}

/// Returns the part of the report that can be posted; it is empty if no environment is evidence.
pub fn prepare(workspace: &Workspace<'_>, tested: &TestedFile<'_>, report: &Value) -> Result<PreparedReport, Error> {
    prepare_counted(workspace, tested, report, BTreeMap::new())
}

/// The same with the numbers of tests by environment.
pub fn prepare_counted(
    workspace: &Workspace<'_>,
    tested: &TestedFile<'_>,
    report: &Value,
    tests: BTreeMap<String, TestCounts>,
) -> Result<PreparedReport, Error> {
    let note = TestNote {
        commit: tested.commit.clone(),
        version: tested.version.to_owned(),
        sha256: tested.file.sha256.clone(),
        ci_url: workspace.ci().and_then(|ci| ci.url.clone()),
        tests,
    };
    let secrets = secrets(workspace)?;
    Ok(report_for_upload(report, &UploadContext { note, host: host(workspace)?, secrets: &secrets }))
}

/// Posts a prepared report to its file.
pub fn post(workspace: &Workspace<'_>, tested: &TestedFile<'_>, prepared: &PreparedReport) -> Result<(), Error> {
    Ok(workspace.session()?.post_tox_result(tested.file, &prepared.report)?)
}

/// Returns the texts that must not be posted: passwords in the environment, and all tokens for
/// this server.
fn secrets(workspace: &Workspace<'_>) -> Result<Vec<String>, Error> {
    let mut secrets: Vec<String> = workspace.environment.secret_values().map(str::to_owned).collect();
    let logins = workspace.stored_logins(&workspace.server_url()?.value)?;
    secrets.extend(logins.iter().map(|(_, token)| token.text.expose_secret().to_owned()));
    Ok(secrets)
}

/// Returns a stable name of this machine.
fn host(workspace: &Workspace<'_>) -> Result<String, Error> {
    if let Some(name) = machine::host_name(&workspace.environment) {
        return Ok(name);
    }
    let place = workspace.directories.state.join("machine");
    if let Some(name) = files::read_text_optional(&place)?.filter(|name| !name.trim().is_empty()) {
        return Ok(name.trim().to_owned());
    }
    let name = format!("machine-{:016x}", machine::random());
    files::write_atomic(&place, name.as_bytes(), Access::Shared)?;
    Ok(name)
}
