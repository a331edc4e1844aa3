//! `git devpi results`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::release::select::ReleaseSelector;

/// Show the evidence for a release.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = "Example:\n  git devpi results 1.4.57 --json")]
pub struct Args {
    /// What to do instead of showing.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The release: VERSION or PROJECT==VERSION; default: what this commit gets.
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
}

/// What to do instead of showing.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Add a tox JSON report to the release by hand.
    Add {
        /// The report that `tox --result-json` wrote.
        file: std::path::PathBuf,
        /// The release: VERSION or PROJECT==VERSION; default: what this commit gets.
        version: Option<String>,
    },
}

/// Shows the evidence for a release, or adds to it.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    match &args.action {
        None => {
            let selector = ReleaseSelector::parse(args.version.as_deref())?;
            views::results::show(&context.ui, &ops::results::results(&workspace, &selector)?);
        }
        Some(Action::Add { file, version }) => {
            let selector = ReleaseSelector::parse(version.as_deref())?;
            views::results::show_added(&context.ui, &ops::results::add(&workspace, file, &selector)?);
        }
    }
    Ok(Exit::Done)
}
