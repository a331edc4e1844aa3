//! The only writer of stdout and stderr.
//!
//! stdout carries the answer and nothing else; everything for a person goes to stderr. A reader that goes away (`| head`) is a quiet
//! success.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What a person wants to know.
    Normal,
    /// Every step.
    Verbose,
}

/// Whether the answer is for a person or for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// Text.
    Text,
    /// One JSON object.
    Json,
}

/// The way out to the person and to the caller.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// How much is said.
    pub verbosity: Verbosity,
    /// What the answer looks like.
    pub form: AnswerForm,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Ui {
    /// Whether the answer is wanted as JSON.
    pub fn wants_json(&self) -> bool {
        self.form == AnswerForm::Json
    }

    /// Writes the answer, with a line end, to stdout.
    pub fn answer(&self, text: &str) {
        self.answer_bytes(text.as_bytes());
        if !text.ends_with('\n') {
            self.answer_bytes(b"\n");
        }
    }

    /// Writes bytes to stdout as they are.
    pub fn answer_bytes(&self, bytes: &[u8]) {
        let mut out = anstream::stdout().lock();
        exit_on_broken_pipe(out.write_all(bytes).and_then(|()| out.flush()));
    }

    /// Writes one JSON object to stdout.
    pub fn answer_json(&self, value: &serde_json::Value) {
        self.answer(&format!("{value:#}"));
    }

    /// Says what is going on.
    pub fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(text);
        }
    }

    /// Says what only somebody who looks closely wants to know.
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.say(text);
        }
    }

    /// Warns.
    pub fn warn(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(&format!("{WARNING}warning:{WARNING:#} {text}"));
        }
    }

    /// Says what went wrong.
    pub fn error(&self, text: &str) {
        self.say(&format!("{ERROR}error:{ERROR:#} {text}"));
    }

    /// Says what would mend it.
    pub fn hint(&self, text: &str) {
        self.say(&format!("{HINT}hint:{HINT:#} {text}"));
    }

    /// Passes a child's output on, as it comes.
    pub fn child_output(&self, bytes: &[u8]) {
        let mut err = anstream::stderr().lock();
        let _ = err.write_all(bytes);
    }

    /// Writes a line to stderr whatever the verbosity.
    pub fn say(&self, line: &str) {
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{line}");
    }
}

fn exit_on_broken_pipe(result: io::Result<()>) {
    if let Err(e) = result
        && e.kind() == io::ErrorKind::BrokenPipe
    {
        std::process::exit(0);
    }
}
