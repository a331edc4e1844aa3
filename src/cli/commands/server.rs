//! `git devpi server`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Run a local devpi server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi server start")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Start it; the first time it is installed.
    Start,
    /// Stop it.
    Stop,
    /// Show whether it runs, and where its files are.
    Status,
    /// Stop it and delete everything that it holds.
    Remove {
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "server" })
}
