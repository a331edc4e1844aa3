//! The only writer of stdout and stderr.
//!
//! stdout gets the answer only; messages go to stderr. If the reader of stdout closes the pipe (`| head`), the process exits with 0.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

/// The amount of output on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and hints only.
    Quiet,
    /// Notes and warnings too.
    Normal,
    /// Details and the output of tools too.
    Verbose,
}

/// The format of the answer on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// Text for people.
    Text,
    /// One JSON object.
    Json,
}

/// Writes answers to stdout and messages to stderr.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// The amount of output on stderr.
    pub verbosity: Verbosity,
    /// The format of the answer.
    pub form: AnswerForm,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Whether this process has written to stdout.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Whether an answer, or its beginning, is on stdout.
pub fn has_answered() -> bool {
    ANSWERED.load(Ordering::Relaxed)
}

impl Ui {
    /// Whether the answer is JSON.
    pub fn wants_json(&self) -> bool {
        self.form == AnswerForm::Json
    }

    /// Writes the answer to stdout, with a final newline.
    pub fn answer(&self, text: &str) {
        self.answer_bytes(text.as_bytes());
        if !text.ends_with('\n') {
            self.answer_bytes(b"\n");
        }
    }

    /// Writes bytes to stdout unchanged.
    pub fn answer_bytes(&self, bytes: &[u8]) {
        ANSWERED.store(true, Ordering::Relaxed);
        let mut out = anstream::stdout().lock();
        exit_on_broken_pipe(out.write_all(bytes).and_then(|()| out.flush()));
    }

    /// Writes one JSON object to stdout.
    pub fn answer_json(&self, value: &serde_json::Value) {
        self.answer(&format!("{value:#}"));
    }

    /// Writes a note, unless `--quiet` is given.
    pub fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(text);
        }
    }

    /// Writes a detail, if `--verbose` is given.
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.say(text);
        }
    }

    /// Writes a warning, unless `--quiet` is given.
    pub fn warn(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(&format!("{WARNING}warning:{WARNING:#} {text}"));
        }
    }

    /// Writes an error, always.
    pub fn error(&self, text: &str) {
        self.say(&format!("{ERROR}error:{ERROR:#} {text}"));
    }

    /// Writes a hint: how to fix the error.
    pub fn hint(&self, text: &str) {
        self.say(&format!("{HINT}hint:{HINT:#} {text}"));
    }

    /// Writes the output of a child process unchanged.
    pub fn child_output(&self, bytes: &[u8]) {
        let mut err = anstream::stderr().lock();
        let _ = err.write_all(bytes);
    }

    /// Writes a line to stderr, at every verbosity.
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
