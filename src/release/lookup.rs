//! What is there already: the release on one index, and from which commit it is.
//!
//! The index itself counts, never its bases. A release is complete with a file of every format that fits here, each with its
//! provenance. A young one with a file that nobody vouches for is in the making on a machine that has no claim: it is waited for. Where
//! somebody vouches for every file, nobody is at it: what is missing is another platform's, and is added.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::devpi::Server;
use crate::model::evidence;
use crate::model::names::{CommitId, IndexName, ProjectName, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::model::tox_result::Provenance;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::compatible::Installer;
use crate::release::{claim_timeout, reports};
use crate::system::clock;
use crate::workspace::Workspace;

/// How long another machine is given from its last upload to its provenance. It needs two requests for that. A file that is missing
/// gets the claim's timeout: it may be large.
const PROVENANCE_TIMEOUT: Duration = Duration::from_secs(30);
/// The pauses between two looks.
const POLL_INTERVALS: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// What is looked for.
pub(crate) struct ReleaseQuery<'a> {
    pub workspace: &'a Workspace<'a>,
    pub project: &'a ProjectName,
    pub version: &'a str,
    pub commit: &'a CommitId,
    pub formats: &'a [Format],
    pub installer: &'a Installer<'a>,
    /// Whose provenance is believed.
    pub trusted: &'a [UserName],
}

/// A release that is there and is this commit's, as far as anybody says from which it is.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseMatch {
    pub release: Release,
    /// The file of each format that fits.
    pub files: Vec<(Format, ReleaseFile)>,
    /// The formats without one.
    pub missing_formats: Vec<Format>,
    /// The files among `files` that carry no provenance.
    pub without_provenance: Vec<ReleaseFile>,
}

impl ReleaseMatch {
    /// The one file that is installed: the wheel, if wheels are built.
    pub fn preferred_file(&self) -> Option<&ReleaseFile> {
        self.files.iter().min_by_key(|(format, _)| *format).map(|(_, file)| file)
    }

    /// Whether nothing is missing but, maybe, provenance.
    pub fn has_every_format(&self) -> bool {
        self.missing_formats.is_empty()
    }

    /// Whether nobody is at it any more, whether or not it has what is needed here.
    fn has_provenance(&self) -> bool {
        self.without_provenance.is_empty()
    }

    /// When its last_upload file came.
    fn last_upload(&self) -> Option<Timestamp> {
        self.release.files.iter().filter_map(|file| file.log.first()).map(|entry| entry.when).max()
    }
}

impl ReleaseQuery<'_> {
    /// The release on `index`; waits for one that another machine is just making.
    pub fn lookup(&self, server: &Server, index: &IndexName) -> Result<Option<ReleaseMatch>, Error> {
        for pause in POLL_INTERVALS.iter().chain(std::iter::repeat(&POLL_INTERVALS[POLL_INTERVALS.len() - 1])) {
            let Some(matched) = self.lookup_once(server, index)? else { return Ok(None) };
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

    /// How long whoever is at it is waited for since his last upload.
    fn wait_limit(&self, matched: &ReleaseMatch) -> Result<Duration, Error> {
        let timeout = claim_timeout::timeout(self.workspace)?;
        Ok(if matched.has_every_format() { timeout.min(PROVENANCE_TIMEOUT) } else { timeout })
    }

    /// The release on `index` as it is now. Another commit's is an error.
    pub fn lookup_once(&self, server: &Server, index: &IndexName) -> Result<Option<ReleaseMatch>, Error> {
        let Some(release) = server.release(index, self.project, self.version)? else { return Ok(None) };
        let mut files = Vec::new();
        let mut missing_formats = Vec::new();
        for format in self.formats {
            match self.installer.best(&release.files, *format)? {
                Some(file) => files.push((*format, file.clone())),
                None => missing_formats.push(*format),
            }
        }
        // What would be added to must be this commit's as a whole.
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
        Ok(Some(ReleaseMatch { release, files, missing_formats, without_provenance }))
    }

    /// Says which files nobody vouches for.
    pub fn note_missing_provenance(&self, matched: &ReleaseMatch) {
        for file in &matched.without_provenance {
            let (name, index) = (&file.file_name, &matched.release.index);
            let note = format!(
                "{name} on {index} does not say from which commit it is (uploaded by another tool?): taken as it is"
            );
            self.workspace.progress.note(&note);
        }
    }

    /// There is a release on `index`, and none of its `files` fits.
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

    fn number_reused(&self, index: &IndexName, published: CommitId) -> Error {
        Error::NumberReused {
            project: self.project.clone(),
            version: self.version.to_owned(),
            index: index.clone(),
            published,
            commit: self.commit.clone(),
        }
    }
}

/// Where `file` comes from. It is posted with the file, so the oldest report is read first, and as a rule no other.
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
