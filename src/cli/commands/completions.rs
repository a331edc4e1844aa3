//! `git devpi completions`.

use clap_complete::Shell;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::views;
use crate::ops;
use crate::ops::completions::{self, ScriptShell};

/// Print or install the completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi completions bash --install")]
pub struct Args {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
    /// Install the script of bash, zsh or fish in the user's folder for completions.
    #[arg(long)]
    pub install: bool,
}

/// Prints or installs the shell's script.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let shell = match args.shell {
        Shell::Bash => Some(ScriptShell::Bash),
        Shell::Zsh => Some(ScriptShell::Zsh),
        Shell::Fish => Some(ScriptShell::Fish),
        _ => None,
    };
    match (shell, args.install) {
        (Some(shell), true) => {
            let file = completions::install(shell, context.environment)?;
            views::completions::show(&context.ui, shell, &file);
        }
        (None, true) => return Err(ops::Error::NoCompletionFolder { shell: args.shell.to_string() }),
        (Some(shell), false) => context.ui.answer(shell.script()),
        (None, false) => {
            let mut script = Vec::new();
            let mut definition = without_hidden_verbs(&(context.definition)());
            clap_complete::generate(args.shell, &mut definition, "git-devpi", &mut script);
            context.ui.answer_bytes(&script);
        }
    }
    Ok(Exit::Done)
}

/// The generators propose hidden verbs too.
fn without_hidden_verbs(definition: &clap::Command) -> clap::Command {
    let verbs = definition.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    let arguments = definition.get_arguments().cloned();
    clap::Command::new("git-devpi").disable_help_subcommand(true).args(arguments).subcommands(verbs)
}
