//! `git devpi man`.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::manual;
use crate::ops;
use crate::system::files::{Access, write_atomic};

/// Print or install man pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi man --install ~/.local/share/man")]
pub struct Args {
    /// Install every page below this folder, in man1 and man7.
    #[arg(long, value_name = "DIR")]
    pub install: Option<PathBuf>,
    /// The page: a verb, or `workflow` [default: the page of git-devpi].
    #[arg(value_name = "PAGE")]
    pub page: Option<String>,
}

/// Prints one page in roff, or installs all pages.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let pages = manual::pages((context.definition)());
    if let Some(folder) = &args.install {
        return install(&pages, folder, context);
    }
    let wanted = args.page.as_deref().map_or("git-devpi".to_owned(), |page| format!("git-devpi-{page}"));
    let found = pages.iter().find(|page| page.file_name.rsplit_once('.').is_some_and(|(stem, _)| stem == wanted));
    match found {
        Some(page) => context.ui.answer(&page.text),
        None => return Err(ops::Error::NoSuchPage { page: args.page.clone().unwrap_or_default() }),
    }
    Ok(Exit::Done)
}

fn install(pages: &[manual::Page], folder: &Path, context: &Context<'_>) -> Result<Exit, ops::Error> {
    for page in pages {
        let section = page.file_name.rsplit('.').next().unwrap_or("1");
        let path = folder.join(format!("man{section}")).join(&page.file_name);
        write_atomic(&path, page.text.as_bytes(), Access::Shared)?;
    }
    context.ui.note(&format!("installed {} man pages in {}", pages.len(), folder.display()));
    Ok(Exit::Done)
}
