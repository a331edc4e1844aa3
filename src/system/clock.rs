//! The clock of this machine.
//!
//! Decisions about data on the server use the server's `Date` header instead.

use jiff::Timestamp;

/// Returns the current time of this machine.
pub fn now() -> Timestamp {
    Timestamp::now()
}
