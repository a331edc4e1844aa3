//! `git devpi init --undo`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::init;

/// Takes back what `init` did in this clone; with `--dry-run` only shows it.
pub fn run(is_dry_run: bool, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let plan = init::undo_plan(&workspace)?;
    let removed = if is_dry_run { None } else { Some(init::undo(&workspace, &plan)?) };
    context.progress.finish();
    views::init_undo::show(&context.ui, &plan, removed.as_deref());
    Ok(if plan.by_hand { Exit::No } else { Exit::Done })
}
