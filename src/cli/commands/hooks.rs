//! `git devpi hooks`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::hooks::{self, Event, InstallRequest};

/// Install, remove and check the git hooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi hooks install")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Install the hooks.
    Install {
        /// Run a hook that is there already first.
        #[arg(long)]
        chain: bool,
        /// Print the lines for husky, lefthook or pre-commit instead of installing.
        #[arg(long)]
        print: bool,
        /// Through git config (git 2.54 and newer) or files; default: config where git can, else files.
        #[arg(long, value_enum, value_name = "MODE")]
        mode: Option<InstallMode>,
    },
    /// Take away exactly what was installed.
    Uninstall,
    /// Show what is installed, and whether it works.
    Status,
}

/// How hooks are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum InstallMode {
    /// `hook.*` in git config.
    Config,
    /// Files in the hooks folder.
    File,
}

/// Runs the verb.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    match &args.action {
        Action::Install { print: true, .. } => {
            views::hooks::show_recipes(&context.ui, &hooks::recipes(&Event::ALL));
        }
        Action::Install { chain, mode, .. } => {
            let mode = mode.map(|mode| match mode {
                InstallMode::Config => hooks::Mode::Config,
                InstallMode::File => hooks::Mode::File,
            });
            let request = InstallRequest { mode, chain: *chain };
            views::hooks::show_installed(&context.ui, &hooks::install(&workspace, request)?);
        }
        Action::Uninstall => views::hooks::show_removed(&context.ui, &hooks::uninstall(&workspace)?),
        Action::Status => {
            let status = hooks::status(&workspace)?;
            views::hooks::show_status(&context.ui, &status);
            return Ok(if status.is_fine() { Exit::Done } else { Exit::No });
        }
    }
    Ok(Exit::Done)
}
