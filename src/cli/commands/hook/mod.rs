//! `git devpi hook EVENT`: called by git's hooks and by the tox snippet. One file per event.

mod finish_push;
mod post_merge;
mod post_receive;
mod pre_push;
mod report;
mod tox;
mod tox_plan;

use std::ffi::OsString;

use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;
use crate::system::environment::{GIT_DEVPI_HOOKS, GIT_DEVPI_IN_HOOK};

/// Run one hook.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git push --dry-run    # git runs `git devpi hook pre-push`")]
pub struct Args {
    /// The event.
    #[command(subcommand)]
    pub action: Action,
}

/// The event that the hook handles.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Handle git's pre-push: create the indexes of the pushed branches.
    PrePush {
        /// The arguments from git: the remote's name and URL.
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        args: Vec<OsString>,
    },
    /// Handle git's post-merge: delete the indexes of merged and deleted branches.
    PostMerge {
        /// The argument from git: 1 for a squash merge.
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        args: Vec<OsString>,
    },
    /// Handle git's post-rewrite: after a rebase, as post-merge.
    PostRewrite {
        /// The argument from git: `rebase` or `amend`.
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        args: Vec<OsString>,
    },
    /// Clean up after a push that pre-push has noted; started by pre-push.
    FinishPush(finish_push::Args),
    /// Handle git's post-receive in a bare repository: create and delete indexes by what changed.
    PostReceive {
        /// Nothing: git passes no arguments.
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        args: Vec<OsString>,
    },
    /// Create and delete indexes after a push to a bare repository; started by post-receive.
    FinishReceive,
    /// Upload the outcome of a tox environment as evidence.
    Tox(tox::Args),
    /// Tell the plugin of tox whether it acts: one JSON object on stdout.
    ToxPlan,
}

/// Runs the hook of one event.
///
/// git commands that a hook runs (marked by `GIT_DEVPI_IN_HOOK`) run no further hook.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let environment = context.environment;
    let skipped = environment.get(GIT_DEVPI_HOOKS) == Some("0") || environment.is_set(GIT_DEVPI_IN_HOOK);
    match &args.action {
        Action::Tox(args) => tox::run(args, context),
        Action::ToxPlan => {
            tox_plan::run(context);
            Ok(Exit::Done)
        }
        _ if skipped => Ok(Exit::Done),
        Action::PrePush { args } => pre_push::run(&as_text(args), context),
        Action::PostMerge { args } => post_merge::run(&as_text(args), context),
        Action::FinishPush(args) => finish_push::run(args, context),
        Action::PostReceive { .. } => post_receive::run(context),
        Action::FinishReceive => post_receive::finish(context),
        Action::PostRewrite { args } => post_merge::run_after_rewrite(&as_text(args), context),
    }
}

/// Converts arguments lossily.
///
/// The remote may be a folder whose name is not Unicode, which must not stop the push.
fn as_text(args: &[OsString]) -> Vec<String> {
    args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
}
