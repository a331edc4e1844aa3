//! A commit becomes files: its version, the stamped copy, the builder, and the folder that receives the files.
//!
//! Nothing here talks to the server.

#[allow(clippy::module_inception)]
pub mod build;
pub mod destination;
pub mod stamp;
pub mod version;
