//! A release as it lies on one index: files, tox results, and the log of who put them there.

use jiff::Timestamp;

use super::names::{IndexName, ProjectName, Sha256};

/// One project at one version on one index. Inherited files are never part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The index that holds it.
    pub index: IndexName,
    /// The project.
    pub project: ProjectName,
    /// The version, as the server spells it.
    pub version: String,
    /// Its files (devpi's `releasefile` links).
    pub files: Vec<ReleaseFile>,
    /// The tox results posted to its files.
    pub tox_results: Vec<ToxResultLink>,
}

impl Release {
    /// The tox results that were posted to `file`.
    pub fn results_for<'a>(&'a self, file: &'a ReleaseFile) -> impl Iterator<Item = &'a ToxResultLink> {
        self.tox_results.iter().filter(move |result| result.for_path == file.path)
    }
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFile {
    /// `demo_pkg-1.4.57-py3-none-any.whl`
    pub file_name: String,
    /// What the server says its sha256 is.
    pub sha256: Sha256,
    /// Where it lies below the server's root, without a leading slash: `acme/prod/+f/abc/def…/NAME`.
    pub path: String,
    /// Who did what to it, oldest first.
    pub log: Vec<LogEntry>,
}

/// A tox result that belongs to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToxResultLink {
    /// Where it lies below the server's root. What lies there never changes.
    pub path: String,
    /// The path of the file it was posted to.
    pub for_path: String,
    /// Who did what to it, oldest first.
    pub log: Vec<LogEntry>,
}

impl ToxResultLink {
    /// Who posted it in the first place (`None`: nobody who was logged in). Who pushed it on does not count.
    pub fn uploader(&self) -> Option<&str> {
        self.log.first().and_then(|entry| entry.who.as_deref())
    }

    /// When it was posted in the first place.
    pub fn posted(&self) -> Option<Timestamp> {
        self.log.first().map(|entry| entry.when)
    }
}

/// A line of devpi's log of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// `upload`, `push`, `overwrite`.
    pub what: String,
    /// The user; `None` for somebody who was not logged in.
    pub who: Option<String>,
    /// When, in UTC.
    pub when: Timestamp,
    /// For a push: the index it came from.
    pub src: Option<String>,
    /// The index it went to.
    pub dst: Option<String>,
}
