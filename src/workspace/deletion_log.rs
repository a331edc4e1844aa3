//! The logs of what was deleted on the server, below the state folder: what it contained.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::devpi::Server;
use crate::system::clock;
use crate::system::files::{self, Access};
use crate::workspace::{Error, Workspace};

/// The folder of the logs of deleted indexes, below the state folder.
pub const DELETED_INDEXES: &str = "deleted-indexes";
/// The folder of the logs of releases that were deleted from an index that was kept.
pub const DELETED_RELEASES: &str = "deleted-releases";
/// The folders whose logs may have kept files beside them, to restore what was deleted.
pub const FOLDERS: [&str; 2] = [DELETED_INDEXES, DELETED_RELEASES];

/// A log to write before something is deleted.
#[derive(Debug, Clone, Copy)]
pub struct DeletionLog<'a> {
    /// Its folder below the state folder.
    pub folder: &'a str,
    /// What is deleted, for the file's name: `acme-feature-x`.
    pub subject: &'a str,
}

impl DeletionLog<'_> {
    /// The path of the log, which is not written yet: `20260102T030405Z-acme-feature-x-012345678.json`.
    pub fn path(&self, workspace: &Workspace<'_>, server: &Server) -> PathBuf {
        let time = now(server).strftime("%Y%m%dT%H%M%SZ");
        // The nanoseconds of the own clock keep two deletions within a second apart.
        let name = format!("{time}-{}-{:09}.json", self.subject, clock::now().subsec_nanosecond());
        workspace.directories.state.join(self.folder).join(name)
    }
}

/// Writes `contents` with schema, server and time (by the server's clock) to a path of [`DeletionLog::path`], readable by the owner only.
pub fn write(path: &std::path::Path, server: &Server, mut contents: Value) -> Result<(), Error> {
    contents["schema"] = json!(1);
    contents["server"] = json!(server.root().as_str());
    contents["deleted"] = json!(now(server).to_string());
    Ok(files::write_atomic(path, format!("{contents:#}\n").as_bytes(), Access::Private)?)
}

fn now(server: &Server) -> Timestamp {
    server.server_time().unwrap_or_else(clock::now)
}
