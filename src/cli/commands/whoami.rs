//! `git devpi whoami`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Show who is logged in.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi whoami")]
pub struct Args {}

/// Asks the server for the user of the cached token.
pub fn run(_args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let found = ops::login::whoami(&context.workspace()?)?;
    views::login::who(&context.ui, &found);
    Ok(Exit::Done)
}
