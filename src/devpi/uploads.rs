//! Writing to an index: project registration, file uploads, tox results and pushes.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::error::Error;
use super::response::ServerResponse;
use super::retry::Idempotency;
use super::session::Session;
use super::transport::{Body, Call};
use super::upload_form::UploadForm;
use crate::model::names::{IndexName, ProjectName};
use crate::model::release::ReleaseFile;

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The file; its name is the name on the index.
    pub file: PathBuf,
    /// The core metadata under devpi's keys; `name` and `version` are required, and keys may repeat.
    ///
    /// devpi does not read the file's own metadata: installers see only these (`requires_python`).
    pub fields: Vec<(String, String)>,
}

/// The result of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The server stored the file. A volatile index overwrites an existing file without an error.
    Stored,
    /// The index already has the same file.
    Identical,
    /// The index has another file of this name and keeps it.
    ///
    /// devpi still overwrites the release's metadata: check before the upload.
    Conflict,
}

/// A release to copy to another index, with its files and results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRequest {
    /// The source index, which must have the release itself.
    pub from: IndexName,
    /// The project.
    pub project: ProjectName,
    /// The version, as the server spells it.
    pub version: String,
    /// The target index.
    pub to: IndexName,
}

/// The result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// The server copied all files.
    Done,
    /// The target already has a file of the release, possibly the same one.
    ///
    /// The server *has* copied the files that sort before it: read the release and compare.
    Conflict,
}

/// How long to wait for a server that rejects a body by its content length, in two attempts: one that closes the connection soon after its
/// answer, and a busy one.
const EARLY_RESPONSE: [Duration; 2] = [Duration::from_millis(700), Duration::from_secs(3)];

impl Session {
    /// Registers a project on an index without a file: from then on mirrors do not provide this name.
    pub fn register_project(&self, index: &IndexName, project: &ProjectName, version: &str) -> Result<(), Error> {
        let form = UploadForm::default().text(":action", "submit").text("metadata_version", "2.1");
        let form = form.text("name", project.as_str()).text("version", version);
        let what = format!("register {project} on {index}");
        let call = self.upload_call(index, Body::Form(&form), what);
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        self.expect(answer, &call).map(drop)
    }

    /// Uploads a file as a stream.
    ///
    /// Does not retry after sending anything: on a volatile index a second upload erases results.
    pub fn upload(&self, index: &IndexName, upload: &Upload) -> Result<UploadOutcome, Error> {
        let name = upload.file.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("upload {name} to {index}");
        if !["name", "version"].iter().all(|key| upload.fields.iter().any(|(field, _)| field == key)) {
            return Err(Error::BadRequest { what, message: "the metadata has no name or no version".to_owned() });
        }
        let mut form = UploadForm::default().text(":action", "file_upload").text("protocol_version", "1");
        for (name, value) in &upload.fields {
            form = form.text(name, value);
        }
        let form = form.file(&upload.file)?;
        let size = form.file_size();
        let call = self.upload_call(index, Body::Form(&form), what);
        let answer = match self.ask(&call, Idempotency::NotIdempotent) {
            Err(Error::Broken { url, cause }) => self.early_answer(&call, size).ok_or(Error::Broken { url, cause })?,
            other => other?,
        };
        if answer.status == StatusCode::CONFLICT && answer.is_from_devpi {
            return Ok(UploadOutcome::Conflict);
        }
        let accepted = self.expect(answer, &call).map_err(|error| match error {
            Error::TooLarge { what, .. } => Error::TooLarge { what, size: Some(size) },
            other => other,
        })?;
        let identical = accepted.message().contains("identical file");
        Ok(if identical { UploadOutcome::Identical } else { UploadOutcome::Stored })
    }

    /// Whether the server, or a proxy in front of it, refuses a file of `size` bytes. Sends one byte; where it is accepted, this takes 4 s.
    pub fn refuses_size(&self, index: &IndexName, size: u64) -> bool {
        let call = self.upload_call(index, Body::Nothing, format!("announce {size} bytes to {index}"));
        self.early_answer(&call, size).is_some_and(|answer| answer.status == StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// Posts a tox report for a file. Does not retry, because a second post adds a second report.
    pub fn post_tox_result(&self, file: &ReleaseFile, report: &Value) -> Result<(), Error> {
        self.post_result(file, Body::Json(report))
    }

    /// Posts a tox report that was read from a server, byte for byte: the server lists the same sha256 for it.
    pub fn post_tox_report(&self, file: &ReleaseFile, report: &[u8]) -> Result<(), Error> {
        self.post_result(file, Body::RawJson(report))
    }

    fn post_result(&self, file: &ReleaseFile, body: Body<'_>) -> Result<(), Error> {
        let what = format!("post a tox result for {}", file.file_name);
        let url = self.urls().below(&file.path);
        let call = Call::write(Method::POST, url, body, what);
        let answer = self.ask(&call, Idempotency::NotIdempotent)?;
        self.expect(answer, &call).map(drop)
    }

    /// Copies a release to another index. Not idempotent: devpi responds with a conflict also for identical files.
    pub fn push(&self, request: &PushRequest) -> Result<PushOutcome, Error> {
        let body = json!({
            "name": request.project.as_str(),
            "version": request.version,
            "targetindex": request.to.to_string(),
        });
        let what = format!("push {} {} from {} to {}", request.project, request.version, request.from, request.to);
        let url = self.urls().index(&request.from, &[]);
        let call = Call::write(Method::POST, url, Body::Json(&body), what);
        let answer = self.ask(&call, Idempotency::NotIdempotent)?;
        if answer.status == StatusCode::CONFLICT && answer.is_from_devpi {
            return Ok(PushOutcome::Conflict);
        }
        self.expect(answer, &call).map(|_| PushOutcome::Done)
    }

    fn upload_call<'a>(&self, index: &IndexName, body: Body<'a>, what: String) -> Call<'a> {
        Call::write(Method::POST, self.urls().index(index, &[""]), body, what)
    }

    /// Finds out why the server closed the connection during an upload.
    ///
    /// A server that rejects the content length responds at once and closes, and the client loses the response while it still
    /// sends. A second request announces the same length, sends one byte and reads the response.
    fn early_answer(&self, call: &Call, size: u64) -> Option<ServerResponse> {
        EARLY_RESPONSE.into_iter().find_map(|wait| {
            let again = Call { body: Body::LengthOnly { size, wait }, ..call.clone() };
            let budget = self.transport.retry_budget();
            let response = self.send(&again, &budget).ok()?;
            let answer = ServerResponse::read(response, self.transport.serial(), &budget).ok()?;
            (!answer.status.is_success()).then_some(answer)
        })
    }
}
