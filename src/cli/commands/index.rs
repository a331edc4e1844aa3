//! `git devpi index`.

use super::context::Context;
use super::prune;
use crate::cli::exit_code::Exit;
use crate::cli::{completion, prompt, views};
use crate::git::Prompts;
use crate::model::names::escape_for_terminal;
use crate::ops;
use crate::ops::index::{self, Adoption, IndexRole, ListedIndex, PlannedDeletion};
use crate::workspace::Workspace;

/// List, show, create, delete, restore and adopt indexes.
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
        #[arg(add = completion::indexes())]
        index: Option<String>,
    },
    /// Create the branch's index, unless it exists.
    #[command(after_help = "Example:\n  git devpi index create --branch main")]
    Create,
    /// Create an index for every branch on the remote that has none.
    #[command(after_help = "Example:\n  git devpi index sync --dry-run")]
    Sync {
        /// Show the branches and their indexes; create nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Rewrite the records of the indexes after a move of the repository or of its remote, so that this remote decides about them.
    #[command(after_help = "Example:\n  git devpi index adopt --from acme/old-name --dry-run")]
    Adopt {
        /// The repository that the records name [default: this repository, whose remote has moved].
        #[arg(long, value_name = "OLD-REPOSITORY")]
        from: Option<String>,
        /// Show the records; change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Change the records without asking.
        #[arg(long)]
        yes: bool,
    },
    /// List the deletions that can be undone from this machine.
    #[command(after_help = "Example:\n  git devpi index trash")]
    Trash,
    /// Restore a deleted index, or the releases that `prune --releases` deleted, with the files that the deletion kept.
    #[command(after_help = "Example:\n  git devpi index restore shiny-new-feature-x")]
    Restore {
        /// The index, as NAME or USER/NAME (its newest deletion), or the deletion log.
        #[arg(value_name = "INDEX|LOG", add = completion::deleted_indexes())]
        deleted: String,
    },
    /// Delete an index of this repository; its configuration and list of files are saved first.
    #[command(after_help = "Example:\n  git devpi index delete shiny-new-feature-x --yes")]
    Delete {
        /// The index, as NAME or USER/NAME [default: the branch's index].
        #[arg(add = completion::indexes())]
        index: Option<String>,
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
        /// Delete a protected index too: of a release branch, of a branch that is checked out or matches `protected`, with a build
        /// running, or the base of another index. Without `--yes` it asks for the index's name.
        #[arg(long)]
        force: bool,
        /// Save all of its files first, to restore them: at most 2 GiB in all, in the state folder. Without it only those in the cache are
        /// saved.
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
        Action::Sync { dry_run } => return sync(context, &workspace, *dry_run),
        Action::Adopt { from, dry_run, yes } => {
            let adoption = index::plan_adoption(&workspace, from.as_deref())?;
            context.progress.finish();
            return adopt(context, (&workspace, &adoption), *dry_run, *yes);
        }
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
            views::index::show_deleted(ui, &index::delete(&workspace, &planned, prune::keep_files(*keep_files))?);
        }
    }
    Ok(Exit::Done)
}

fn sync(context: &Context<'_>, workspace: &Workspace<'_>, dry_run: bool) -> Result<Exit, ops::Error> {
    let plan = index::plan_sync(workspace, Prompts::if_interactive(prompt::is_possible()))?;
    let created = if dry_run { None } else { Some(index::sync(workspace, &plan)?) };
    context.progress.finish();
    views::index::show_sync(&context.ui, &plan, created.as_ref());
    Ok(if plan.has_conflict() { Exit::Conflict } else { Exit::Done })
}

fn adopt(
    context: &Context<'_>,
    (workspace, adoption): (&Workspace<'_>, &Adoption),
    dry_run: bool,
    yes: bool,
) -> Result<Exit, ops::Error> {
    let ui = &context.ui;
    let nothing_to_do = adoption.indexes.is_empty();
    let asks = !(dry_run || yes || nothing_to_do);
    let question = format!("change the records of {} indexes?", adoption.indexes.len());
    if asks && !prompt::is_possible() {
        return Err(ops::Error::CannotAsk { question, flag: "--yes" });
    }
    if asks || dry_run {
        views::index::show_adoption(ui, adoption);
    }
    if asks && prompt::confirm(&question, false) != Some(true) {
        return Err(ops::Error::Declined);
    }
    let changed_meanwhile = if dry_run || nothing_to_do { Vec::new() } else { index::adopt(workspace, adoption)? };
    context.progress.finish();
    views::index::show_adopted(ui, adoption, (dry_run, &changed_meanwhile));
    let is_complete = changed_meanwhile.is_empty() && adoption.left_alone.is_empty();
    Ok(if is_complete { Exit::Done } else { Exit::Conflict })
}

/// Asks for confirmation; for a protected index, for its name.
fn confirm(planned: &PlannedDeletion, yes: bool, force: bool) -> Result<(), ops::Error> {
    let ListedIndex { name: index, role, .. } = &planned.listed;
    if let (Some(why), false) = (&planned.protection, force) {
        return Err(index::Error::Protected { index: index.clone(), why: why.clone() }.into());
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
        Some(typed) => Err(index::Error::NameNotConfirmed { index: index.clone(), typed }.into()),
        None => Err(ops::Error::Declined),
    }
}
