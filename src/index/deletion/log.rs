//! The log of an index that is about to be deleted: its configuration, its files with their digests, and the kept files beside it.

use std::path::PathBuf;

use serde_json::json;

use crate::devpi::Server;
use crate::index::Error;
use crate::index::contents::Contents;
use crate::index::deletion::target::Target;
use crate::index::kept_files::{self, KeepFiles, KeepRequest, Kept, KeptFolder};
use crate::model::deletion::{DeletedKind, logged_files, logged_results};
use crate::model::record::Record;
use crate::system::files;
use crate::workspace::Workspace;
use crate::workspace::deletion_log::{self, DELETED_INDEXES, DeletionLog};

/// A written log.
pub(super) struct SavedLog {
    pub(super) path: PathBuf,
    /// The number of files on the index.
    pub(super) files: usize,
    /// What was kept of them.
    pub(super) kept: Kept,
}

/// Writes the log, and keeps the files. With [`KeepFiles::All`] that may take long, so it comes before the index is made volatile.
pub(super) fn save(
    workspace: &Workspace<'_>,
    server: &Server,
    (target, contents, keep): (&Target<'_>, &Contents, KeepFiles),
) -> Result<SavedLog, Error> {
    let index = target.index;
    let subject = format!("{}-{}", index.user(), index.name());
    let path = DeletionLog { folder: DELETED_INDEXES, subject: &subject }.path(workspace, server);
    let kept = match target.seen.record {
        // What a claim holds is published, or will be built again.
        Some(Record::Claim(_)) => Kept::default(),
        _ => {
            kept_files::keep(workspace, server, KeepRequest { index, config: target.seen, contents, log: &path, keep })?
        }
    };
    let files = logged_files(&contents.releases);
    let count = files.len();
    let results = logged_results(&contents.releases, &kept.results);
    let kind = DeletedKind::Index;
    let logged = json!({ "kind": kind, "index": index.to_string(), "config": target.seen.raw, "files": files, "results": results });
    deletion_log::write(&path, server, logged)?;
    Ok(SavedLog { path, files: count, kept })
}

impl SavedLog {
    /// Removes the log of an index that was not deleted, with the kept files. What cannot be removed does no harm.
    pub(super) fn discard(&self) {
        let _ = KeptFolder::of(&self.path).remove();
        let _ = files::remove_if_exists(&self.path);
    }
}
