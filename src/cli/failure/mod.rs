//! Messages, hints and exit codes of all errors.
//!
//! The matches are exhaustive: a new error variant does not compile until its hints and exit code are decided.

mod build;
mod ci_recipe;
mod devpi;
mod diagnostic;
mod git;
mod index;
mod index_verb;
mod local_server;
mod ops;
mod promotion;
mod python;
mod release;
mod self_publish;
mod settings;
mod system;
mod version;
mod withdrawal;
mod workspace;

use std::error::Error as _;

use super::exit_code::Exit;
use super::ui::{AnswerForm, Ui, Verbosity};
use crate::model::names::escape_for_terminal;
use crate::ops::Error;
use diagnostic::Diagnostic;

/// Writes an error with its hints; returns the exit code.
pub fn report(ui: &Ui, error: &Error) -> Exit {
    report_of(ui, "", error)
}

/// Writes the error of one of several subjects, for example of one project; returns the exit code.
pub fn report_of(ui: &Ui, subject: &str, error: &Error) -> Exit {
    let diagnostic = diagnose(error);
    if let Some(output) = diagnostic.output.as_deref().filter(|output| !output.trim().is_empty()) {
        ui.say(output.trim_end());
    }
    let what = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    ui.error(&format!("{what}{}", with_causes(error)));
    for hint in &diagnostic.hints {
        ui.hint(hint);
    }
    diagnostic.exit
}

/// Returns an error and its first hint as one line, for hooks.
pub fn in_one_line(error: &Error) -> String {
    let mut line = with_causes(error);
    if let Some(hint) = diagnose(error).hints.first() {
        line = format!("{line} ({hint})");
    }
    line.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn with_causes(error: &Error) -> String {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(source) = cause {
        let text = source.to_string();
        if !lines.iter().any(|line| line.contains(&text)) {
            lines.push(text);
        }
        cause = source.source();
    }
    lines.join(": ")
}

/// Reports a panic as a bug in git-devpi and exits with 70.
pub fn report_bug(panic: &str) {
    let ui = Ui { verbosity: Verbosity::Normal, form: AnswerForm::Text };
    ui.error(&format!("bug in git-devpi: {}", escape_for_terminal(panic)));
    ui.hint("report it with the command line and its trace: `GIT_DEVPI_LOG=debug git devpi VERB`");
    std::process::exit(Exit::Bug.code().into());
}

/// Returns the hints for an error.
pub fn hints(error: &Error) -> Vec<String> {
    diagnose(error).hints
}

/// Returns the exit code and the hints for an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    ops::diagnose(error)
}
