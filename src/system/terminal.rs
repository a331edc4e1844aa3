//! Checks which standard streams are terminals.

use std::io::IsTerminal;

/// Whether prompts are possible: stdin and stderr are terminals.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether stderr is a terminal, so that progress can be drawn.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether stdin is a terminal, as in a hook that a user starts.
pub fn stdin_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
