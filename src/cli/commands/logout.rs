//! `git devpi logout`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Forget the token.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi logout")]
pub struct Args {
    /// The server; default: the one that is set.
    #[arg(value_name = "URL")]
    pub url: Option<String>,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "logout" })
}
