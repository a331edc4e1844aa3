//! The log of what is about to be deleted: the configuration of the index, the files with their digests, and the kept files beside it.

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
use crate::workspace::deletion_log::{self, DELETED_INDEXES, DELETED_RELEASES, DeletionLog};

/// A written log.
#[derive(Debug)]
pub struct SavedLog {
    /// Its path.
    pub path: PathBuf,
    /// The number of files in it.
    pub files: usize,
    /// What was kept of them.
    pub kept: Kept,
}

/// Writes the log, and keeps the files. With [`KeepFiles::All`] that may take long, so it comes before the index is made volatile.
pub fn save(
    workspace: &Workspace<'_>,
    server: &Server,
    (target, contents, keep): (&Target<'_>, &Contents, KeepFiles),
    kind: DeletedKind,
) -> Result<SavedLog, Error> {
    let index = target.index;
    let subject = format!("{}-{}", index.user(), index.name());
    let folder = match kind {
        DeletedKind::Index => DELETED_INDEXES,
        DeletedKind::Releases => DELETED_RELEASES,
    };
    let path = DeletionLog { folder, subject: &subject }.path(workspace, server);
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
    let logged = json!({ "kind": kind, "index": index.to_string(), "config": target.seen.raw, "files": files, "results": results });
    deletion_log::write(&path, server, logged)?;
    Ok(SavedLog { path, files: count, kept })
}

impl SavedLog {
    /// Removes the log of what was not deleted, with the kept files. What cannot be removed does no harm.
    pub fn discard(&self) {
        let _ = KeptFolder::of(&self.path).remove();
        let _ = files::remove_if_exists(&self.path);
    }
}
