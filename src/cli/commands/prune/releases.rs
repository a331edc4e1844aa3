//! `git devpi prune --releases`.

use std::collections::BTreeSet;

use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::prompt;
use crate::cli::views::prune::releases as views;
use crate::index::kept_files::KeepFiles;
use crate::model::names::IndexName;
use crate::ops::prune::releases::{ReleasesOutcome, ReleasesPlan, delete_releases, plan_releases};
use crate::ops::{self, Error};

/// How old releases are deleted.
pub(super) struct Options {
    /// Only show them.
    pub dry_run: bool,
    /// Delete them without asking.
    pub yes: bool,
    /// Which of their files are kept.
    pub keep: KeepFiles,
}

/// Shows the old releases and deletes those of the confirmed indexes.
pub(super) fn run(args: &Options, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let mut plan = plan_releases(&workspace)?;
    context.progress.finish();
    let all: BTreeSet<IndexName> = plan.indexes.iter().map(|thinned| thinned.index.clone()).collect();
    let chosen = if args.dry_run || all.is_empty() {
        None
    } else if args.yes {
        Some(all)
    } else if prompt::is_possible() {
        views::show_plan(&context.ui, &plan);
        let chosen = choose(&plan)?;
        // The answer may have taken long.
        plan = plan_releases(&workspace)?;
        Some(chosen)
    } else {
        context.ui.note(
            "nothing was deleted: no terminal to ask for confirmation; `git devpi prune --releases --yes` deletes them",
        );
        None
    };
    let Some(chosen) = chosen else {
        views::show_plan(&context.ui, &plan);
        views::show_outcome(&context.ui, &plan, None);
        return Ok(Exit::Done);
    };
    let mut outcome = delete_releases(&workspace, &plan, (&chosen, args.keep))?;
    context.progress.finish();
    match outcome.failure.take() {
        Some(failure) if outcome.deleted.is_empty() => return Err(failure),
        failure => outcome.failure = failure,
    }
    if args.yes {
        views::show_plan(&context.ui, &plan);
    }
    views::show_outcome(&context.ui, &plan, Some(&outcome));
    let ReleasesOutcome { failure, .. } = outcome;
    failure.map_or(Ok(Exit::Done), Err)
}

fn choose(plan: &ReleasesPlan) -> Result<BTreeSet<IndexName>, Error> {
    let lines: Vec<String> = plan.indexes.iter().map(views::line).collect();
    let chosen = prompt::choose("Delete the old releases of these indexes?", &lines).ok_or(Error::Declined)?;
    Ok(chosen.into_iter().filter_map(|place| plan.indexes.get(place)).map(|thinned| thinned.index.clone()).collect())
}
