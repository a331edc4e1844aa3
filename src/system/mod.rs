//! Floor 2: the operating system. Processes, files, folders, the environment, the clock.
//!
//! The only room that starts processes or reads environment variables. It does not print.

pub mod ancestors;
pub mod clock;
pub mod descriptors;
pub mod directories;
pub mod environment;
mod error;
pub mod files;
pub mod input;
pub mod machine;
pub mod parallel;
pub mod process;
pub mod signals;
pub mod terminal;

pub use error::Error;
