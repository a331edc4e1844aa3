//! `git devpi ensure`.

use std::path::PathBuf;

use super::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::ensure::{EnsureRequest, MayBuild, MayUpload};

/// Find or build the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi ensure --dest dist")]
pub struct Args {
    /// The folder that holds exactly this file afterwards.
    #[arg(long, value_name = "DIR")]
    pub dest: Option<PathBuf>,
    /// Do not build: when it is not there, answer 1.
    #[arg(long)]
    pub no_build: bool,
    /// Publish a local version too (never one with changes that are not committed).
    #[arg(long, conflicts_with = "no_upload")]
    pub upload: bool,
    /// Publish nothing.
    #[arg(long)]
    pub no_upload: bool,
    /// The interpreter that will install the file: a path, or X.Y.
    #[arg(long, value_name = "PATH|X.Y")]
    pub python: Option<String>,
}

/// Makes the package available, and prints where it is.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workbench = context.workbench()?;
    let ensured = ops::ensure::ensure(&workbench, &request(args))?;
    context.progress.finish();
    views::ensure::show(&context.ui, &ensured);
    Ok(Exit::Done)
}

fn request(args: &Args) -> EnsureRequest {
    EnsureRequest {
        dest: args.dest.clone(),
        build: if args.no_build { MayBuild::No } else { MayBuild::Yes },
        upload: match (args.upload, args.no_upload) {
            (true, _) => MayUpload::LocalToo,
            (_, true) => MayUpload::Nothing,
            _ => MayUpload::Numbered,
        },
        python: args.python.clone(),
    }
}
