//! The report with the provenance of a file, as it is posted and kept in the cache: this machine need not fetch what it has written.

use crate::devpi::{self, Session};
use crate::model::release::ReleaseFile;
use crate::model::tox_result::{Provenance, provenance_report};
use crate::system::directories::Directories;
use crate::system::files::{self, Access};
use crate::workspace::{Workspace, cache};

/// The report for one file.
pub(crate) struct ProvenanceReport<'a> {
    directories: &'a Directories,
    file: ReleaseFile,
    bytes: Vec<u8>,
}

impl<'a> ProvenanceReport<'a> {
    /// The report for `file`, which its provenance names by its sha256.
    pub fn new(workspace: &'a Workspace<'_>, file: ReleaseFile, provenance: &Provenance) -> Self {
        let bytes = provenance_report(provenance).to_string().into_bytes();
        Self { directories: &workspace.directories, file, bytes }
    }

    /// Posts it. One request.
    pub fn post(&self, session: &Session) -> Result<(), devpi::Error> {
        session.post_tox_report(&self.file, &self.bytes)?;
        let path = cache::report(self.directories, &files::sha256_of(&self.bytes));
        // A cache that cannot be written costs a request, no more.
        let _ = files::write_atomic(&path, &self.bytes, Access::Shared);
        Ok(())
    }
}
