//! `git devpi withdraw`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{prompt, views};
use crate::ops;
use crate::ops::withdraw::{Plan, Withdrawal};
use crate::release::select::ReleaseSelector;

/// Take a release out of production.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi withdraw 1.4.57 --yes")]
pub struct Args {
    /// The release, as VERSION or PROJECT==VERSION.
    #[arg(value_name = "VERSION")]
    pub version: String,
    /// Withdraw without asking.
    #[arg(long)]
    pub yes: bool,
}

/// Withdraws a release; without `--yes` it asks first.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let selector = ReleaseSelector::parse(Some(&args.version))?;
    let plan = ops::withdraw::plan(&workspace, &selector)?;
    context.progress.finish();
    let withdrawal = match &plan {
        Plan::Withdraw(withdrawal) => withdrawal,
        Plan::AlreadyWithdrawn { .. } => {
            views::withdraw::show_already_withdrawn(&context.ui, &plan);
            return Ok(Exit::Done);
        }
    };
    if !args.yes {
        confirm(context, withdrawal)?;
    }
    let withdrawn = ops::withdraw::carry_out(&workspace, withdrawal)?;
    context.progress.finish();
    views::withdraw::show(&context.ui, withdrawal, &withdrawn);
    Ok(Exit::Done)
}

fn confirm(context: &Context<'_>, withdrawal: &Withdrawal) -> Result<(), ops::Error> {
    let question = views::withdraw::question(withdrawal);
    if !prompt::is_possible() {
        return Err(ops::Error::CannotAsk { question, flag: "--yes" });
    }
    views::withdraw::show_plan(&context.ui, withdrawal);
    if prompt::confirm(&question, false) == Some(true) { Ok(()) } else { Err(ops::Error::Declined) }
}
