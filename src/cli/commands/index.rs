//! `git devpi index`.

use super::context::Context;
use super::prune;
use crate::cli::exit_code::Exit;
use crate::cli::{prompt, views};
use crate::git::Prompts;
use crate::model::names::escape_for_terminal;
use crate::ops;
use crate::ops::index::{self, IndexRole, ListedIndex, PlannedDeletion};

/// List, show, create, delete and restore indexes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi index show")]
pub struct Args {
    /// The action.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions of `index`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List the indexes of this repository.
    #[command(after_help = "Example:\n  git devpi index list --json")]
    List,
    /// Show the configuration and the files of one index.
    #[command(after_help = "Example:\n  git devpi index show acme/prod")]
    Show {
        /// The index, as NAME or USER/NAME [default: the branch's index].
        index: Option<String>,
    },
    /// Create the branch's index, unless it exists.
    #[command(after_help = "Example:\n  git devpi index create --branch main")]
    Create,
    /// List the deletions that can be undone from this machine.
    #[command(after_help = "Example:\n  git devpi index trash")]
    Trash,
    /// Restore a deleted index, or the releases that `prune --releases` deleted, with the files that the deletion kept.
    #[command(after_help = "Example:\n  git devpi index restore shiny-new-feature-x")]
    Restore {
        /// The index, as NAME or USER/NAME (its newest deletion), or the deletion log.
        #[arg(value_name = "INDEX|LOG")]
        deleted: String,
    },
    /// Delete an index of this repository; its configuration and list of files are saved first.
    #[command(after_help = "Example:\n  git devpi index delete shiny-new-feature-x --yes")]
    Delete {
        /// The index, as NAME or USER/NAME [default: the branch's index].
        index: Option<String>,
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
        /// Delete a protected index too: of a release branch, of a branch that is checked out or matches `protected`, with a build
        /// running, or the base of another index. Without `--yes` it asks for the index's name.
        #[arg(long)]
        force: bool,
        /// Save all of its files first, to restore them. Without it only the files in this machine's cache are saved.
        #[arg(long)]
        keep_files: bool,
    },
}

/// Runs the verb.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let ui = &context.ui;
    match &args.action {
        Action::List => views::index::show_list(ui, &index::list(&workspace)?),
        Action::Show { index } => views::index::show_one(ui, &index::show(&workspace, index.as_deref())?),
        Action::Create => views::index::show_created(ui, &index::create(&workspace)?),
        Action::Trash => views::index::show_trash(ui, &index::trash(&workspace)?),
        Action::Restore { deleted } => {
            let restored = index::restore(&workspace, deleted)?;
            context.progress.finish();
            views::index::show_restored(ui, &restored);
            return Ok(match (restored.has_conflict(), restored.is_complete()) {
                (true, _) => Exit::Conflict,
                (false, false) => Exit::No,
                (false, true) => Exit::Done,
            });
        }
        Action::Delete { index, yes, force, keep_files } => {
            let prompts = Prompts::if_interactive(prompt::is_possible());
            let planned = index::plan_deletion(&workspace, index.as_deref(), prompts)?;
            context.progress.finish();
            confirm(&planned, *yes, *force)?;
            views::index::show_deleted(
                ui,
                &index::delete(&workspace, &planned.listed, prune::keep_files(*keep_files))?,
            );
        }
    }
    Ok(Exit::Done)
}

/// Asks for confirmation; for a protected index, for its name.
fn confirm(planned: &PlannedDeletion, yes: bool, force: bool) -> Result<(), ops::Error> {
    let ListedIndex { name: index, role, .. } = &planned.listed;
    if let (Some(why), false) = (&planned.protection, force) {
        return Err(ops::Error::ProtectedIndex { index: index.clone(), why: why.clone() });
    }
    if yes {
        return Ok(());
    }
    let what = match role {
        IndexRole::Branch { name, .. } => format!("{index}, the index of {}", escape_for_terminal(name)),
        _ => index.to_string(),
    };
    let question = match &planned.protection {
        Some(why) => format!("delete {what}? {why}. Type {index} to delete it"),
        None => format!("delete {what}?"),
    };
    if !prompt::is_possible() {
        return Err(ops::Error::CannotAsk { question, flag: "--yes" });
    }
    if planned.protection.is_none() {
        return if prompt::confirm(&question, false) == Some(true) { Ok(()) } else { Err(ops::Error::Declined) };
    }
    match prompt::text(&question, None) {
        Some(typed) if typed.trim() == index.to_string() => Ok(()),
        Some(typed) => Err(ops::Error::NameNotConfirmed { index: index.clone(), typed }),
        None => Err(ops::Error::Declined),
    }
}
