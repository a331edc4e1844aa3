//! `git devpi prune`.

mod releases;

use std::collections::BTreeSet;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{prompt, views};
use crate::devpi;
use crate::git::Prompts;
use crate::index::kept_files::KeepFiles;
use crate::model::names::IndexName;
use crate::model::staleness::{GracePeriod, ProbablyMerged};
use crate::ops::prune::{Outcome, Plan, PruneRequest, RunScope};
use crate::ops::{self, Error};
use crate::workspace;
use crate::workspace::Workspace;

/// Delete stale indexes.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Example:\n  git devpi prune --dry-run")]
pub struct Args {
    /// Show which indexes would be deleted; delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Delete without asking.
    #[arg(long)]
    pub yes: bool,
    /// Delete the indexes of merged and deleted branches at once, without waiting for keep-for.
    #[arg(long)]
    pub now: bool,
    /// Save all deleted files first, to restore them: at most 2 GiB in all, in the state folder. Without it only those in the cache are saved.
    #[arg(long)]
    pub keep_files: bool,
    /// Delete old releases from the indexes of branches instead. Of each project on an index the newest 50 stay, all that were used in the
    /// last 14 days, and the highest of each base version. Production is never changed.
    #[arg(long, conflicts_with_all = ["now", "include", "force"])]
    pub releases: bool,
    /// Also delete the indexes of these branches: `probably-merged`, whose changes are in a release branch after a squash merge or a rebase.
    #[arg(long, value_enum, value_name = "KIND")]
    pub include: Vec<Included>,
    /// Delete even if there are more indexes than prune-limit.
    #[arg(long)]
    pub force: bool,
}

/// What `--include` adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Included {
    /// Branches whose changes are in a release branch, but not their commits.
    ProbablyMerged,
}

/// The command line of the verb.
const VERB: &str = "git devpi prune";

/// Which files a deletion by hand keeps.
pub(super) fn keep_files(all: bool) -> KeepFiles {
    if all { KeepFiles::All } else { KeepFiles::Cached }
}

/// What to do with the plan.
enum Mode {
    Show,
    Ask,
    Delete,
}

/// Shows the stale indexes and deletes those that are confirmed.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    if args.releases {
        let options = releases::Options { dry_run: args.dry_run, yes: args.yes, keep: keep_files(args.keep_files) };
        return releases::run(&options, context);
    }
    let workspace = context.workspace()?;
    let Execution { mut plan, outcome } = execute(args, context, (&workspace, VERB))?;
    match outcome {
        None => views::prune::show_dry_run(&context.ui, &plan),
        Some(outcome) => finish(context, &plan, outcome)?,
    }
    match plan.survey.failure.take() {
        Some(failure) => Err(failure.into()),
        None => Ok(Exit::Done),
    }
}

/// A plan, and what was done of it.
pub(super) struct Execution {
    pub(super) plan: Plan,
    /// `None` if nothing was to be changed.
    pub(super) outcome: Option<Outcome>,
}

/// Plans, asks where that is necessary, and deletes. Shows the plan to people, and no outcome. `verb`: the command line, for notes.
pub(super) fn execute(
    args: &Args,
    context: &Context<'_>,
    (workspace, verb): (&Workspace<'_>, &str),
) -> Result<Execution, ops::Error> {
    let grace = if args.now { GracePeriod::Skipped } else { GracePeriod::Applies };
    let request = PruneRequest {
        grace,
        probably_merged: match args.include.contains(&Included::ProbablyMerged) {
            true => ProbablyMerged::Merged,
            false => ProbablyMerged::Kept,
        },
        prompts: Prompts::if_interactive(prompt::is_possible()),
        keep: keep_files(args.keep_files),
        scope: match (args.force, args.dry_run) {
            (true, _) => RunScope::All,
            (false, true) => RunScope::Show,
            (false, false) => RunScope::Limited,
        },
    };
    let mut plan = ops::prune::plan(workspace, &request)?;
    context.progress.finish();
    let outcome = match mode(args, &plan, (context, verb)) {
        Mode::Show => {
            views::prune::show_plan(&context.ui, &plan);
            None
        }
        Mode::Delete => {
            let outcome = carry_out(args, workspace, &plan, &plan.all());
            // An expired token is renewed and the verb runs again, so nothing may have been shown before.
            if !matches!(outcome, Err(Error::Workspace(workspace::Error::Devpi(devpi::Error::TokenExpired { .. })))) {
                views::prune::show_plan(&context.ui, &plan);
            }
            Some(outcome?)
        }
        Mode::Ask => {
            views::prune::show_plan(&context.ui, &plan);
            let chosen = choose(&plan)?;
            // The answer may have taken long: an index that was used in the meantime must stay.
            plan = ops::prune::plan(workspace, &request)?;
            Some(carry_out(args, workspace, &plan, &chosen)?)
        }
    };
    Ok(Execution { plan, outcome })
}

fn mode(args: &Args, plan: &Plan, (context, verb): (&Context<'_>, &str)) -> Mode {
    let all = plan.all();
    if args.dry_run {
        if let (false, Err(error)) = (args.force, plan.check_limit(&all)) {
            context.ui.warn(&format!("{error}; `git devpi prune --force` deletes them"));
        }
        return Mode::Show;
    }
    if args.yes {
        return Mode::Delete;
    }
    match (all.is_empty(), prompt::is_possible()) {
        (true, true) => Mode::Delete,
        (false, true) => Mode::Ask,
        (true, false) => Mode::Show,
        (false, false) => {
            context.ui.note(&format!(
                "nothing was deleted: no terminal to ask for confirmation; `{verb} --yes` deletes them"
            ));
            Mode::Show
        }
    }
}

fn choose(plan: &Plan) -> Result<BTreeSet<IndexName>, Error> {
    let going: Vec<_> = plan.deletions().collect();
    let lines: Vec<String> = going.iter().map(|surveyed| views::prune::line(surveyed)).collect();
    let chosen = prompt::choose("Delete these indexes?", &lines).ok_or(Error::Declined)?;
    Ok(chosen.into_iter().filter_map(|place| going.get(place)).map(|surveyed| surveyed.index.clone()).collect())
}

fn carry_out(
    args: &Args,
    workspace: &Workspace<'_>,
    plan: &Plan,
    chosen: &BTreeSet<IndexName>,
) -> Result<Outcome, Error> {
    if !args.force {
        plan.check_limit(chosen)?;
    }
    if chosen.is_empty() && plan.upkeep().next().is_none() {
        return Ok(Outcome::default());
    }
    let mut outcome = ops::prune::carry_out(workspace, workspace.session()?, plan, chosen);
    match outcome.failure.take() {
        Some(failure) if outcome.deleted.is_empty() => Err(failure),
        failure => Ok(Outcome { failure, ..outcome }),
    }
}

fn finish(context: &Context<'_>, plan: &Plan, mut outcome: Outcome) -> Result<(), Error> {
    context.progress.finish();
    views::prune::show_outcome(&context.ui, plan, &outcome);
    outcome.failure.take().map_or(Ok(()), Err)
}
