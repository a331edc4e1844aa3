//! `git devpi completions`.

use clap_complete::Shell;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::ops;

/// The function that git's bash completion calls; it rewrites `git devpi …` to `git-devpi …`.
const GIT_ADAPTER: &str = r#"
_git_devpi() {
    local words_before=("${COMP_WORDS[@]}") cword_before=$COMP_CWORD i
    for ((i = 1; i < ${#COMP_WORDS[@]}; i++)); do
        if [[ ${COMP_WORDS[i]} == devpi ]]; then
            COMP_WORDS=(git-devpi "${COMP_WORDS[@]:i+1}")
            COMP_CWORD=$((COMP_CWORD - i))
            break
        fi
    done
    _git__devpi git-devpi "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    COMP_WORDS=("${words_before[@]}") COMP_CWORD=$cword_before
}
"#;

/// Print the completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi completions bash > ~/.local/share/bash-completion/completions/git-devpi")]
pub struct Args {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the shell's completion script; for bash, the function that git calls follows it.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut (context.definition)().bin_name("git-devpi"), "git-devpi", &mut script);
    context.ui.answer_bytes(&script);
    if args.shell == Shell::Bash {
        context.ui.answer_bytes(GIT_ADAPTER.as_bytes());
    }
    Ok(Exit::Done)
}
