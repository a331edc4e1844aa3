//! How work shows while it goes on: a spinner on a terminal, plain lines elsewhere.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::ui::{Ui, Verbosity};
use crate::ops::Progress;
use crate::system::terminal;

/// Shows progress on stderr.
pub struct Shown {
    ui: Ui,
    spinner: Option<Mutex<ProgressBar>>,
}

impl Shown {
    /// A spinner where a person looks on, lines where a log is written, nothing when it is to be quiet.
    pub fn new(ui: Ui) -> Self {
        let animated = ui.verbosity == Verbosity::Normal && terminal::stderr_is_terminal();
        Self { ui, spinner: animated.then(|| Mutex::new(ProgressBar::hidden())) }
    }

    fn around(&self, write: impl FnOnce()) {
        match self.spinner.as_ref().map(Mutex::lock) {
            Some(Ok(bar)) => bar.suspend(write),
            _ => write(),
        }
    }

    /// Takes the spinner away, before an answer or a question.
    pub fn finish(&self) {
        if let Some(Ok(bar)) = self.spinner.as_ref().map(Mutex::lock) {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn step(&self, what: &str) {
        let Some(Ok(mut bar)) = self.spinner.as_ref().map(Mutex::lock) else {
            return self.ui.note(what);
        };
        if bar.is_hidden() || bar.is_finished() {
            *bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        bar.set_message(what.to_owned());
    }

    fn note(&self, what: &str) {
        self.around(|| self.ui.note(what));
    }

    fn warn(&self, what: &str) {
        self.around(|| self.ui.warn(what));
    }

    fn detail(&self, what: &str) {
        self.around(|| self.ui.detail(what));
    }

    fn output(&self, bytes: &[u8]) {
        if self.ui.verbosity >= Verbosity::Verbose {
            self.around(|| self.ui.child_output(bytes));
        }
    }

    fn rest(&self) {
        self.finish();
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.finish();
    }
}
