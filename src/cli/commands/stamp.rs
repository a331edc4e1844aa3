//! `git devpi stamp`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use std::path::PathBuf;

/// Make a stamped copy.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi stamp --out ../stamped")]
pub struct Args {
    /// Where the copy goes; default: a new temporary folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the version into this work tree instead.
    #[arg(long, conflicts_with = "out")]
    pub in_place: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "stamp" })
}
