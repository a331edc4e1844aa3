//! Floor 3: what was asked for, and by whom.
//!
//! One table ([`keys::KEYS`]) is the source of the settings, of `git devpi settings`, of `doctor` and of the man page. Every value
//! remembers where it came from, so that an error about it can say what to change. Nothing here asks the network.

mod duration;
mod error;
pub mod keys;
mod layers;
mod origin;
pub mod repository_edit;
pub mod repository_file;
mod values;

pub use error::Error;
pub use keys::{KEYS, Key, KeySpec, Kind, RepositoryMay};
pub use layers::{LoadRequest, Settings, Warning};
pub use origin::{Origin, Sourced};
pub use repository_file::RepositoryFile;
pub use values::{Builder, Format, OnError, Pattern, PruneLimit};
