//! `git devpi init`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Set this repository up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi init --server https://devpi.example.com/ --user acme")]
pub struct Args {
    /// Take every proposal without asking.
    #[arg(long)]
    pub yes: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "init" })
}
