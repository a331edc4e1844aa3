//! `git devpi prune`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Clean up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi prune --dry-run")]
pub struct Args {
    /// Show the plan; delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Delete without asking.
    #[arg(long)]
    pub yes: bool,
    /// Pass over the grace of merged branches.
    #[arg(long)]
    pub now: bool,
    /// Thin the releases of live indexes instead of deleting indexes.
    #[arg(long)]
    pub releases: bool,
    /// Delete indexes of this state too.
    #[arg(long, value_name = "STATE", value_parser = ["probably-merged"])]
    pub include: Vec<String>,
    /// Delete more than prune-limit.
    #[arg(long)]
    pub force: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "prune" })
}
