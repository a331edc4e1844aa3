//! Deletes one index: logs its contents first, and checks its record immediately before the
//! deletion.
//!
//! devpi deletes only volatile indexes, so a deletion is two requests: make the index volatile, delete it. The response to the
//! first one shows the current record. If the index belongs to another branch by then, or is a renewed claim, it is not
//! deleted.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::devpi::{self, Deletion, IndexConfig, Server, Session};
use crate::index::Error;
use crate::index::contents::{self, Contents};
use crate::model::names::IndexName;
use crate::model::record::Record;
use crate::system::files;
use crate::workspace::Workspace;
use crate::workspace::deletion_log::{self, DeletionLog};

/// The folder of the logs, below the state folder.
const FOLDER: &str = "deleted-indexes";

/// The result of a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The index.
    pub index: IndexName,
    /// Whether this call deleted the index, or it was gone already.
    pub deletion: Deletion,
    /// The log with its configuration and list of files; `None` if the index was gone before it
    /// could be read.
    pub log: Option<PathBuf>,
    /// The number of files on it.
    pub files: usize,
}

/// Deletes `index`; its record must still be the one in `seen`.
///
/// The configuration and the list of files, with their digests, are logged first. If the index is gone already, that is
/// success.
pub fn delete_index(
    workspace: &Workspace<'_>,
    session: &Session,
    index: &IndexName,
    seen: &IndexConfig,
) -> Result<Deleted, Error> {
    delete_unless_used(workspace, session, index, (seen, None))
}

/// Deletes `index`, unless a file or result on it is newer than `seen_contents`.
///
/// For indexes that are deleted for their age.
pub fn delete_unless_used(
    workspace: &Workspace<'_>,
    session: &Session,
    index: &IndexName,
    (seen, seen_contents): (&IndexConfig, Option<&Contents>),
) -> Result<Deleted, Error> {
    let Some(expected) = &seen.record else {
        return Err(Error::ForeignIndex { index: index.clone(), why: "it has no record".to_owned() });
    };
    let gone =
        |log: Option<PathBuf>, files| Ok(Deleted { index: index.clone(), deletion: Deletion::AlreadyGone, log, files });
    let Some(contents) = contents::read(session, index)? else { return gone(None, 0) };
    if seen_contents.is_some_and(|seen| contents.last_upload() > seen.last_upload()) {
        let why = "it was used in the meantime".to_owned();
        return Err(Error::ForeignIndex { index: index.clone(), why });
    }
    let inventory = inventory(&contents);
    let count = inventory.len();
    let log = save(workspace, session, index, json!({ "config": seen.raw, "files": inventory }))?;
    let now = match session.modify_index(index, &json!({ "volatile": true })) {
        Ok(config) => config,
        Err(devpi::Error::NotFound { .. }) => return gone(Some(log), count),
        Err(error @ (devpi::Error::NotAllowed { .. } | devpi::Error::TokenExpired { .. })) => {
            // Nothing was deleted, so the log would be wrong.
            let _ = files::remove_if_exists(&log);
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    if !is_unchanged(expected, now.record.as_ref()) {
        return Err(revert(session, index, seen, &now));
    }
    let deletion = session.delete_index(index)?;
    Ok(Deleted { index: index.clone(), deletion, log: Some(log), files: count })
}

/// Whether the record still describes the same index.
///
/// A change of `own_commits` does not count. A renewed claim is another one.
fn is_unchanged(expected: &Record, now: Option<&Record>) -> bool {
    match (expected, now) {
        (Record::Branch(was), Some(Record::Branch(is))) => {
            (&was.repository, &was.branch, was.created) == (&is.repository, &is.branch, is.created)
        }
        (Record::Claim(was), Some(Record::Claim(is))) => (&was.holder, was.until) == (&is.holder, is.until),
        _ => false,
    }
}

/// The record changed: reverts the change of the index, and returns the error.
fn revert(session: &Session, index: &IndexName, seen: &IndexConfig, now: &IndexConfig) -> Error {
    if !seen.volatile
        && let Err(error) = session.modify_index(index, &json!({ "volatile": false }))
    {
        return error.into();
    }
    let why = match &now.record {
        Some(_) => "its record changed in the meantime",
        None => "its record was removed in the meantime",
    };
    Error::ForeignIndex { index: index.clone(), why: why.to_owned() }
}

/// Returns every file, for the log.
fn inventory(contents: &Contents) -> Vec<Value> {
    let mut files = Vec::new();
    for release in &contents.releases {
        files.extend(release.files.iter().map(|file| {
            json!({
                "project": release.project.as_str(),
                "version": release.version,
                "file": file.file_name,
                "sha256": file.sha256.as_str(),
                "uploaded": file.log.first().map(|entry| entry.when.to_string()),
            })
        }));
    }
    files
}

fn save(workspace: &Workspace<'_>, server: &Server, index: &IndexName, mut log: Value) -> Result<PathBuf, Error> {
    log["index"] = json!(index.to_string());
    let subject = format!("{}-{}", index.user(), index.name());
    let path = DeletionLog { folder: FOLDER, subject: &subject }.path(workspace, server);
    deletion_log::write(&path, server, log)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::names::CommitId;
    use crate::model::record::{BranchRecord, ClaimRecord};

    fn branch(created: &str, own_commits: bool) -> Record {
        let created = created.parse().unwrap();
        Record::Branch(BranchRecord {
            repository: "acme/shiny".into(),
            branch: "x".into(),
            own_commits,
            created,
            remote: None,
        })
    }

    fn claim(until: &str) -> Record {
        Record::Claim(ClaimRecord {
            repository: "acme/shiny".into(),
            branch: "x".into(),
            holder: "h".into(),
            commit: CommitId::parse(&"1".repeat(40)).unwrap(),
            until: until.parse().unwrap(),
            failed: None,
            ci_url: None,
        })
    }

    #[test]
    fn an_index_that_was_made_anew_is_another_one() {
        let (first, second) = ("2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z");
        assert!(is_unchanged(&branch(first, false), Some(&branch(first, true))));
        assert!(!is_unchanged(&branch(first, false), Some(&branch(second, false))));
        assert!(!is_unchanged(&branch(first, false), None));
        assert!(is_unchanged(&claim(first), Some(&claim(first))));
        assert!(!is_unchanged(&claim(first), Some(&claim(second))), "a renewed claim is alive");
        assert!(!is_unchanged(&branch(first, false), Some(&claim(first))));
    }
}
