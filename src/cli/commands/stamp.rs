//! `git devpi stamp`.

use std::path::PathBuf;

use super::context::Context;
use crate::build::stamp::StampRequest;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Make a stamped copy of the commit.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi stamp --out ../stamped")]
pub struct Args {
    /// The folder for the copy [default: a new temporary folder].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the version into this work tree instead of a copy.
    #[arg(long, conflicts_with = "out")]
    pub in_place: bool,
}

/// Makes the stamped copy and prints its path.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let request = if args.in_place { StampRequest::InPlace } else { StampRequest::Copy { out: args.out.clone() } };
    let stamped = crate::build::stamp::stamp(&workspace, &request)?;
    context.progress.finish();
    views::stamp::show(&context.ui, &stamped, &request);
    Ok(Exit::Done)
}
