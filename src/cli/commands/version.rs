//! `git devpi version`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Print the version.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi version --number 57 --json")]
pub struct Args {}

/// Prints the version that a build of this commit gets.
pub fn run(_args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let version = crate::build::version::version(&workspace, workspace.selected_project()?)?;
    views::version::show(&context.ui, &version, workspace.ci());
    Ok(Exit::Done)
}
