//! `git devpi hook finish-push`: the finisher that pre-push starts in the background.

use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use crate::system::descriptors;

/// The push to wait for.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The process id of `git push`.
    #[arg(long)]
    pub pusher: Option<u32>,
}

/// Runs the finisher. It says nothing: what fails is repeated by the next hook.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    descriptors::close_inherited();
    let finished =
        context.hook_workspace().and_then(|workspace| ops::finish_push::finish_push(&workspace, args.pusher));
    if let Err(error) = finished {
        tracing::debug!(%error, "the clean-up after a push failed");
    }
    Ok(Exit::Done)
}
