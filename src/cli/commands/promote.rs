//! `git devpi promote`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::promote::{Decision, PromoteRequest};
use crate::release::select::ReleaseSelector;

/// Promote a release.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi promote 1.4.57 --require unit --require system --dry-run")]
pub struct Args {
    /// The release: VERSION or PROJECT==VERSION; default: the release of this commit.
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// The index that it lies on; default: the release branch's.
    #[arg(long, value_name = "INDEX")]
    pub from: Option<String>,
    /// Where it goes; default: the production index.
    #[arg(long, value_name = "INDEX")]
    pub to: Option<String>,
    /// A tox environment that must be green; may be given several times.
    #[arg(long = "require", value_name = "ENV")]
    pub require: Vec<String>,
    /// Promote although production has a higher version of the same base.
    #[arg(long)]
    pub older: bool,
    /// Show the evidence and what would be done; change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Promotes a release, or says what stands in the way.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let request = PromoteRequest {
        asked: ReleaseSelector::parse(args.version.as_deref())?,
        from: args.from.clone(),
        to: args.to.clone(),
        require: args.require.clone(),
        older: args.older,
        dry_run: args.dry_run,
    };
    let promotion = ops::promote::promote(&workspace, &request)?;
    context.progress.finish();
    views::promote::show(&context.ui, &promotion);
    Ok(match promotion.decision {
        Decision::Blocked(_) if promotion.is_conflict => Exit::Conflict,
        Decision::Blocked(_) => Exit::No,
        Decision::Promoted | Decision::AlreadyThere | Decision::Ready => Exit::Done,
    })
}
