//! `git devpi demo`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::demo::{self, Afterwards, DemoRequest};

/// Demonstrate the workflow.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi demo --keep")]
pub struct Args {
    /// Keep the server and the folders afterwards.
    #[arg(long)]
    pub keep: bool,
}

/// Runs the demonstration and shows the time that each step took.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let directories = context.directories()?;
    let afterwards = if args.keep { Afterwards::Keep } else { Afterwards::Remove };
    let request = DemoRequest { environment: context.environment, directories: &directories, afterwards };
    let outcome = demo::demo(&request, context.progress)?;
    context.progress.finish();
    views::demo::show(&context.ui, &outcome);
    Ok(Exit::Done)
}
