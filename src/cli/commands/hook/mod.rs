//! `git devpi hook EVENT`: what git's hooks and the tox snippet call. One file per event.

mod post_merge;
mod pre_push;
mod report;
mod tox;

use std::ffi::OsString;

use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use crate::system::environment::{GIT_DEVPI_HOOKS, GIT_DEVPI_IN_HOOK};

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
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        args: Vec<OsString>,
    },
    /// git's post-merge.
    PostMerge {
        /// What git hands over: 1 for a squash merge.
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        args: Vec<OsString>,
    },
    /// A tox environment has run.
    Tox(tox::Args),
}

/// Runs the hook of one event. What git's hooks set off themselves (`GIT_DEVPI_IN_HOOK`) comes back to no hook.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let environment = context.environment;
    let skipped = environment.get(GIT_DEVPI_HOOKS) == Some("0") || environment.is_set(GIT_DEVPI_IN_HOOK);
    match &args.action {
        Action::Tox(args) => tox::run(args, context),
        _ if skipped => Ok(Exit::Done),
        Action::PrePush { args } => pre_push::run(&as_text(args), context),
        Action::PostMerge { args } => post_merge::run(&as_text(args), context),
    }
}

/// A folder that is pushed to may have a name that is not Unicode: no reason to stop the push.
fn as_text(args: &[OsString]) -> Vec<String> {
    args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
}
