//! Floor 3: the settings and their origins.
//!
//! One table ([`keys::KEYS`]) is the source of the settings, of `git devpi settings`, of `doctor` and of the man page. Every value
//! has its origin, so that an error can say where to change it. The room does not use the network.

mod base_sources;
mod bounded_duration;
mod choices;
mod duration;
mod error;
mod folder_pattern;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_targets;
pub mod keys;
mod layers;
mod of_server;
mod origin;
pub mod repository_edit;
pub mod repository_file;
#[cfg(test)]
mod testing;
mod users;
mod values;

pub use base_sources::BaseSource;
pub use choices::{Builder, Format, OnError, PruneLimit, Repair};
pub use error::Error;
pub use folder_pattern::FolderPattern;
pub use keys::{KEYS, Key, KeySpec, Kind, RepositoryMay};
pub use layers::{LoadRequest, Settings, Warning};
pub use origin::{Origin, Sourced};
pub use repository_file::RepositoryFile;
pub use values::Pattern;
