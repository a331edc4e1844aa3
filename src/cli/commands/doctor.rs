//! `git devpi doctor`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Check the set-up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi doctor")]
pub struct Args {}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "doctor" })
}
