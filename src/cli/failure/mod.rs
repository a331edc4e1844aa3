//! Messages, hints and exit codes of all errors.
//!
//! The matches are exhaustive: a new error variant does not compile until its hints and exit code are decided.

mod build;
mod ci_recipe;
mod devpi;
mod diagnostic;
mod fleet;
mod git;
mod index;
mod index_verb;
mod local_server;
mod login;
mod ops;
mod promotion;
mod python;
mod release;
mod self_publish;
mod settings;
mod status_page;
mod system;
mod version;
mod withdrawal;
mod workspace;

use std::error::Error as _;

use serde_json::{Value, json};

use super::exit_code::Exit;
use super::ui::{self, AnswerForm, Ui, Verbosity};
use crate::model::names::escape_for_terminal;
use crate::ops::Error;
use diagnostic::Diagnostic;

/// Writes an error with its hints; returns the exit code.
///
/// With `--json`, the error is also the answer on stdout, unless the verb has given one before it failed.
pub fn report(ui: &Ui, error: &Error) -> Exit {
    if ui.wants_json() && !ui::has_answered() {
        ui.answer_json(&as_json(error));
    }
    report_of(ui, "", error)
}

/// Returns the answer of a failed verb: `{"schema": 1, "error": {"code", "exit", "message", "hints", "causes"}}`.
///
/// `code` is the name of the error in kebab case, and `exit` the exit code.
fn as_json(error: &Error) -> Value {
    json!({ "schema": 1, "error": error_json(error) })
}

/// Returns an error for an answer that has other parts, too.
pub fn error_json(error: &Error) -> Value {
    let Diagnostic { exit, code, hints, .. } = diagnose(error);
    let (message, causes) = message_and_causes(error);
    json!({ "code": code, "exit": exit.code(), "message": message, "hints": hints, "causes": causes })
}

/// Returns the same for a command line that cannot be parsed.
pub fn usage_as_json(error: &clap::Error) -> Value {
    let message = error.render().to_string();
    let message = message.trim().trim_start_matches("error: ");
    let (code, exit) = ("usage", Exit::Usage.code());
    json!({ "schema": 1, "error": { "code": code, "exit": exit, "message": message, "hints": [], "causes": [] } })
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
    let (message, causes) = message_and_causes(error);
    std::iter::once(message).chain(causes).collect::<Vec<_>>().join(": ")
}

/// The message, and those of the causes that it does not contain.
fn message_and_causes(error: &Error) -> (String, Vec<String>) {
    let message = error.to_string();
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        let text = source.to_string();
        if !message.contains(&text) && !causes.iter().any(|cause| cause.contains(&text)) {
            causes.push(text);
        }
        cause = source.source();
    }
    (message, causes)
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
