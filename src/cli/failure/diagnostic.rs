//! The diagnostic of one error: exit code, hints, and the output of a tool.

use crate::cli::exit_code::Exit;

/// Exit code, hints and tool output for one error.
pub(in crate::cli) struct Diagnostic {
    /// The exit code.
    pub exit: Exit,
    /// The name of the error for programs: `not-logged-in`.
    pub code: &'static str,
    /// How to fix the error; each hint contains a command to paste, if one exists.
    pub hints: Vec<String>,
    /// The output of the failed tool, shown before the error.
    pub output: Option<String>,
}

impl Diagnostic {
    pub(super) fn new(exit: Exit, hints: &[&str]) -> Self {
        Self::of_hints(exit, hints.iter().map(|hint| (*hint).to_owned()).collect())
    }

    pub(super) fn hint(exit: Exit, hint: impl Into<String>) -> Self {
        Self::of_hints(exit, vec![hint.into()])
    }

    pub(super) fn of_hints(exit: Exit, hints: Vec<String>) -> Self {
        Self { exit, code: "", hints, output: None }
    }

    /// Adds the name of the error, unless an error of a lower room has added its own.
    pub(super) fn with_code(self, code: &'static str) -> Self {
        if self.code.is_empty() { Self { code, ..self } } else { self }
    }

    pub(super) fn with_output(mut self, output: &str) -> Self {
        self.output = Some(output.to_owned());
        self
    }
}
