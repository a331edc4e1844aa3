//! `git devpi build`.

use std::path::PathBuf;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Build the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi build --out dist")]
pub struct Args {
    /// Where the files go.
    #[arg(long, value_name = "DIR", default_value = "dist")]
    pub out: PathBuf,
}

/// Builds, and prints where the files are.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let built = crate::build::package::build(&workspace, &args.out)?;
    context.progress.finish();
    views::build::show(&context.ui, &built);
    Ok(Exit::Done)
}
