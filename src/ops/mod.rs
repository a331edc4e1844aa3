//! Floor 4: what we do, one file per verb.

mod branch;
mod error;
mod progress;
mod session;
pub mod settings;
pub mod workbench;


pub use branch::Branch;
pub use error::Error;
pub use progress::{Progress, Silent};
pub use workbench::Workbench;
