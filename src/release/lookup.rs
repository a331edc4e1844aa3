//! Looks up the release on one index, and the commit that it was built from.
//!
//! Only the index itself counts, not its bases. A release is complete if it has a file of each format that fits the
//! interpreter, each with provenance. A recent file without provenance means that another machine is publishing without a
//! claim; the lookup waits for it. If every file has provenance, no other machine is publishing: a missing format belongs to
//! another platform, and can be added.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::build::version::build_number;
use crate::devpi::Server;
use crate::model::evidence;
use crate::model::names::{CommitId, IndexName, ProjectName, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::Provenance;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::compatible::Installer;
use crate::release::{claim_timeout, reports};
use crate::settings::Origin;
use crate::system::clock;
use crate::workspace::Workspace;

/// The time between the last upload of another machine and its provenance report, which takes two
/// requests.
///
/// A missing file gets the claim timeout instead: it may be large.
const PROVENANCE_TIMEOUT: Duration = Duration::from_secs(30);
/// The delays between two lookups.
const POLL_INTERVALS: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// The release to look up.
pub(crate) struct ReleaseQuery<'a> {
    pub workspace: &'a Workspace<'a>,
    pub project: &'a ProjectName,
    pub version: &'a str,
    pub commit: &'a CommitId,
    pub formats: &'a [Format],
    pub installer: &'a Installer<'a>,
    /// The users whose provenance counts.
    pub trusted: &'a [UserName],
}

/// A release that exists and, as far as its provenance says, was built from the requested commit.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseMatch {
    pub release: Release,
    /// The best matching file of each format.
    pub files: Vec<(Format, ReleaseFile)>,
    /// The formats without a matching file.
    pub missing_formats: Vec<Format>,
    /// The files among `files` without provenance.
    pub without_provenance: Vec<ReleaseFile>,
}

impl ReleaseMatch {
    /// Returns the file to install: the wheel, if wheels are built.
    pub fn preferred_file(&self) -> Option<&ReleaseFile> {
        self.files.iter().min_by_key(|(format, _)| *format).map(|(_, file)| file)
    }

    /// Whether there is a matching file of each format, with or without provenance.
    pub fn has_every_format(&self) -> bool {
        self.missing_formats.is_empty()
    }

    /// Whether every matching file has provenance, so that no other machine is publishing.
    fn has_provenance(&self) -> bool {
        self.without_provenance.is_empty()
    }

    /// Returns the time of the most recent upload.
    fn last_upload(&self) -> Option<Timestamp> {
        self.release.files.iter().filter_map(|file| file.log.first()).map(|entry| entry.when).max()
    }
}

