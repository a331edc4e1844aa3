//! How a tox report becomes evidence: made fit for the public, and posted to the file that was tested.
//!
//! Everything that uploads a report (`hook tox`, `test`, `results add`) goes through here, so that nothing that is no evidence and
//! nothing that is secret can get past.

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::devpi::{self, Session};
use crate::model::names::CommitId;
use crate::model::release::ReleaseFile;
use crate::model::tox_result::{PreparedReport, TestNote, UploadContext, report_for_upload};
use crate::release::Error;
use crate::system::files::{self, Access};
use crate::system::machine;
use crate::workspace::Workspace;

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub struct TestedFile<'a> {
    /// The version of the file.
    pub version: &'a str,
    /// The file, as it lies on the server.
    pub file: &'a ReleaseFile,
    /// The commit that was checked out beside it.
    pub commit: &'a CommitId,
}

/// Makes the report that may be posted; not worth posting when it keeps no environment.
pub fn prepare(workspace: &Workspace<'_>, tested: &TestedFile<'_>, report: &Value) -> Result<PreparedReport, Error> {
    let note = TestNote {
        commit: tested.commit.clone(),
        version: tested.version.to_owned(),
        sha256: tested.file.sha256.clone(),
        ci_url: workspace.ci().and_then(|ci| ci.url.clone()),
    };
    let secrets = secrets(workspace)?;
    Ok(report_for_upload(report, &UploadContext { note, host: host(workspace)?, secrets: &secrets }))
}

/// Posts a prepared report to its file; once more, with a new token, where the server does not know the old one any more. (The tests
/// may have taken hours, and cannot be run again for that.)
pub fn post(workspace: &Workspace<'_>, tested: &TestedFile<'_>, prepared: &PreparedReport) -> Result<(), Error> {
    let session = workspace.session()?;
    match session.post_tox_result(tested.file, &prepared.report) {
        Err(error @ devpi::Error::TokenExpired { .. }) => {
            let renewed = if workspace.renew_token()? { workspace.stored_token()? } else { None };
            let Some((login, token)) = renewed else { return Err(error.into()) };
            Ok(Session::new(session, login, &token).post_tox_result(tested.file, &prepared.report)?)
        }
        other => Ok(other?),
    }
}

/// What must not become public: passwords of the environment, and every token for this server.
fn secrets(workspace: &Workspace<'_>) -> Result<Vec<String>, Error> {
    let mut secrets: Vec<String> = workspace.environment.secret_values().map(str::to_owned).collect();
    let logins = workspace.stored_logins(&workspace.server_url()?.value)?;
    secrets.extend(logins.iter().map(|(_, token)| token.text.expose_secret().to_owned()));
    Ok(secrets)
}

/// A name for this machine: another one's differs, and tomorrow it is the same.
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
