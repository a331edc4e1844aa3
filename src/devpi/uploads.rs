//! What goes onto an index: names, files, results, and releases from another index.

use std::path::PathBuf;

use reqwest::blocking::multipart::Form;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::error::Error;
use super::response::ServerResponse;
use super::retry::Idempotency;
use super::session::Session;
use super::transport::{Body, Call};
use crate::model::names::{IndexName, ProjectName};
use crate::model::release::ReleaseFile;
use crate::system;

/// A file to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The file. Its name is the name that it gets.
    pub file: PathBuf,
    /// The core metadata under devpi's names, `name` and `version` among them; a key may come more than once. devpi never opens the
    /// file: what is not here (`requires_python`) does not count for installers.
    pub fields: Vec<(String, String)>,
}

/// What came of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The file is there. A volatile index overwrites without a word.
    Stored,
    /// The same bytes were there already.
    Identical,
    /// Another file of this name is there; it stays. devpi has overwritten the release's metadata all the same: look before.
    Conflict,
}

/// A release to be copied to another index, files and results unchanged, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRequest {
    /// The index that holds the release itself.
    pub from: IndexName,
    /// The project.
    pub project: ProjectName,
    /// The version, as the server spells it.
    pub version: String,
    /// The index that gets it.
    pub to: IndexName,
}

/// What came of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// Everything was copied.
    Done,
    /// A file of the release was there already, be it the same. Files that sort before it *have* been copied: read back, compare.
    Conflict,
}

impl Session {
    /// Makes a project's name known on an index without a file: from then on no mirror can answer for it.
    pub fn register_project(&self, index: &IndexName, project: &ProjectName, version: &str) -> Result<(), Error> {
        let make = || {
            let form = Form::new().text(":action", "submit").text("metadata_version", "2.1");
            Ok(form.text("name", project.to_string()).text("version", version.to_owned()))
        };
        let what = format!("register {project} on {index}");
        let call = self.upload_call(index, Body::Form { make: &make, size: 0 }, what);
        let answer = self.ask(&call, Idempotency::Idempotent)?;
        self.expect(answer, &call).map(drop)
    }

    /// Uploads a file, in pieces. Never tried twice once something was sent: on a volatile index that would erase results.
    pub fn upload(&self, index: &IndexName, upload: &Upload) -> Result<UploadOutcome, Error> {
        let name = upload.file.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("upload {name} to {index}");
        if !["name", "version"].iter().all(|key| upload.fields.iter().any(|(field, _)| field == key)) {
            return Err(Error::BadRequest { what, message: "its metadata lack the name or the version".to_owned() });
        }
        let size = fs_err::metadata(&upload.file).map_err(system::Error::file("read", &upload.file))?.len();
        let make = || upload_form(upload);
        let call = self.upload_call(index, Body::Form { make: &make, size }, what);
        let answer = match self.ask(&call, Idempotency::NotIdempotent) {
            Err(Error::Broken { url, cause }) => self.early_answer(&call, size).ok_or(Error::Broken { url, cause })?,
            other => other?,
        };
        if answer.status == StatusCode::CONFLICT && answer.is_from_devpi {
            return Ok(UploadOutcome::Conflict);
        }
        let identical = self.expect(answer, &call)?.message().contains("identical file");
        Ok(if identical { UploadOutcome::Identical } else { UploadOutcome::Stored })
    }

    /// Posts a tox report to a file. Not tried twice: it would be there twice.
    pub fn post_tox_result(&self, file: &ReleaseFile, report: &Value) -> Result<(), Error> {
        let what = format!("post a tox result for {}", file.file_name);
        let url = self.urls().below(&file.path);
        let call = Call::write(Method::POST, url, Body::Json(report), what);
        let answer = self.ask(&call, Idempotency::NotIdempotent)?;
        self.expect(answer, &call).map(drop)
    }

    /// Copies a release to another index. Not idempotent: devpi answers with a conflict even for the same bytes.
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

    /// Why a server broke an upload off. One that refuses by length answers at once and closes, and the answer is lost among what we
    /// were still sending: so announce the same length again, send next to nothing, and listen.
    fn early_answer(&self, call: &Call, size: u64) -> Option<ServerResponse> {
        let again = Call { body: Body::LengthOnly(size), ..call.clone() };
        let budget = self.transport.retry_budget();
        let response = self.transport.send(&again, self.credentials(), &budget).ok()?;
        let answer = ServerResponse::read(response, &self.transport, &budget).ok()?;
        (!answer.status.is_success()).then_some(answer)
    }
}

fn upload_form(upload: &Upload) -> Result<Form, Error> {
    let mut form = Form::new().text(":action", "file_upload").text("protocol_version", "1");
    for (name, value) in &upload.fields {
        form = form.text(name.clone(), value.clone());
    }
    Ok(form.file("content", &upload.file).map_err(system::Error::file("read", &upload.file))?)
}
