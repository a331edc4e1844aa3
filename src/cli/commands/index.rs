//! `git devpi index`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{prompt, views};
use crate::model::names::escape_for_terminal;
use crate::ops;
use crate::ops::index::{self, IndexRole, ListedIndex};

/// List, show, create and delete indexes.
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
    /// Delete an index of this repository; its configuration and list of files are saved first.
    #[command(after_help = "Example:\n  git devpi index delete shiny-new-feature-x --yes")]
    Delete {
        /// The index, as NAME or USER/NAME [default: the branch's index].
        index: Option<String>,
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
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
        Action::Delete { index, yes } => {
            let planned = index::plan_deletion(&workspace, index.as_deref())?;
            if !yes {
                confirm(&planned)?;
            }
            views::index::show_deleted(ui, &index::delete(&workspace, &planned)?);
        }
    }
    Ok(Exit::Done)
}

fn confirm(planned: &ListedIndex) -> Result<(), ops::Error> {
    let question = match &planned.role {
        IndexRole::Branch { name, .. } => {
            format!("delete {}, the index of {}?", planned.name, escape_for_terminal(name))
        }
        _ => format!("delete {}?", planned.name),
    };
    if !prompt::is_possible() {
        return Err(ops::Error::CannotAsk { question, flag: "--yes" });
    }
    if prompt::confirm(&question, false) == Some(true) { Ok(()) } else { Err(ops::Error::Declined) }
}
