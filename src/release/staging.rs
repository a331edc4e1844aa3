//! The staging index: a private copy of exactly the files that are promoted.
//!
//! devpi's push copies every file that a release has at that moment. Between the decision about a release and the push, a file can
//! appear or change. So the files are first copied into a private index that no other user writes to, the copy is reduced to the files
//! that were decided on and compared with them, and the target index gets the release from there. Reports travel with their files, so
//! the evidence can be read again from the copy, which does not change any more.

use std::thread;
use std::time::{Duration, Instant};

use crate::devpi::{PushOutcome, PushRequest, Session};
use crate::model::names::{CommitId, IndexName, ProjectName};
use crate::model::release::{Release, ReleaseFile};
use crate::release::Error;
use crate::release::private_index::{PrivateIndex, PrivateIndexRequest};
use crate::workspace::Workspace;
use crate::workspace::session::DEADLINE;

/// The delay between two copies into the staging index.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The files to copy.
#[derive(Debug, Clone, Copy)]
pub struct StagingRequest<'a> {
    /// The project.
    pub project: &'a ProjectName,
    /// The version, in the server's spelling.
    pub version: &'a str,
    /// The commit that the files were built from.
    pub commit: &'a CommitId,
    /// The branch of the source index.
    pub branch: &'a str,
    /// The source index.
    pub from: &'a IndexName,
    /// The target index, for the staging index's title.
    pub to: &'a IndexName,
    /// The files that were decided on. Others are not copied.
    pub files: &'a [ReleaseFile],
}

/// A staging index with exactly the requested files. Dropping it deletes the index; so does an interruption.
#[derive(Debug)]
pub struct Staging<'a> {
    session: &'a Session,
    index: PrivateIndex<'a>,
    release: Release,
}

impl<'a> Staging<'a> {
    /// Copies the files of `request` into a new staging index of the logged-in user: 4 requests, one more for each file that is left out.
    ///
    /// The index has the record of a claim, so that `prune` deletes it when this process ends before it can. If a file is missing on
    /// the source index or has other bytes than decided, the result is [`Error::ChangedMeanwhile`].
    pub fn copy(workspace: &Workspace<'_>, session: &'a Session, request: StagingRequest<'_>) -> Result<Self, Error> {
        let private = PrivateIndexRequest {
            near: request.from,
            project: request.project,
            version: request.version,
            commit: request.commit,
            branch: request.branch,
            purpose: "promotion",
            title: format!("promoting {} {} to {}", request.project, request.version, request.to),
            // With an empty list no user can post reports to the copy, so the evidence that is read from it does not change.
            results_by: Vec::new(),
        };
        let index = PrivateIndex::create(workspace, session, &private)?;
        let empty = Release {
            index: index.name().clone(),
            project: request.project.clone(),
            version: request.version.to_owned(),
            files: Vec::new(),
            tox_results: Vec::new(),
        };
        let mut staging = Self { session, index, release: empty };
        let copied = staging.fill(request, workspace.deadline(DEADLINE)?)?;
        staging.release = staging.reduce(request, copied)?;
        Ok(staging)
    }

    /// The copy: exactly the requested files, with the reports that the source index had at the moment of the copy.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// Copies the release to the target index in one transaction. A rejected push may have copied a part: read the target afterwards.
    pub fn push(&self, to: &IndexName) -> Result<PushOutcome, Error> {
        self.index.push((&self.release.project, &self.release.version), to)
    }

    /// Copies the whole release. When the response is lost, the staging index tells whether the server did it.
    fn fill(&self, request: StagingRequest<'_>, deadline: Duration) -> Result<Release, Error> {
        let push = PushRequest {
            from: request.from.clone(),
            project: request.project.clone(),
            version: request.version.to_owned(),
            to: self.index.name().clone(),
        };
        let started = Instant::now();
        loop {
            let pushed = self.session.push(&push);
            let copied = self.read(request)?;
            match (pushed, copied) {
                (_, Some(copied)) => return Ok(copied),
                (Err(error), None) if !error.is_transient() || started.elapsed() >= deadline => {
                    return Err(error.into());
                }
                (Ok(_), None) => return Err(changed(request, &request.files[0], "is missing")),
                (Err(_), None) => thread::sleep(RETRY_DELAY),
            }
        }
    }

    fn read(&self, request: StagingRequest<'_>) -> Result<Option<Release>, Error> {
        Ok(self.session.release(self.index.name(), request.project, request.version)?)
    }

    /// Deletes the files that were not decided on, and compares the others.
    fn reduce(&self, request: StagingRequest<'_>, mut copied: Release) -> Result<Release, Error> {
        for file in request.files {
            match copied.files.iter().find(|copy| copy.file_name == file.file_name) {
                None => return Err(changed(request, file, "is missing")),
                Some(copy) if copy.sha256 != file.sha256 => return Err(changed(request, file, "has other bytes")),
                Some(_) => {}
            }
        }
        let is_wanted = |copy: &ReleaseFile| request.files.iter().any(|file| file.file_name == copy.file_name);
        let extra: Vec<ReleaseFile> = copied.files.iter().filter(|copy| !is_wanted(copy)).cloned().collect();
        if !extra.is_empty() {
            for file in &extra {
                self.session.delete_file(file)?;
            }
            copied = self.read(request)?.ok_or_else(|| changed(request, &request.files[0], "is missing"))?;
            if let Some(file) = copied.files.iter().find(|copy| !is_wanted(copy)) {
                return Err(changed(request, file, "was added"));
            }
        }
        Ok(copied)
    }
}

fn changed(request: StagingRequest<'_>, file: &ReleaseFile, change: &'static str) -> Error {
    Error::ChangedMeanwhile {
        project: request.project.clone(),
        version: request.version.to_owned(),
        index: request.from.clone(),
        file: file.file_name.clone(),
        change,
    }
}
