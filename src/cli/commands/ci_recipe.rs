//! `git devpi ci-recipe`.

use clap::builder::PossibleValue;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::ci_recipe::{System, recipe};

/// Print a CI configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi ci-recipe github > .github/workflows/devpi.yml")]
pub struct Args {
    /// The CI system.
    #[arg(value_enum, value_name = "SYSTEM")]
    pub system: System,
}

impl clap::ValueEnum for System {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.title()))
    }
}

/// Prints the configuration.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let recipe = recipe(&context.workspace()?, args.system)?;
    context.progress.finish();
    views::ci_recipe::show(&context.ui, &recipe);
    Ok(Exit::Done)
}
