//! `git devpi hook post-merge`: after a merge on a release branch, clean up what is certain.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Not there yet: silent, as every hook is that has nothing to say.
pub fn run(_args: &[String], _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Ok(Exit::Done)
}
