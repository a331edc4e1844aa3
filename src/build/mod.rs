//! A commit becomes files: its version, the stamped copy, the builder, and the folder that receives the files.
//!
//! Nothing here talks to the server.

pub mod destination;
mod error;
pub mod package;
pub mod stamp;
pub mod version;

pub use error::Error;
