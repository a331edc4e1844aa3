//! The first look: the state of the server when it was decided which indexes are deleted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::devpi::{IndexConfig, Server};
use crate::model::index_name::index_of_claim;
use crate::model::names::IndexName;
use crate::model::record::{ClaimRecord, Record};
use crate::model::staleness::ClockDoubt;
use crate::system::clock;

/// The state of the server when it was decided which indexes are deleted.
#[derive(Debug, Clone)]
pub struct FirstLook {
    at: Instant,
    /// The serial of the server after the listing and this run's own writes; `None` if it is not known.
    serial: Option<i64>,
    /// The claims that had expired.
    expired: BTreeMap<IndexName, ClaimRecord>,
}

impl FirstLook {
    /// The look at a listing, which was just read from `server`.
    pub fn at<'i>(server: &Server, indexes: impl Iterator<Item = (&'i IndexName, &'i IndexConfig)>) -> Self {
        let now = trusted_time(server);
        let expired = indexes.filter_map(|(name, config)| {
            let claim = claim(name.name(), config).filter(|claim| now.is_some_and(|now| claim.until <= now))?;
            Some((name.clone(), claim.clone()))
        });
        Self { at: Instant::now(), serial: server.serial(), expired: expired.collect() }
    }

    /// The time since the look.
    pub(super) fn elapsed(&self) -> Duration {
        self.at.elapsed()
    }

    /// A write of this run changed something: the serial is one higher.
    pub(super) fn count_write(&mut self) {
        self.serial = self.serial.map(|serial| serial + 1);
    }

    /// A write of this run may have changed nothing.
    pub(super) fn forget_serial(&mut self) {
        self.serial = None;
    }

    /// Whether nothing but this run has written to the server, whose serial is `now`.
    pub(super) fn is_newest(&self, now: Option<i64>) -> bool {
        self.serial.is_some() && self.serial == now
    }

    pub(super) fn expired_claims(&self) -> impl Iterator<Item = (&IndexName, &ClaimRecord)> {
        self.expired.iter()
    }

    /// Whether this very claim had expired.
    pub(super) fn has_expired(&self, name: &IndexName, now: &ClaimRecord) -> bool {
        self.expired.get(name).is_some_and(|was| (&was.holder, was.until) == (&now.holder, now.until))
    }
}

/// The claim of an index that is one by record, name and volatility.
pub(super) fn claim<'c>(name: &str, config: &'c IndexConfig) -> Option<&'c ClaimRecord> {
    match &config.record {
        Some(Record::Claim(claim)) if config.volatile && index_of_claim(name).is_some() => Some(claim),
        _ => None,
    }
}

/// The server's time, if it is not too far from this machine's.
pub(super) fn trusted_time(server: &Server) -> Option<Timestamp> {
    server.server_time().filter(|time| ClockDoubt::of(Some(*time), clock::now()).is_none())
}
