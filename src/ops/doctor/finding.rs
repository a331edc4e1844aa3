//! What a check finds.

use crate::ops::Error;

/// The result of a check.
#[derive(Debug)]
pub enum Finding {
    /// The check passed; what was found.
    Passed(String),
    /// A possible problem; what was found, and how to fix it.
    Warning(String, String),
    /// A possible problem; what was found, and the error of fixing it with git-devpi.
    Unfixable(String, Error),
    /// The check failed.
    Failed(Error),
    /// The check was skipped because of another failure.
    Skipped,
}

/// A check with its result.
#[derive(Debug)]
pub struct Check {
    /// The subject of the check.
    pub name: &'static str,
    /// The result.
    pub finding: Finding,
}
