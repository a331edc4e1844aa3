//! `git devpi env`.

use super::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;

/// Print variables.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  eval \"$(git devpi env)\"")]
pub struct Args {
    /// The shell to write for.
    #[arg(long, value_enum, default_value_t = ShellKind::Sh)]
    pub shell: ShellKind,
}

/// How assignments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ShellKind {
    /// `export NAME='value'`
    Sh,
    /// `set -gx NAME 'value'`
    Fish,
    /// `$env:NAME = 'value'`
    Powershell,
    /// `NAME=value`
    Dotenv,
    /// Lines for the file that GITHUB_ENV names
    Github,
}

/// Prints the variables of the branch's index.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let found = ops::env::variables(&context.workspace()?)?;
    views::env::show(&context.ui, &found, args.shell);
    Ok(Exit::Done)
}
