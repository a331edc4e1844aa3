//! `git devpi hook tox`: called by the project's toxfile.py after an environment has run.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// A tox environment has run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment's name.
    #[arg(long = "env")]
    pub environment: String,
    /// Its exit code.
    #[arg(long, allow_negative_numbers = true)]
    pub exit_code: i32,
    /// The package that it tested.
    #[arg(long)]
    pub package: Option<std::path::PathBuf>,
}

/// Not there yet: silent, as every hook is that has nothing to say.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Ok(Exit::Done)
}
