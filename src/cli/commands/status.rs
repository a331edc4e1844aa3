//! `git devpi status`.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::status::{Overview, PageError};
use crate::system::files::{self, Access};

/// Show the branch and its index.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi status --all\n  git devpi status --all --html status.html")]
pub struct Args {
    /// Show every index of this repository, with its state.
    #[arg(long)]
    pub all: bool,
    /// Show the owner's indexes of other repositories, too.
    #[arg(long, requires = "all")]
    pub everybody: bool,
    /// Write a page for a build monitor: indexes, releases, and the result of each environment. `-` writes it to stdout.
    #[arg(long, value_name = "FILE", requires = "all")]
    pub html: Option<PathBuf>,
}

/// Shows the branch's index; with `--all` every index of this repository.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let target = args.html.as_deref().map(|path| PageTarget::at(path, context)).transpose()?;
    let workspace = context.workspace()?;
    if !args.all {
        let status = ops::status::status(&workspace)?;
        views::status::show(&context.ui, &status);
        return Ok(Exit::Done);
    }
    let overview = ops::status::overview(&workspace)?;
    if let Some(target) = target {
        let page = ops::status::page::page(&workspace, &overview)?;
        context.progress.finish();
        let html = views::status_page::html(&overview, &page, args.everybody);
        return target.write(&html, (context, &overview), args.everybody);
    }
    context.progress.finish();
    views::status_all::show(&context.ui, &overview, args.everybody);
    Ok(Exit::Done)
}

/// Where the page is written.
enum PageTarget {
    /// To stdout.
    Stdout,
    /// To this file, replacing it.
    File(PathBuf),
}

impl PageTarget {
    /// Fails if the page cannot be the content of `path`: it is a folder, a pipe, or a device.
    fn at(path: &Path, context: &Context<'_>) -> Result<Self, ops::Error> {
        if path == Path::new("-") {
            return if context.ui.wants_json() { Err(PageError::TwoAnswers.into()) } else { Ok(Self::Stdout) };
        }
        let not_a_file = |found| ops::Error::from(PageError::NotAFile { path: path.to_owned(), found });
        match fs_err::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(not_a_file("a folder")),
            Ok(metadata) if !metadata.is_file() => Err(not_a_file("no regular file")),
            // A symbolic link stays, and its target is replaced.
            Ok(_) => Ok(Self::File(fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned()))),
            Err(_) if path.file_name().is_none() || ends_with_separator(path) => Err(not_a_file("a folder")),
            Err(_) => Ok(Self::File(path.to_owned())),
        }
    }

    fn write(
        &self,
        html: &str,
        (context, overview): (&Context<'_>, &Overview),
        everybody: bool,
    ) -> Result<Exit, ops::Error> {
        match self {
            Self::Stdout => context.ui.answer(html),
            Self::File(path) => {
                files::write_atomic(path, html.as_bytes(), Access::Shared)?;
                if context.ui.wants_json() {
                    views::status_all::show(&context.ui, overview, everybody);
                }
                context.ui.note(&format!("wrote {}", path.display()));
            }
        }
        Ok(Exit::Done)
    }
}

fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|last| std::path::is_separator(char::from(*last)))
}
