//! Floor 4: what we do, one file per verb.

mod branch;
pub mod branch_index;
mod error;
mod progress;
pub mod project;
mod session;
pub mod settings;
pub mod version;
pub mod workbench;


pub use branch::Branch;
pub use error::Error;
pub use progress::{Progress, Silent};
pub use workbench::Workbench;
