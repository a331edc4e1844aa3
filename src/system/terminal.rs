//! Whether a person sits at the other end.

use std::io::IsTerminal;

/// Whether a question can be asked: both stdin and stderr are a terminal.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether progress may be drawn.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether stdin is a terminal (a hook that was started by hand).
pub fn stdin_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
