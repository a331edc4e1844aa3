//! The storage of the server, and what it does not promise.

use crate::devpi::Storage;
use crate::ops::doctor::finding::Finding;

/// Names the storage.
pub(super) fn check(storage: Storage) -> Finding {
    match storage {
        Storage::Transactional => Finding::Passed("transactional: of several concurrent writes one succeeds".to_owned()),
        Storage::LastWriteWins => Finding::Warning(
            "PostgreSQL (devpi-postgresql): of several concurrent writes all are answered with success, and the last one stays. \
             git-devpi waits and reads back, so a build takes a few seconds longer, and now and then two machines build; uploads \
             and results of other tools at the same time may be lost"
                .to_owned(),
            "a devpi-server with its own storage (SQLite) keeps every write: devpi-export, then devpi-import on it".to_owned(),
        ),
    }
}
