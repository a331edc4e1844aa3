//! `git devpi hook`.

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
    Tox {
        /// The environment's name.
        #[arg(long = "env")]
        environment: String,
        /// Its exit code.
        #[arg(long, allow_negative_numbers = true)]
        exit_code: i32,
        /// The package that it tested.
        #[arg(long)]
        package: Option<std::path::PathBuf>,
    },
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "hook" })
}
