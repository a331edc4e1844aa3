//! `git devpi status`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Show the branch and its index.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi status --all")]
pub struct Args {
    /// Every index of this repository, with its state.
    #[arg(long)]
    pub all: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "status" })
}
