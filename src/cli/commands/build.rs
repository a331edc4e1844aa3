//! `git devpi build`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use std::path::PathBuf;

/// Build the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi build --out dist")]
pub struct Args {
    /// Where the files go.
    #[arg(long, value_name = "DIR", default_value = "dist")]
    pub out: PathBuf,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "build" })
}
