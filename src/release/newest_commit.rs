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

/// Returns the commit of the newest release on any of `indexes`, by the time of its upload; `None` where the newest releases have no
/// provenance by one of the `trusted` users.
///
/// Two requests and one for each report that is not cached, more where an index has several projects.
pub fn newest_commit(
    workspace: &Workspace<'_>,
    server: &Server,
    (indexes, trusted): (&[IndexName], &[UserName]),
) -> Result<Option<CommitId>, Error> {
    let mut releases = Vec::new();
    for index in indexes {
        releases.extend(contents::read(server, index)?.unwrap_or_default().releases);
    }
    newest_commit_of(workspace, server, (&Contents { releases }, trusted))
}

/// The same for `contents` that have been read.
pub fn newest_commit_of(
    workspace: &Workspace<'_>,
    server: &Server,
    (contents, trusted): (&Contents, &[UserName]),
) -> Result<Option<CommitId>, Error> {
    let mut releases: Vec<&Release> = contents.releases.iter().collect();
    // devpi's log has a resolution of one second: the version decides between releases of the same second.
    releases
        .sort_by_cached_key(|release| std::cmp::Reverse((uploaded(release), Version::from_str(&release.version).ok())));
    for release in releases.into_iter().take(LOOKED_THROUGH) {
        let reports = reports::read_trusted(workspace, server, release, trusted)?;
        if let Origin::Commit(commit) = origin(release, &provenance(release, &reports, trusted)) {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

fn uploaded(release: &Release) -> Option<Timestamp> {
    release.files.iter().flat_map(|file| &file.log).map(|entry| entry.when).max()
}
