//! `git devpi self`. No module can have the name `self`.

use std::path::PathBuf;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{completion, views};
use crate::ops;
use crate::ops::self_publish::{SelfPublishRequest, publish};

/// Work with git-devpi's own wheel.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi self publish tools/stable")]
pub struct Args {
    /// The action.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions of `self`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Upload git-devpi's wheel to an index, for CI that does not reach PyPI.
    ///
    /// The index is created when it does not exist. A file that the index has with other bytes is an error (5), and nothing is uploaded.
    #[command(after_help = PUBLISH_EXAMPLE)]
    Publish {
        /// The index, as NAME or USER/NAME.
        #[arg(value_name = "INDEX", add = completion::indexes())]
        index: String,
        /// Wheels and source distributions of git-devpi [default: pip downloads the wheel of this version].
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The platform of a wheel to download, as pip names it (`manylinux2014_x86_64`, `win_amd64`); may be repeated [default: this
        /// platform].
        #[arg(long = "platform", value_name = "PLATFORM", conflicts_with = "files")]
        platforms: Vec<String>,
    },
}

const PUBLISH_EXAMPLE: &str = "Example:\n  \
    git devpi self publish tools/stable\n  \
    pip install --index-url https://devpi.example.com/tools/stable/+simple/ --no-deps git-devpi";

/// Runs the action.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let Action::Publish { index, files, platforms } = &args.action;
    let request = SelfPublishRequest { index: index.clone(), files: files.clone(), platforms: platforms.clone() };
    let published = publish(&context.workspace()?, &request)?;
    context.progress.finish();
    views::self_publish::show(&context.ui, &published);
    Ok(Exit::Done)
}
