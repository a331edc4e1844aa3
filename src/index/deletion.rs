//! Deletes one index: logs its contents first, and checks its record immediately before the
//! deletion.
//!
//! devpi deletes only volatile indexes, so a deletion is two requests: make the index volatile, delete it. The response to the
//! first one shows the current record. If the index belongs to another branch by then, or is a renewed claim, it is not
//! deleted.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::devpi::{self, Deletion, IndexConfig, Server, Session};
use crate::index::Error;
use crate::index::contents::{self, Contents};
use crate::index::kept_files::{self, KeepFiles, KeepRequest, Kept, KeptFolder};
use crate::model::deletion::{DeletedKind, logged_files, logged_results};
use crate::model::names::IndexName;
use crate::model::record::Record;
use crate::system::files;
use crate::workspace::Workspace;
use crate::workspace::deletion_log::{self, DELETED_INDEXES, DeletionLog};

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
    /// What was kept of them.
    pub kept: Kept,
}

/// A deletion.
#[derive(Debug, Clone, Copy)]
pub struct DeletionRequest<'a> {
    /// The index.
    pub index: &'a IndexName,
    /// Its configuration, when its deletion was decided.
    pub seen: &'a IndexConfig,
    /// Its contents then. An index that is deleted for its age is kept if a file or result on it is newer.
    pub seen_contents: Option<&'a Contents>,
    /// Which of its files are kept.
    pub keep: KeepFiles,
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
    delete(workspace, session, DeletionRequest { index, seen, seen_contents: None, keep: KeepFiles::CachedOnly })
}

/// Deletes the index of `request`, as [`delete_index`] does.
pub fn delete(workspace: &Workspace<'_>, session: &Session, request: DeletionRequest<'_>) -> Result<Deleted, Error> {
    let DeletionRequest { index, seen, seen_contents, .. } = request;
    let Some(expected) = &seen.record else {
        return Err(Error::ForeignIndex { index: index.clone(), why: "it has no record".to_owned() });
    };
    let done = |deletion, log, files, kept| Ok(Deleted { index: index.clone(), deletion, log, files, kept });
    let Some(contents) = contents::read(session, index)? else {
        return done(Deletion::AlreadyGone, None, 0, Kept::default());
    };
    if seen_contents.is_some_and(|seen| contents.last_upload() > seen.last_upload()) {
        let why = "it was used in the meantime".to_owned();
        return Err(Error::ForeignIndex { index: index.clone(), why });
    }
    let (log, count, kept) = save(workspace, session, (request, &contents))?;
    let now = match session.modify_index(index, &json!({ "volatile": true })) {
        Ok(config) => config,
        Err(devpi::Error::NotFound { .. }) => return done(Deletion::AlreadyGone, Some(log), count, kept),
        Err(error @ (devpi::Error::NotAllowed { .. } | devpi::Error::TokenExpired { .. })) => {
            // Nothing was deleted, so the log would be wrong.
            discard(&log);
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    if !is_unchanged(expected, now.record.as_ref()) {
        discard(&log);
        return Err(revert(session, index, seen, &now));
    }
    let deletion = session.delete_index(index)?;
    done(deletion, Some(log), count, kept)
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

/// Writes the log of the index, and keeps its files beside it. Returns the log, and the number of files on the index.
fn save(
    workspace: &Workspace<'_>,
    server: &Server,
    (request, contents): (DeletionRequest<'_>, &Contents),
) -> Result<(PathBuf, usize, Kept), Error> {
    let index = request.index;
    let subject = format!("{}-{}", index.user(), index.name());
    let log = DeletionLog { folder: DELETED_INDEXES, subject: &subject }.path(workspace, server);
    let kept = match request.seen.record {
        // What a claim holds is published, or will be built again.
        Some(Record::Claim(_)) => Kept::default(),
        _ => kept_files::keep(
            workspace,
            server,
            KeepRequest { index, config: request.seen, contents, log: &log, keep: request.keep },
        )?,
    };
    let files = logged_files(&contents.releases);
    let count = files.len();
    let results = logged_results(&contents.releases, &kept.results);
    let kind = DeletedKind::Index;
    let logged = json!({ "kind": kind, "index": index.to_string(), "config": request.seen.raw, "files": files, "results": results });
    deletion_log::write(&log, server, logged)?;
    Ok((log, count, kept))
}

/// Removes the log of an index that was not deleted, with the kept files. What cannot be removed does no harm.
fn discard(log: &Path) {
    let _ = KeptFolder::of(log).remove();
    let _ = files::remove_if_exists(log);
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
