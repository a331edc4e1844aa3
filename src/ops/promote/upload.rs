//! Uploads a release from production to an index beside the devpi server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::devpi::{Server, Upload, UploadApi, UploadResult};
use crate::model::names::Sha256;
use crate::ops::Error;
use crate::ops::promote::error::Error as PromoteError;
use crate::ops::promote::request::{IndexUpload, Promotion, UploadOutcome, UploadedFile};
use crate::release::{self, fetch, publication};
use crate::workspace::Workspace;

/// The time limit of a request, without the time for the file itself.
const DEADLINE: Duration = Duration::from_secs(60);

/// Where the files go, and whether they do.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub url: &'a Url,
    pub dry_run: bool,
}

/// Uploads the files of a promotion. All are compared with the index before the first is sent; a file that the index has with other bytes
/// is an error. Files that it has already are left out, so a second run finishes.
pub(super) fn upload(
    workspace: &Workspace<'_>,
    server: &Server,
    promotion: &Promotion,
    target: Target<'_>,
) -> Result<IndexUpload, Error> {
    let options = workspace.server_options(target.url.clone(), workspace.deadline(DEADLINE)?)?;
    let api = UploadApi::new(&options, workspace.upload_login(target.url)?)?;
    let held = held(&api, promotion)?;
    let mut outcomes = Vec::new();
    for file in &promotion.files {
        let outcome = match held.get(&file.file_name) {
            Some(_) => UploadOutcome::AlreadyThere,
            None if target.dry_run => UploadOutcome::Planned,
            None => {
                let (path, sha256) = fetch::deliver(workspace, None, || fetch::fetch(workspace, server, file))?;
                send(workspace, &api, promotion, (path, &sha256))?
            }
        };
        outcomes.push(UploadedFile { file_name: file.file_name.clone(), outcome });
    }
    if !target.dry_run {
        // The index may list new files later: what it lists must be ours.
        self::held(&api, promotion)?;
    }
    Ok(IndexUpload { index: target.url.clone(), files: outcomes })
}

/// The files of the promotion that the index has, all with the same bytes.
fn held(api: &UploadApi, promotion: &Promotion) -> Result<BTreeMap<String, Sha256>, Error> {
    let mut held = BTreeMap::new();
    for listed in api.files(&promotion.project)? {
        let Some(file) = promotion.files.iter().find(|file| file.file_name == listed.file_name) else { continue };
        let sha256 = api.sha256(&listed)?;
        if sha256 != file.sha256 {
            return Err(PromoteError::UploadConflict {
                index: api.url().clone(),
                file: file.file_name.clone(),
                theirs: sha256.short().to_owned(),
                ours: file.sha256.short().to_owned(),
            }
            .into());
        }
        held.insert(listed.file_name, sha256);
    }
    Ok(held)
}

fn send(
    workspace: &Workspace<'_>,
    api: &UploadApi,
    promotion: &Promotion,
    (path, sha256): (PathBuf, &Sha256),
) -> Result<UploadOutcome, Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    workspace.progress.step(&format!("uploading {name}"));
    let upload = Upload { fields: publication::fields(&path, &promotion.version)?, file: path };
    let result = api.upload(&upload, sha256);
    match result {
        Ok(UploadResult::Accepted) => Ok(UploadOutcome::Uploaded),
        // Another run uploaded it meanwhile, or the response to our own upload was lost: the listing decides.
        Ok(UploadResult::Exists { message }) => match held(api, promotion)?.contains_key(&name) {
            true => Ok(UploadOutcome::AlreadyThere),
            false => Err(PromoteError::UploadRejected { index: api.url().clone(), file: name, message }.into()),
        },
        Err(error) => match held(api, promotion) {
            Ok(held) if held.contains_key(&name) => Ok(UploadOutcome::Uploaded),
            Err(conflict @ Error::Promotion(_)) => Err(conflict),
            _ => Err(release::Error::from(error).into()),
        },
    }
}
