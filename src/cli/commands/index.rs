//! `git devpi index`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// Look at, make and delete indexes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi index show")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List this repository's indexes.
    List,
    /// Show one index.
    Show {
        /// The index: NAME or USER/NAME; default: the branch's.
        index: Option<String>,
    },
    /// Create the branch's index.
    Create,
    /// Delete an index of ours, after saving its configuration and list of files.
    Delete {
        /// The index: NAME or USER/NAME; default: the branch's.
        index: Option<String>,
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
pub fn run(_args: &Args, _context: &Context<'_>) -> Result<Exit, ops::Error> {
    Err(ops::Error::NotYet { verb: "index" })
}
