//! What is said about every error, which hint follows, and the exit code.
//!
//! The matches are exhaustive: a new variant does not compile until somebody has decided all three.

mod build;
mod devpi;
mod diagnostic;
mod git;
mod index;
mod local_server;
mod ops;
mod promotion;
mod python;
mod release;
mod settings;
mod system;

mod version;
mod workspace;

use std::error::Error as _;

use super::exit_code::Exit;
use super::ui::{AnswerForm, Ui, Verbosity};
use crate::model::names::escape_for_terminal;
use crate::ops::Error;
use diagnostic::Diagnostic;

/// Says what went wrong and what mends it; gives the exit code.
pub fn report(ui: &Ui, error: &Error) -> Exit {
    report_of(ui, "", error)
}

/// The same, of one of several things that were to be done.
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

/// What went wrong and the first thing that mends it, in one line: for hooks.
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

/// A bug of ours: says so, and ends the process.
pub fn report_bug(panic: &str) {
    let ui = Ui { verbosity: Verbosity::Normal, form: AnswerForm::Text };
    ui.error(&format!("this is a bug in git-devpi: {}", escape_for_terminal(panic)));
    ui.hint("please report it with the command that you typed; GIT_DEVPI_LOG=debug shows what happened before");
    std::process::exit(Exit::Bug.code().into());
}

/// What mends an error.
pub fn hints(error: &Error) -> Vec<String> {
    diagnose(error).hints
}

/// Exit code and hints for an error.
pub(super) fn diagnose(error: &Error) -> Diagnostic {
    ops::diagnose(error)
}
