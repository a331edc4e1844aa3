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
    /// The folder for the built files.
    #[arg(long, value_name = "DIR", default_value = "dist")]
    pub out: PathBuf,
}

/// Builds the package and prints the paths of the files.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let built = crate::build::package::build(&workspace, &args.out)?;
    context.progress.finish();
    views::build::show(&context.ui, &built);
    Ok(Exit::Done)
}
