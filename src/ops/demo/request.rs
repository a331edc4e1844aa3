//! The input of the demonstration.

use crate::system::directories::Directories;
use crate::system::environment::Environment;

/// Whether the demonstration removes what it created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// The demonstration removes everything.
    Remove,
    /// The repositories, the user and its indexes remain.
    Keep,
}

/// The input of the demonstration.
pub struct DemoRequest<'a> {
    /// The environment of this run.
    pub environment: &'a Environment,
    /// This user's folders, which hold the local server and the tools.
    pub directories: &'a Directories,
    /// Whether the demonstration removes what it created.
    pub afterwards: Afterwards,
}
