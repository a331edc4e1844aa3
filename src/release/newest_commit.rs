//! The commit from which the newest release on an index was built.

use std::str::FromStr;

use jiff::Timestamp;
use pep440_rs::Version;

use crate::devpi::Server;
use crate::index::contents::{self, Contents};
use crate::model::evidence::{Origin, origin, provenance};
use crate::model::names::{CommitId, IndexName, UserName};
use crate::model::release::Release;
use crate::release::Error;
use crate::release::reports;
use crate::workspace::Workspace;

/// How many of the newest releases are looked through for one with a provenance.
const LOOKED_THROUGH: usize = 5;

/// A commit that a release was built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltCommit {
    /// The commit.
    pub commit: CommitId,
    /// When the release was published; `None` where the server has no log of it.
    pub published: Option<Timestamp>,
}

/// Returns the contents of several indexes as one: two requests for each, more where an index has several projects.
pub fn read_indexes(server: &Server, indexes: &[IndexName]) -> Result<Contents, Error> {
    let mut releases = Vec::new();
    for index in indexes {
        releases.extend(contents::read(server, index)?.unwrap_or_default().releases);
    }
    Ok(Contents { releases })
}

/// Returns the commit of the newest release in `contents`, by the time of its upload; `None` where the newest releases have no provenance by
/// one of the `trusted` users.
///
/// One request for each report that is not cached.
pub fn newest_commit(
    workspace: &Workspace<'_>,
    server: &Server,
    (contents, trusted): (&Contents, &[UserName]),
) -> Result<Option<BuiltCommit>, Error> {
    newest_commit_until(workspace, server, (contents, trusted, None))
}

/// The same among the releases that were published by `until`; those without a log count as such.
pub fn newest_commit_until(
    workspace: &Workspace<'_>,
    server: &Server,
    (contents, trusted, until): (&Contents, &[UserName], Option<Timestamp>),
) -> Result<Option<BuiltCommit>, Error> {
    let is_early = |release: &&Release| until.is_none_or(|until| uploaded(release).is_none_or(|when| when <= until));
    let mut releases: Vec<&Release> = contents.releases.iter().filter(is_early).collect();
    // devpi's log has a resolution of one second: the version decides between releases of the same second.
    releases
        .sort_by_cached_key(|release| std::cmp::Reverse((uploaded(release), Version::from_str(&release.version).ok())));
    for release in releases.into_iter().take(LOOKED_THROUGH) {
        let reports = reports::read_trusted(workspace, server, release, trusted)?;
        if let Origin::Commit(commit) = origin(release, &provenance(release, &reports, trusted)) {
            return Ok(Some(BuiltCommit { commit, published: uploaded(release) }));
        }
    }
    Ok(None)
}

fn uploaded(release: &Release) -> Option<Timestamp> {
    release.files.iter().flat_map(|file| &file.log).map(|entry| entry.when).max()
}
