//! `git devpi complete`: called by the completion scripts of the shells.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate, complete};

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::manual;
use crate::ops;
use crate::system::directories::current_dir;

/// Print the candidates for a word of a command line.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi complete 1 -- git-devpi st")]
pub struct Args {
    /// The position of the word to complete; that of `git-devpi` is 0.
    #[arg(value_name = "POSITION")]
    pub position: usize,
    /// All words of the command line.
    #[arg(last = true, value_name = "WORD")]
    pub words: Vec<OsString>,
}

/// Prints one candidate per line: its value, a tab, and the first line of its help, which may be empty.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let mut definition = with_pages((context.definition)());
    let mut words = args.words.clone();
    // Shells may leave out an empty last word.
    words.resize_with(words.len().max(args.position + 1), OsString::new);
    let folder = current_dir()?;
    let candidates = complete(&mut definition, words, args.position, Some(&folder)).unwrap_or_default();
    let mut lines = String::new();
    for candidate in candidates {
        let value = candidate.get_value().to_string_lossy();
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        // A line end in a file name would become two candidates.
        if !value.contains(['\n', '\t']) {
            let _ = writeln!(lines, "{value}\t{}", help.lines().next().unwrap_or_default());
        }
    }
    context.ui.answer_bytes(lines.as_bytes());
    Ok(Exit::Done)
}

/// Adds the names of the pages to the argument of `man`.
fn with_pages(mut definition: clap::Command) -> clap::Command {
    definition.build();
    let names = manual::page_names(&definition);
    let pages = ArgValueCandidates::new(move || names.iter().map(CompletionCandidate::new).collect());
    definition.mut_subcommand("man", |verb| verb.mut_arg("page", |page| page.add(pages)))
}
