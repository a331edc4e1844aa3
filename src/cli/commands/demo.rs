//! `git devpi demo`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Play the story through.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi demo --keep")]
pub struct Args {
    /// Leave server and folders to be looked at.
    #[arg(long)]
    pub keep: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "demo" })
}
