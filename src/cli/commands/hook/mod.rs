//! `git devpi hook EVENT`: what git's hooks and the tox snippet call. One file per event.

mod post_merge;
mod pre_push;
mod tox;

use std::ffi::OsString;

use super::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure;
use crate::ops;
use crate::settings::OnError;
use crate::system::environment::{GIT_DEVPI_HOOKS, GIT_DEVPI_IN_HOOK};
use crate::workspace::workspace::{OpenRequest, Workspace};

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

impl<'a> Context<'a> {
    /// The workspace of a hook of git's: silent while it works, and its children know that they are a hook's.
    fn hook_workbench(&self) -> Result<Workspace<'a>, ops::Error> {
        let request = OpenRequest {
            environment: self.environment.clone().with(GIT_DEVPI_IN_HOOK, "1"),
            flags: self.flags(),
            project: None,
            number: None,
            progress: &crate::workspace::Silent,
        };
        Ok(Workspace::open(request)?)
    }

    /// What `on-error` says where no workspace can be opened: the repository's own file, which is then most likely the cause, cannot
    /// set it.
    fn hook_on_error(&self) -> Option<OnError> {
        ops::settings::without_repository_file(self.environment).ok()?.on_error().ok()
    }
}

/// Says a line, as hooks do.
fn say(context: &Context<'_>, text: &str) {
    context.ui.say(&format!("devpi: {text}"));
}

/// Says in one line what went wrong, and what mends it.
fn say_failure(context: &Context<'_>, error: &ops::Error) {
    say(context, &failure::in_one_line(error));
}
