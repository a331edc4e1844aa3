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
        match self.known_storage(server) {
            Some(known) => self.use_storage(server, known),
            None => self.keep_storage(server, server.storage().ok()),
        }
    }

    /// Keeps the server's answer about its storage, which another thread may have asked for; returns the storage to assume.
    pub fn keep_storage(&self, server: &Server, answer: Option<Storage>) -> Storage {
        if let (Some(storage), Some(file)) = (answer, self.storage_file(server)) {
            let text = TEXTS.iter().find(|(_, known)| *known == storage).map_or("", |(name, _)| name);
            // Without the file, the next process asks again.
            let _ = files::write_atomic(&file, text.as_bytes(), Access::Shared);
        }
        self.use_storage(server, answer.unwrap_or_default())
    }

    /// Makes this process change indexes one after the other where the storage needs it.
    pub fn use_storage(&self, server: &Server, storage: Storage) -> Storage {
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

    fn storage_file(&self, server: &Server) -> Option<std::path::PathBuf> {
        let uuid = server.uuid().filter(|uuid| !uuid.is_empty() && uuid.chars().all(|c| c.is_ascii_alphanumeric()))?;
        Some(self.directories.state.join("storage").join(uuid))
    }
}
