//! `git devpi ensure`.

use std::path::PathBuf;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::ui::Ui;
use crate::cli::{failure, views};
use crate::ops;
use crate::ops::ensure::{BuildPolicy, EnsureRequest, Outcome, UploadPolicy};

/// Find or build the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi ensure --dest dist")]
pub struct Args {
    /// The folder for the file, which is no symbolic link; packages from earlier runs are removed from it.
    #[arg(long, value_name = "DIR")]
    pub dest: Option<PathBuf>,
    /// Do not build; exit with 1 if the package is not published.
    #[arg(long)]
    pub no_build: bool,
    /// Publish a local version too; refused when there are uncommitted changes.
    #[arg(long, conflicts_with = "no_upload")]
    pub upload: bool,
    /// Do not publish.
    #[arg(long)]
    pub no_upload: bool,
    /// The Python interpreter that will install the file: a path, or X.Y.
    #[arg(long, value_name = "PATH|X.Y")]
    pub python: Option<String>,
}

/// Finds or builds the package and prints its path.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let outcome = ops::ensure::ensure(&workspace, &request(args))?;
    context.progress.finish();
    views::ensure::show(&context.ui, &outcome);
    Ok(report_failures(&context.ui, &outcome))
}

/// Reports the error of each failed project; returns the exit code of the first.
fn report_failures(ui: &Ui, outcome: &Outcome) -> Exit {
    let Outcome::Several(projects) = outcome else { return Exit::Done };
    let failures = projects.iter().filter_map(|(project, outcome)| Some((project, outcome.as_ref().err()?)));
    let exits: Vec<Exit> = failures.map(|(project, error)| failure::report_of(ui, project.as_str(), error)).collect();
    exits.into_iter().next().unwrap_or(Exit::Done)
}

fn request(args: &Args) -> EnsureRequest {
    EnsureRequest {
        dest: args.dest.clone(),
        build: if args.no_build { BuildPolicy::Forbidden } else { BuildPolicy::Allowed },
        upload: match (args.upload, args.no_upload) {
            (true, _) => UploadPolicy::LocalToo,
            (_, true) => UploadPolicy::Never,
            _ => UploadPolicy::Numbered,
        },
        python: args.python.clone(),
    }
}
