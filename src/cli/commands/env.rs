//! `git devpi env`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::shell_kind::ShellKind;
use crate::cli::views;
use crate::ops;

/// Print the variables.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  eval \"$(git devpi env)\"")]
pub struct Args {
    /// The syntax: a shell's, or a file format's.
    #[arg(long, value_enum, default_value_t = ShellKind::Sh)]
    pub shell: ShellKind,
}

/// Prints the variables of the branch's index.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let found = ops::env::variables(&context.workspace()?)?;
    views::env::show(&context.ui, &found, args.shell);
    Ok(Exit::Done)
}
