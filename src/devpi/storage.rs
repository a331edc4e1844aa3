//! The storage behind the server, as `/+status` names its plugins, and what it promises about concurrent writes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::Error;
use super::retry::Idempotency;
use super::server::Server;
use super::transport::Call;
use super::wire_format;

/// The plugin that keeps devpi's data in PostgreSQL.
const POSTGRESQL_PLUGIN: &str = "devpi-postgresql";

/// What the storage promises about concurrent writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storage {
    /// Of several concurrent writes the first one succeeds, and the others see it. devpi's own storage (SQLite).
    #[default]
    Transactional,
    /// All of them are answered with success, and the last one stays: devpi-postgresql takes its lock after the old value was read.
    LastWriteWins,
}

impl Server {
    /// Asks for the storage. One request, without effect on the server.
    pub fn storage(&self) -> Result<Storage, Error> {
        let call = Call::get(self.urls().at(&["+status"]), "read the server's status".to_owned());
        let answer = self.expect(self.ask(&call, Idempotency::Idempotent)?, &call)?;
        let status: wire_format::Status = answer.result()?;
        Ok(storage_of(&status.versioninfo))
    }

    /// From now on this process sends the changes of index configurations one after the other.
    ///
    /// All indexes of a user are one value, which each of these requests reads and writes back.
    pub fn serialize_index_writes(&self) {
        self.transport.serialize_index_writes();
    }
}

fn storage_of(plugins: &BTreeMap<String, Value>) -> Storage {
    match plugins.contains_key(POSTGRESQL_PLUGIN) {
        true => Storage::LastWriteWins,
        false => Storage::Transactional,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_plugins_name_the_storage() {
        let storage = |plugins: Value| storage_of(&serde_json::from_value(plugins).unwrap());
        assert_eq!(storage(json!({"devpi-server": "6.20.3", "devpi-web": "5.1.1"})), Storage::Transactional);
        assert_eq!(storage(json!({"devpi-server": "6.20.3", "devpi-postgresql": "3.0.1"})), Storage::LastWriteWins);
        assert_eq!(storage(json!({"devpi-postgresql": null})), Storage::LastWriteWins);
        assert_eq!(storage(json!({})), Storage::Transactional);
    }
}
