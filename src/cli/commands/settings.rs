//! `git devpi settings`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Show settings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi settings --json")]
pub struct Args {}

/// Shows every setting with its value and origin.
pub fn run(_args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let rows = ops::settings::rows(&workspace);
    views::settings::show(&context.ui, &rows);
    Ok(Exit::Done)
}
