//! `git devpi ci-recipe`.

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
    pub system: SystemName,
}

/// The systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SystemName {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Jenkins, a multibranch pipeline
    Jenkins,
    /// Azure Pipelines
    Azure,
    /// Bitbucket Pipelines
    Bitbucket,
    /// Bamboo
    Bamboo,
}

/// Prints the configuration.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let system = match args.system {
        SystemName::Github => System::Github,
        SystemName::Gitlab => System::Gitlab,
        SystemName::Jenkins => System::Jenkins,
        SystemName::Azure => System::Azure,
        SystemName::Bitbucket => System::Bitbucket,
        SystemName::Bamboo => System::Bamboo,
    };
    let recipe = recipe(&context.workspace()?, system)?;
    context.progress.finish();
    views::ci_recipe::show(&context.ui, &recipe);
    Ok(Exit::Done)
}
