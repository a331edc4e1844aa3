//! The reasons why a report from the server cannot be read.

use std::fmt;

use super::super::names::{Sha256, escape_for_terminal};

/// The maximum size of a report, in bytes. Larger ones are neither uploaded nor read.
pub const MAX_REPORT_SIZE: u64 = 16 * 1024 * 1024;

/// The reason why a report is not read. Its text is a verb phrase, escaped for terminals: `is not valid JSON: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is larger than this number of bytes.
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It is not valid JSON, or JSON that two readers may read differently.
    Malformed(String),
    /// It is JSON without the object `testenvs`.
    NotAToxReport,
    /// The server sends other bytes than were uploaded.
    ChecksumMismatch {
        /// The sha256 that the server lists.
        expected: Sha256,
        /// The sha256 of what it sends.
        found: Sha256,
    },
    /// The server lists it, but does not have it.
    Missing,
    /// The server fails to send it.
    NotSent(String),
    /// There are too many reports by users whose reports do not count: only the newest ones are read.
    NotRead,
}

impl Unreadable {
    /// Whether the report that was uploaded may be a good one, which the server does not send.
    ///
    /// False: what its uploader sent says nothing, whoever reads it.
    pub fn hides_content(&self) -> bool {
        match self {
            Self::ChecksumMismatch { .. } | Self::Missing | Self::NotSent(_) | Self::NotRead => true,
            Self::TooLarge { .. } | Self::Malformed(_) | Self::NotAToxReport => false,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "is larger than {} MB", limit / (1024 * 1024)),
            Self::Malformed(reason) => write!(f, "is not valid JSON: {}", escape_for_terminal(reason)),
            Self::NotAToxReport => f.write_str("is not a tox report: it has no testenvs"),
            Self::ChecksumMismatch { expected, found } => {
                write!(f, "has sha256 {}…, but the server lists {}…", found.short(), expected.short())
            }
            Self::Missing => f.write_str("is listed by the server, but not found"),
            Self::NotSent(reason) => write!(f, "cannot be fetched: {}", escape_for_terminal(reason)),
            Self::NotRead => f.write_str("was not read: only the newest results of users who do not count are"),
        }
    }
}
