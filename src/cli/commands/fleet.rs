//! `git devpi fleet`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::fleet::Depth;

/// Show all repositories of the owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi fleet --details")]
pub struct Args {
    /// Read the contents of the indexes, for versions, sizes and growth: at least two requests for each index, and one for each file.
    #[arg(long)]
    pub details: bool,
}

/// Shows the repositories of the owner, also outside of a git repository.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let depth = if args.details { Depth::Contents } else { Depth::Records };
    let fleet = ops::fleet::fleet(&workspace, depth)?;
    context.progress.finish();
    views::fleet::show(&context.ui, &fleet);
    Ok(Exit::Done)
}
