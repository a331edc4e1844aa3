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
    /// Another action than showing.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The release, as VERSION or PROJECT==VERSION [default: the version of this commit].
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
}

/// The actions of `results`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Upload a tox JSON report as evidence for the release.
    #[command(after_help = "Example:\n  git devpi results add report.json 1.4.57")]
    Add {
        /// The report, written by `tox --result-json FILE`.
        file: std::path::PathBuf,
        /// The release, as VERSION or PROJECT==VERSION [default: the version of this commit].
        version: Option<String>,
    },
}

/// Shows the evidence for a release, or adds a tox report to it.
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
