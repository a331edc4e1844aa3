//! `git devpi fleet`.

mod prune;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::fleet::Depth;

/// Show all repositories of the owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi fleet --details", args_conflicts_with_subcommands = true)]
pub struct Args {
    /// The action [default: show the table].
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Read the contents of the indexes, for versions, sizes and growth: at least two requests for each index, and one for each file.
    #[arg(long)]
    pub details: bool,
}

/// The actions of `fleet`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Delete the stale indexes of several repositories, each by the rules on its own release branch.
    ///
    /// Clones the default branch of each remote into a temporary folder, and does there what `git devpi prune` does in a clone: only indexes
    /// whose record names this remote are deleted, and those of repositories that the file does not list are left alone. A remote that cannot
    /// be reached, or whose settings cannot be used, is reported with its line, and the others go on; the exit code is the highest of all.
    /// With --user, only the repositories of that owner are pruned. A repository that the user's own settings name (devpi.repository) is
    /// refused.
    ///
    /// With --json: {"schema":1,"dry_run","remotes":[{"line","remote","exit","prune","error"}]}; `prune` is the answer of `git devpi prune`.
    #[command(after_help = "Example:\n  git devpi fleet prune --dry-run --remotes remotes.txt")]
    Prune(prune::Args),
}

/// Shows the repositories of the owner, also outside of a git repository.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    if let Some(Action::Prune(args)) = &args.action {
        return prune::run(args, context);
    }
    let workspace = context.workspace()?;
    let depth = if args.details { Depth::Contents } else { Depth::Records };
    let fleet = ops::fleet::fleet(&workspace, depth)?;
    context.progress.finish();
    views::fleet::show(&context.ui, &fleet);
    Ok(Exit::Done)
}
