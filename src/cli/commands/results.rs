//! `git devpi results`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Show the evidence for a release.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = "Example:\n  git devpi results 1.4.57 --json")]
pub struct Args {
    /// What to do instead of showing.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The release: VERSION or PROJECT==VERSION; default: what this commit gets.
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
}

/// What to do instead of showing.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Add a tox JSON report to the release by hand.
    Add {
        /// The report that `tox --result-json` wrote.
        file: std::path::PathBuf,
        /// The release: VERSION or PROJECT==VERSION; default: what this commit gets.
        version: Option<String>,
    },
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "results" })
}
