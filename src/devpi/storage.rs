//! The state of the server as `/+status` has it: the storage, as the plugins name it, with what it promises about concurrent writes; and how far
//! replicas lag behind.

use std::collections::BTreeMap;

use jiff::Timestamp;
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

/// How the server that answers stands to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    /// It takes the writes itself.
    Primary {
        /// The number of replicas that copy it.
        replicas: usize,
        /// How many changes the last of them has not copied.
        behind: i64,
    },
    /// It copies the primary.
    Replica {
        /// How many changes it has not copied, as far as it knows.
        behind: i64,
        /// When it last heard from the primary; `None` if never.
        contacted: Option<Timestamp>,
    },
}

/// The state of the server that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerState {
    /// Its storage.
    pub storage: Storage,
    /// Its part in a replication; `None` where the server does not say.
    pub replication: Option<Replication>,
}

impl Server {
    /// Asks for the storage. One request, without effect on the server.
    pub fn storage(&self) -> Result<Storage, Error> {
        Ok(self.state()?.storage)
    }

    /// Asks for the state of the server. One request, without effect on the server.
    pub fn state(&self) -> Result<ServerState, Error> {
        let call = Call::get(self.urls().at(&["+status"]), "read the server's status".to_owned());
        let answer = self.expect(self.ask(&call, Idempotency::Idempotent)?, &call)?;
        let status: wire_format::Status = answer.result()?;
        Ok(ServerState { storage: storage_of(&status.versioninfo), replication: replication_of(&status) })
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

fn replication_of(status: &wire_format::Status) -> Option<Replication> {
    match status.role.as_str() {
        "REPLICA" => {
            let behind = status.primary_serial.map_or(0, |primary| primary - status.serial).max(0);
            // The seconds of the epoch, with a fraction.
            #[expect(clippy::cast_possible_truncation)]
            let seconds = status.primary_contacted_at.map(|seconds| seconds as i64);
            let contacted = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
            Some(Replication::Replica { behind, contacted })
        }
        "MASTER" => {
            let copied = status.polling_replicas.values().filter_map(|replica| replica["serial"].as_i64());
            // A replica asks for the next serial.
            let behind = copied.map(|next| status.serial + 1 - next).max().unwrap_or(0).max(0);
            Some(Replication::Primary { replicas: status.polling_replicas.len(), behind })
        }
        _ => None,
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
    #[test]
    fn the_lag_of_a_replica_is_the_number_of_changes_that_it_lacks() {
        let replication = |status: Value| replication_of(&serde_json::from_value(status).unwrap());
        let contacted = Timestamp::from_second(1_700_000_000).ok();
        for (status, expected) in [
            (
                json!({"role": "REPLICA", "serial": 7, "primary-serial": 9, "primary-contacted-at": 1_700_000_000.9}),
                Some(Replication::Replica { behind: 2, contacted }),
            ),
            (
                json!({"role": "REPLICA", "serial": -1, "primary-serial": null, "primary-contacted-at": null}),
                Some(Replication::Replica { behind: 0, contacted: None }),
            ),
            (
                json!({"role": "MASTER", "serial": 9, "polling_replicas": {"a": {"serial": 10}, "b": {"serial": 4}}}),
                Some(Replication::Primary { replicas: 2, behind: 6 }),
            ),
            (json!({"role": "MASTER", "serial": 9}), Some(Replication::Primary { replicas: 0, behind: 0 })),
            (json!({"serial": 9}), None),
        ] {
            assert_eq!(replication(status.clone()), expected, "{status}");
        }
    }
}
