//! `git devpi version`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Print the version.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  BUILD_NUMBER=57 git devpi version --json")]
pub struct Args {}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "version" })
}
