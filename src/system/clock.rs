//! The clock of this machine. What decides about the server's things asks the server's `Date` instead.

use jiff::Timestamp;

/// Now, by this machine's clock.
pub fn now() -> Timestamp {
    Timestamp::now()
}
