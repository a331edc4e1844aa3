//! Floor 2: the machine. Processes, files, folders, the environment, the clock.
//!
//! The only room that starts processes or reads environment variables; it never prints.

pub mod clock;
pub mod directories;
pub mod environment;
mod error;
pub mod files;
pub mod input;
pub mod machine;
pub mod process;
pub mod signals;
pub mod terminal;

pub use error::Error;
