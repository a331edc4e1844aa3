//! `git devpi promote`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Promote a release.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi promote 1.4.57 --require unit --require system --dry-run")]
pub struct Args {
    /// The release: VERSION or PROJECT==VERSION; default: the release of this commit.
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// The index that it lies on; default: the release branch's.
    #[arg(long, value_name = "INDEX")]
    pub from: Option<String>,
    /// Where it goes; default: the production index.
    #[arg(long, value_name = "INDEX-OR-URL")]
    pub to: Option<String>,
    /// A tox environment that must be green; may be given several times.
    #[arg(long = "require", value_name = "ENV")]
    pub require: Vec<String>,
    /// Promote although production has a higher version of the same base.
    #[arg(long)]
    pub older: bool,
    /// Show the evidence and what would be done; change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "promote" })
}
