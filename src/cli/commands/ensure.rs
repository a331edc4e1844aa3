//! `git devpi ensure`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use std::path::PathBuf;

/// Find or build the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi ensure --dest dist")]
pub struct Args {
    /// The folder that holds exactly this file afterwards.
    #[arg(long, value_name = "DIR")]
    pub dest: Option<PathBuf>,
    /// Do not build: when it is not there, answer 1.
    #[arg(long)]
    pub no_build: bool,
    /// Publish a local version too (never one with changes that are not committed).
    #[arg(long, conflicts_with = "no_upload")]
    pub upload: bool,
    /// Publish nothing.
    #[arg(long)]
    pub no_upload: bool,
    /// The interpreter that will install the file: a path, or X.Y.
    #[arg(long, value_name = "PATH|X.Y")]
    pub python: Option<String>,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "ensure" })
}
