//! `git devpi hooks`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::hooks::{self, InstallRequest};

/// Install, remove and check the git hooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi hooks install")]
pub struct Args {
    /// The action.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions of `hooks`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Install the git hooks in this clone.
    #[command(after_help = "Example:\n  git devpi hooks install --chain")]
    Install {
        /// Keep an existing hook, and run it first.
        #[arg(long)]
        chain: bool,
        /// Install post-receive in the bare repository that others push to, instead of the hooks of a clone.
        #[arg(long, conflicts_with_all = ["print", "mode"])]
        server_side: bool,
        /// Print the lines for husky, lefthook, pre-commit and scripts of your own instead of installing.
        #[arg(long)]
        print: bool,
        /// Install in git config (git 2.54 and newer) or as files [default: config if git supports it].
        #[arg(long, value_enum, value_name = "MODE")]
        mode: Option<InstallMode>,
    },
    /// Remove exactly what was installed, and restore the hooks from before.
    #[command(after_help = "Example:\n  git devpi hooks uninstall")]
    Uninstall,
    /// Show what is installed, and whether git runs it.
    #[command(after_help = "Example:\n  git devpi hooks status --json")]
    Status,
}

/// Where hooks are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum InstallMode {
    /// In git config, as `hook.*`.
    Config,
    /// In the hooks folder, as files.
    File,
}

/// Runs the verb.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    match &args.action {
        Action::Install { print: true, .. } => {
            views::hooks::show_recipes(&context.ui, &hooks::recipes(&workspace)?);
        }
        Action::Install { chain, server_side: true, .. } => {
            views::hooks::show_installed(&context.ui, &hooks::install_server_side(&workspace, *chain)?);
        }
        Action::Install { chain, mode, .. } => {
            let mode = mode.map(|mode| match mode {
                InstallMode::Config => hooks::Mode::Config,
                InstallMode::File => hooks::Mode::File,
            });
            let request = InstallRequest { mode, chain: *chain };
            views::hooks::show_installed(&context.ui, &hooks::install(&workspace, request)?);
        }
        Action::Uninstall => {
            let removed = hooks::uninstall(&workspace)?;
            views::hooks::show_removed(&context.ui, &removed, &hooks::status(&workspace)?);
        }
        Action::Status => {
            let status = hooks::status(&workspace)?;
            views::hooks::show_status(&context.ui, &status, hooks::preview(&workspace)?.error().as_ref());
            return Ok(if status.is_fine() { Exit::Done } else { Exit::No });
        }
    }
    Ok(Exit::Done)
}
