//! Whether the server's clock can be compared with ages and times of expiry.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// How far the server's clock may be from this machine's.
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_hours(24);

/// A server's clock that is not trusted: its time is missing, or more than a day from this machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDoubt {
    /// The time in the server's `Date` header; `None` if there is none that can be read.
    pub server: Option<Timestamp>,
    /// The time of this machine.
    pub here: Timestamp,
}

impl ClockDoubt {
    /// Compares the time in the server's `Date` header with this machine's.
    pub fn of(server: Option<Timestamp>, here: Timestamp) -> Option<Self> {
        let is_near = |server: Timestamp| here.duration_since(server).abs() <= MAX_CLOCK_DIFFERENCE;
        (!server.is_some_and(is_near)).then_some(Self { server, here })
    }
}

impl fmt::Display for ClockDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.server {
            Some(server) => write!(f, "the server's clock says {server:.0}, this machine's {:.0}", self.here),
            None => f.write_str("the server's responses have no readable date"),
        }
    }
}