impl ReleaseQuery<'_> {
    /// Returns the release on `index`; waits while another machine is publishing it.
    pub fn lookup(&self, server: &Server, index: &IndexName) -> Result<Option<ReleaseMatch>, Error> {
        self.lookup_from(server, index, None)
    }

    /// The same, where `read` is the release if it has just been read.
    pub fn lookup_from(
        &self,
        server: &Server,
        index: &IndexName,
        read: Option<Release>,
    ) -> Result<Option<ReleaseMatch>, Error> {
        let mut read = read;
        for pause in POLL_INTERVALS.iter().chain(std::iter::repeat(&POLL_INTERVALS[POLL_INTERVALS.len() - 1])) {
            let matched = match read.take() {
                Some(release) => Some(self.matched(server, index, release)?),
                None => self.lookup_once(server, index)?,
            };
            let Some(matched) = matched else { return Ok(None) };
            let now = server.server_time().unwrap_or_else(clock::now);
            let age = matched
                .last_upload()
                .map_or(Duration::MAX, |last_upload| now.duration_since(last_upload).unsigned_abs());
            if matched.has_provenance() || age >= self.wait_limit(&matched)? {
                return Ok(Some(matched));
            }
            let (project, version) = (self.project, self.version);
            self.workspace.progress.step(&format!("waiting for {project} {version}: another machine is publishing it"));
            thread::sleep(*pause);
        }
        Ok(None)
    }

    /// Returns how long to wait for another machine after its last upload.
    fn wait_limit(&self, matched: &ReleaseMatch) -> Result<Duration, Error> {
        let timeout = claim_timeout::timeout(self.workspace)?;
        Ok(if matched.has_every_format() { timeout.min(PROVENANCE_TIMEOUT) } else { timeout })
    }

    /// Returns the release on `index` without waiting. A release of another commit is an error.
    pub fn lookup_once(&self, server: &Server, index: &IndexName) -> Result<Option<ReleaseMatch>, Error> {
        let release = server.release(index, self.project, self.version)?;
        release.map(|release| self.matched(server, index, release)).transpose()
    }

    fn matched(&self, server: &Server, index: &IndexName, release: Release) -> Result<ReleaseMatch, Error> {
        let mut files = Vec::new();
        let mut missing_formats = Vec::new();
        for format in self.formats {
            match self.installer.best(&release.files, *format)? {
                Some(file) => files.push((*format, file.clone())),
                None => missing_formats.push(*format),
            }
        }
        // Files are added only to a release whose every file was built from this commit.
        let decisive: Vec<&ReleaseFile> = if missing_formats.is_empty() {
            files.iter().map(|(_, file)| file).collect()
        } else {
            release.files.iter().collect()
        };
        let mut without_provenance = Vec::new();
        for file in decisive {
            match self.provenance(server, &release, file)? {
                Some(provenance) if provenance.commit != *self.commit => {
                    return Err(self.number_reused(index, provenance.commit));
                }
                Some(_) => {}
                None => without_provenance.push(file.clone()),
            }
        }
        Ok(ReleaseMatch { release, files, missing_formats, without_provenance })
    }

    /// Reports the files without provenance as notes.
    pub fn note_missing_provenance(&self, matched: &ReleaseMatch) {
        for file in &matched.without_provenance {
            let (name, index) = (&file.file_name, &matched.release.index);
            let note = format!("{name} on {index} has no provenance (uploaded by another tool?); it is used as it is");
            self.workspace.progress.note(&note);
        }
    }

    /// Returns the error for a release on `index` of which no file fits.
    pub fn no_compatible_file(&self, index: &IndexName, files: &[ReleaseFile]) -> Error {
        Error::NoCompatibleFile {
            project: self.project.clone(),
            version: self.version.to_owned(),
            index: index.clone(),
            files: files.iter().map(|file| file.file_name.clone()).collect(),
        }
    }

    fn provenance(&self, server: &Server, release: &Release, file: &ReleaseFile) -> Result<Option<Provenance>, Error> {
        provenance_of(self.workspace, server, (release, file), self.trusted)
    }

    /// Returns why this build may have the number of another one, and what to set.
    fn cause_of_reuse(&self) -> String {
        let ci = self.workspace.ci();
        let origin = build_number(self.workspace).ok().flatten().map(|number| number.origin);
        let is_from_table =
            |name: &str| ci.and_then(|ci| ci.number.as_ref()).is_some_and(|number| number.variable == *name);
        match (origin, ci.and_then(|ci| ci.repeated_number_hint)) {
            (Some(Origin::Environment(name)), Some(hint)) if is_from_table(&name) => hint.to_owned(),
            (Some(origin), _) => {
                format!("the build number of {origin} must be another one for each commit that is built on a branch")
            }
            (None, _) => "each commit that is built on a branch needs a build number of its own".to_owned(),
        }
    }

    fn number_reused(&self, index: &IndexName, published: CommitId) -> Error {
        Error::NumberReused {
            project: self.project.clone(),
            version: self.version.to_owned(),
            index: index.clone(),
            published,
            commit: self.commit.clone(),
            cause: self.cause_of_reuse(),
        }
    }
}

/// Returns the provenance of `file`.
///
/// Reads the oldest report first: it is posted with the file, so usually one report is read.
pub(crate) fn provenance_of(
    workspace: &Workspace<'_>,
    server: &Server,
    (release, file): (&Release, &ReleaseFile),
    trusted: &[UserName],
) -> Result<Option<Provenance>, Error> {
    let mut links: Vec<_> = release.results_for(file).collect();
    links.sort_by_key(|link| link.posted());
    for link in links {
        if !link.is_by(trusted) {
            continue;
        }
        let alone = Release { files: vec![file.clone()], tox_results: vec![link.clone()], ..release.clone() };
        let reports = reports::read(workspace, server, &alone, trusted)?;
        let mut found: BTreeMap<_, _> = evidence::provenance(&alone, &reports, trusted);
        if let Some(provenance) = found.remove(&file.file_name) {
            return Ok(Some(provenance));
        }
    }
    Ok(None)
}
