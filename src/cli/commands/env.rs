//! `git devpi env`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::shell_kind::ShellKind;
use crate::cli::views;
use crate::ops;

/// Print the variables.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  eval \"$(git devpi env)\"\n  git devpi env --check")]
pub struct Args {
    /// The syntax: a shell's, or a file format's.
    #[arg(long, value_enum, default_value_t = ShellKind::Sh)]
    pub shell: ShellKind,
    /// Print instead what pip and uv install of each project with the variables.
    ///
    /// Ends with 1 if that is not a build of this branch.
    #[arg(long, conflicts_with = "shell")]
    pub check: bool,
}

/// Prints the variables of the branch's index, or what they lead to.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let found = ops::env::variables(&workspace)?;
    if args.check {
        let checked = ops::env::check(&workspace, &found)?;
        views::env::checked(&context.ui, &found, (&checked, &ops::env::missing(&workspace, &found)));
        let is_good = checked.iter().all(|installed| installed.is_of_branch(&found.index));
        return Ok(if is_good { Exit::Done } else { Exit::No });
    }
    views::env::show(&context.ui, &found, args.shell);
    Ok(Exit::Done)
}
