//! Builds a commit: its version, the stamped copy, the builder, and the destination of the files.
//!
//! This room makes no requests to the server.

pub mod destination;
mod error;
pub mod package;
pub mod stamp;
pub mod version;

pub use error::Error;
