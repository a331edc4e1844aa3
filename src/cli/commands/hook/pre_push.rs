//! `git devpi hook pre-push`: the branches of a push have indexes afterwards.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Not there yet: silent, as every hook is that has nothing to say.
pub fn run(_args: &[String], _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Ok(Exit::Done)
}
