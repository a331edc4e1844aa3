//! `git devpi login`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Log in.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  echo \"$SECRET\" | git devpi login https://devpi.example.com/ --login ci --password-stdin"
)]
pub struct Args {
    /// The server; default: the one that is set.
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// Who logs in; default: the owner.
    #[arg(long, value_name = "USER")]
    pub login: Option<String>,
    /// Read the password from the first line of stdin.
    #[arg(long)]
    pub password_stdin: bool,
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "login" })
}
