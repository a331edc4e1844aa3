//! `git devpi doctor`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::doctor::Finding;

/// Check the setup.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi doctor")]
pub struct Args {}

/// Runs every check; the exit code is 1 if one finds a fault.
pub fn run(_args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let checks = ops::doctor::doctor(&workspace);
    context.progress.finish();
    views::doctor::show(&context.ui, &checks);
    let faults = checks.iter().any(|check| matches!(check.finding, Finding::Failed(_)));
    Ok(if faults { Exit::No } else { Exit::Done })
}
