//! Puts a deleted release back on its index, with its tox results.
//!
//! Files and results are collected in a private index and pushed from there in one transaction: no other machine ever sees the release
//! without its provenance, or with a part of its evidence.

use std::path::PathBuf;

use crate::devpi::{PushOutcome, Session, Upload};
use crate::model::names::{CommitId, IndexName, ProjectName, Sha256};
use crate::model::release::{Release, ReleaseFile};
use crate::release::private_index::{PrivateIndex, PrivateIndexRequest};
use crate::release::{Error, publication};
use crate::system::files;
use crate::workspace::Workspace;

/// A release to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseCopy {
    /// The project.
    pub project: ProjectName,
    /// The version in the server's spelling.
    pub version: String,
    /// Its files.
    pub files: Vec<FileCopy>,
}

/// A file to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCopy {
    /// The file; its name is the name on the index, its bytes have been verified.
    pub path: PathBuf,
    /// The file name.
    pub file_name: String,
    /// Its sha256.
    pub sha256: Sha256,
    /// Its tox results, oldest first.
    pub results: Vec<PathBuf>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoredFile {
    /// It was uploaded, with its results.
    Restored,
    /// The index has it. Results are not added: posted now, an old one would count as the newest.
    AlreadyThere,
}

/// Restores the files of `copy` that `index` lacks; returns what became of each, in their order.
///
/// A file that the index has with other bytes is [`Error::RestoreConflict`], and nothing of the release is uploaded.
pub fn restore(
    workspace: &Workspace<'_>,
    session: &Session,
    (index, branch): (&IndexName, &str),
    copy: &ReleaseCopy,
) -> Result<Vec<RestoredFile>, Error> {
    let present = check_present(session, index, copy)?;
    let missing: Vec<&FileCopy> = copy.files.iter().filter(|file| !is_in(&present, file)).collect();
    let outcomes = copy.files.iter().map(|file| match is_in(&present, file) {
        true => RestoredFile::AlreadyThere,
        false => RestoredFile::Restored,
    });
    let outcomes: Vec<RestoredFile> = outcomes.collect();
    if missing.is_empty() {
        return Ok(outcomes);
    }
    workspace.progress.step(&format!("restoring {} {}", copy.project, copy.version));
    let request = PrivateIndexRequest {
        near: index,
        project: &copy.project,
        version: &copy.version,
        commit: &CommitId::parse(&"0".repeat(40))?,
        branch,
        purpose: "restore",
        title: format!("restoring {} {} to {index}", copy.project, copy.version),
        results_by: vec![session.login_user().to_string()],
    };
    let private = PrivateIndex::create(workspace, session, &request)?;
    fill(session, &private, (copy, &missing))?;
    if private.push((&copy.project, &copy.version), index)? == PushOutcome::Conflict {
        // Another machine was faster: what it uploaded decides.
        check_present(session, index, copy)?;
    }
    check_stored(session, index, (copy, &missing))?;
    Ok(outcomes)
}

fn is_in(release: &Option<Release>, file: &FileCopy) -> bool {
    release.iter().flat_map(|release| &release.files).any(|stored| stored.file_name == file.file_name)
}

/// Reads the release on the index; fails when a file of it has other bytes.
fn check_present(session: &Session, index: &IndexName, copy: &ReleaseCopy) -> Result<Option<Release>, Error> {
    let present = session.release(index, &copy.project, &copy.version)?;
    for stored in present.iter().flat_map(|release| &release.files) {
        let ours = copy.files.iter().find(|file| file.file_name == stored.file_name);
        if let Some(ours) = ours.filter(|ours| ours.sha256 != stored.sha256) {
            return Err(Error::RestoreConflict {
                index: index.clone(),
                file: stored.file_name.clone(),
                found: stored.sha256.clone(),
                expected: ours.sha256.clone(),
            });
        }
    }
    Ok(present)
}

/// Uploads the files, and then posts their results in their order.
fn fill(
    session: &Session,
    private: &PrivateIndex<'_>,
    (copy, missing): (&ReleaseCopy, &[&FileCopy]),
) -> Result<(), Error> {
    for file in missing {
        let named = || vec![("name", copy.project.as_str()), ("version", &copy.version)];
        let minimal = || named().into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        // A file whose metadata cannot be read was uploaded by another client with metadata of its own.
        let fields = publication::fields(&file.path, &copy.version).unwrap_or_else(|_| minimal());
        session.upload(private.name(), &Upload { file: file.path.clone(), fields })?;
    }
    let stored = check_stored(session, private.name(), (copy, missing))?;
    for file in missing {
        let Some(on_server) = stored.iter().find(|stored| stored.file_name == file.file_name) else { continue };
        for result in &file.results {
            if let Some(bytes) = files::read_optional(result)? {
                session.post_tox_report(on_server, &bytes)?;
            }
        }
    }
    Ok(())
}

/// Compares what the server lists with what was restored.
fn check_stored(
    session: &Session,
    index: &IndexName,
    (copy, missing): (&ReleaseCopy, &[&FileCopy]),
) -> Result<Vec<ReleaseFile>, Error> {
    let stored = session.release(index, &copy.project, &copy.version)?.map(|release| release.files).unwrap_or_default();
    for file in missing {
        let listed = stored.iter().find(|stored| stored.file_name == file.file_name);
        if listed.is_none_or(|listed| listed.sha256 != file.sha256) {
            let stored = listed.map_or("none".to_owned(), |listed| listed.sha256.to_string());
            let (file, sent) = (file.file_name.clone(), file.sha256.to_string());
            return Err(Error::DigestMismatch { file, sent, stored });
        }
    }
    Ok(stored)
}
