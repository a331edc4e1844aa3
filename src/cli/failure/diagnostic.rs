//! The diagnostic of one error: exit code, hints, and the output of a tool.

use crate::cli::exit_code::Exit;

/// Exit code, hints and tool output for one error.
pub(in crate::cli) struct Diagnostic {
    /// The exit code.
    pub exit: Exit,
    /// How to fix the error; each hint contains a command to paste, if one exists.
    pub hints: Vec<String>,
    /// The output of the failed tool, shown before the error.
    pub output: Option<String>,
}

impl Diagnostic {
    pub(super) fn new(exit: Exit, hints: &[&str]) -> Self {
        Self { exit, hints: hints.iter().map(|hint| (*hint).to_owned()).collect(), output: None }
    }

    pub(super) fn hint(exit: Exit, hint: impl Into<String>) -> Self {
        Self { exit, hints: vec![hint.into()], output: None }
    }

    pub(super) fn with_output(mut self, output: &str) -> Self {
        self.output = Some(output.to_owned());
        self
    }
}
