//! The storage of the server: asked once a day, and kept by the server's UUID.

use std::time::{Duration, SystemTime};

use crate::devpi::{Server, Storage};
use crate::system::files::{self, Access};
use crate::workspace::Workspace;

/// How long an answer is kept: a server may be moved to another storage with its UUID.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// The texts of the file.
const TEXTS: [(&str, Storage); 2] =
    [("transactional", Storage::Transactional), ("last-write-wins", Storage::LastWriteWins)];

impl Workspace<'_> {
    /// Returns the storage of `server`; makes this process change its indexes one after the other if it needs that.
    ///
    /// At most one request. A server that does not say is assumed to have devpi's own storage.
    pub fn storage(&self, server: &Server) -> Storage {
        let storage = self.known_storage(server).unwrap_or_else(|| self.ask_storage(server));
        if storage == Storage::LastWriteWins {
            server.serialize_index_writes();
        }
        storage
    }

    /// Returns the storage if it was asked for within a day. No request.
    pub fn known_storage(&self, server: &Server) -> Option<Storage> {
        let file = self.storage_file(server)?;
        let modified = std::fs::metadata(&file).ok()?.modified().ok()?;
        let age = SystemTime::now().duration_since(modified).ok()?;
        let text = files::read_text_optional(&file).ok()?.filter(|_| age < KEPT_FOR)?;
        TEXTS.iter().find(|(name, _)| *name == text).map(|(_, storage)| *storage)
    }

    fn ask_storage(&self, server: &Server) -> Storage {
        let Ok(storage) = server.storage() else { return Storage::default() };
        let text = TEXTS.iter().find(|(_, known)| *known == storage).map_or("", |(name, _)| name);
        if let Some(file) = self.storage_file(server) {
            // Without the file, the next process asks again.
            let _ = files::write_atomic(&file, text.as_bytes(), Access::Shared);
        }
        storage
    }

    fn storage_file(&self, server: &Server) -> Option<std::path::PathBuf> {
        let uuid = server.uuid().filter(|uuid| !uuid.is_empty() && uuid.chars().all(|c| c.is_ascii_alphanumeric()))?;
        Some(self.directories.state.join("storage").join(uuid))
    }
}
