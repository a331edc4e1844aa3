//! `git devpi whoami`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Show who is logged in.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi whoami")]
pub struct Args {}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "whoami" })
}
