//! The contents of an index: its releases, and the time of the last upload.

use jiff::Timestamp;

use crate::devpi::{self, Server};
use crate::index::Error;
use crate::model::names::{IndexName, ProjectName};
use crate::model::release::Release;
use crate::model::staleness::Activity;
use crate::system::parallel;

/// The maximum number of indexes that are read, changed or deleted in parallel.
pub const MAX_PARALLEL: usize = 8;

/// The releases on one index itself, without its bases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Every release with at least one file.
    pub releases: Vec<Release>,
}

impl Contents {
    /// Returns the time of the last upload of a file or a tox result.
    pub fn last_upload(&self) -> Option<Timestamp> {
        let files = self.releases.iter().flat_map(|release| release.files.iter().flat_map(|file| &file.log));
        let results = self.releases.iter().flat_map(|release| release.tox_results.iter().flat_map(|link| &link.log));
        files.chain(results).map(|entry| entry.when).max()
    }

    /// Returns the activity for the rule about stale indexes.
    pub fn activity(&self) -> Activity {
        match (self.last_upload(), self.releases.is_empty()) {
            (Some(when), _) => Activity::Newest(when),
            (None, true) => Activity::Empty,
            // The age of files without a log is unknown, so they count as new.
            (None, false) => Activity::Newest(Timestamp::MAX),
        }
    }
}

/// Reads an index: one request for its projects and one for each project.
///
/// Returns `None` if the index does not exist.
pub fn read(server: &Server, index: &IndexName) -> Result<Option<Contents>, Error> {
    let projects = match server.projects(index) {
        Ok(projects) => projects,
        Err(devpi::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut contents = Contents::default();
    // A project whose name is invalid cannot be requested; no installer could request it either.
    for project in projects.iter().filter_map(|name| ProjectName::parse(name).ok()) {
        contents.releases.extend(server.releases(index, &project)?);
    }
    Ok(Some(contents))
}

/// Reads several indexes in parallel; returns the contents in the given order.
///
/// A missing index is empty.
pub fn read_all(server: &Server, indexes: &[&IndexName]) -> Result<Vec<Contents>, Error> {
    let read = |index: &&IndexName| read(server, index).map(Option::unwrap_or_default);
    parallel::map(indexes, MAX_PARALLEL, read).into_iter().collect()
}
