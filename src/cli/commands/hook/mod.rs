//! `git devpi hook EVENT`: what git's hooks and the tox snippet call. One file per event.

mod post_merge;
mod post_receive;
mod pre_push;
mod tox;

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Run a hook.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi hook pre-push origin URL")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// git's pre-push.
    PrePush {
        /// What git hands over: the remote's name and URL.
        args: Vec<String>,
    },
    /// git's post-merge.
    PostMerge {
        /// What git hands over: 1 for a squash merge.
        args: Vec<String>,
    },
    /// git's post-receive.
    PostReceive {
        /// Nothing.
        args: Vec<String>,
    },
    /// A tox environment has run.
    Tox(tox::Args),
}

/// Runs the hook of one event.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    match &args.action {
        Action::PrePush { args } => pre_push::run(args, context),
        Action::PostMerge { args } => post_merge::run(args, context),
        Action::PostReceive { args } => post_receive::run(args, context),
        Action::Tox(args) => tox::run(args, context),
    }
}
