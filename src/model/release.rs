//! A release on one index: files, tox results, and devpi's log of both.

use jiff::Timestamp;

use super::names::{IndexName, ProjectName, Sha256, UserName};

/// One project at one version on one index, without inherited files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The index that holds it.
    pub index: IndexName,
    /// The project.
    pub project: ProjectName,
    /// The version in the server's spelling.
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
    /// The sha256 according to the server.
    pub sha256: Sha256,
    /// The path relative to the server's root, without a leading slash: `acme/prod/+f/abc/def…/NAME`.
    pub path: String,
    /// The log entries, oldest first.
    pub log: Vec<LogEntry>,
}

/// A tox result that belongs to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToxResultLink {
    /// The path relative to the server's root. The content at a path does not change.
    pub path: String,
    /// The path of the file it was posted to.
    pub for_path: String,
    /// The sha256 of the report according to the server; `None` when the server gives none, or a wrong one (devpi-server 6.5 to 6.8).
    pub sha256: Option<Sha256>,
    /// The log entries, oldest first.
    pub log: Vec<LogEntry>,
}

impl ToxResultLink {
    /// The original uploader; `None` for an anonymous upload. Later pushes do not change it.
    pub fn uploader(&self) -> Option<&str> {
        self.log.first().and_then(|entry| entry.who.as_deref())
    }

    /// Whether the original uploader is one of `users`.
    pub fn is_by(&self, users: &[UserName]) -> bool {
        self.uploader().is_some_and(|who| users.iter().any(|user| user.as_str() == who))
    }

    /// The time of the original upload.
    pub fn posted(&self) -> Option<Timestamp> {
        self.log.first().map(|entry| entry.when)
    }
}

/// An entry of devpi's log of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// `upload`, `push`, `overwrite`.
    pub what: String,
    /// The user; `None` for an anonymous one.
    pub who: Option<String>,
    /// The time in UTC.
    pub when: Timestamp,
    /// For a push: the source index.
    pub src: Option<String>,
    /// For a push and an upload: the target index.
    pub dst: Option<String>,
}
