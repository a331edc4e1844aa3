//! `git devpi status`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Show the branch and its index.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi status --all")]
pub struct Args {
    /// Show every index of this repository, with its state.
    #[arg(long)]
    pub all: bool,
    /// Show the owner's indexes of other repositories, too.
    #[arg(long, requires = "all")]
    pub everybody: bool,
}

/// Shows the branch's index; with `--all` every index of this repository.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    if args.all {
        let overview = ops::status::overview(&workspace)?;
        context.progress.finish();
        views::status_all::show(&context.ui, &overview, args.everybody);
        return Ok(Exit::Done);
    }
    let status = ops::status::status(&workspace)?;
    views::status::show(&context.ui, &status);
    Ok(Exit::Done)
}
