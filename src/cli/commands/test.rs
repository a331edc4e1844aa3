//! `git devpi test`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Run tox on the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi test -e unit -- -vv")]
pub struct Args {
    /// A tox environment; may be given several times.
    #[arg(short = 'e', long = "env", value_name = "ENV")]
    pub environments: Vec<String>,
    /// Further arguments for tox.
    #[arg(last = true, value_name = "TOX ARGS")]
    pub tox_args: Vec<String>,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "test" })
}
