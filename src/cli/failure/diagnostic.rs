//! The decision about one error: exit code, hints, and the output of a tool.

use crate::cli::exit_code::Exit;

/// The decision about one error.
pub(in crate::cli) struct Diagnostic {
    /// The exit code.
    pub exit: Exit,
    /// What mends it: each a sentence with a command to paste.
    pub hints: Vec<String>,
    /// What a tool printed, shown before the error.
    pub output: Option<String>,
}

impl Diagnostic {
    pub(super) fn new(exit: Exit, hints: &[&str]) -> Self {
        Self { exit, hints: hints.iter().map(|hint| (*hint).to_owned()).collect(), output: None }
    }

    pub(super) fn hint(exit: Exit, hint: String) -> Self {
        Self { exit, hints: vec![hint], output: None }
    }

    pub(super) fn with_output(mut self, output: &str) -> Self {
        self.output = Some(output.to_owned());
        self
    }
}
