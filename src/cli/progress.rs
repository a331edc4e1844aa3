//! Progress on stderr: a spinner on a terminal, plain lines elsewhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::ui::{Ui, Verbosity};
use crate::devpi::{self, RetryObserver};
use crate::system::terminal;
use crate::workspace::Progress;

/// Shows progress as a spinner or as lines, depending on the terminal and the verbosity.
pub struct TerminalProgress {
    ui: Ui,
    spinner: Option<Arc<Mutex<ProgressBar>>>,
    /// The step that was written last, and when; for output without a spinner.
    last: Mutex<Option<(String, Instant)>>,
}

/// The interval at which an unchanged step is written again.
///
/// Some CI systems end a job that is silent for ten minutes.
const REPEAT_AFTER: Duration = Duration::from_secs(60);

impl TerminalProgress {
    /// Uses a spinner if stderr is a terminal and the verbosity is normal, else lines.
    pub fn new(ui: Ui) -> Self {
        let animated = ui.verbosity == Verbosity::Normal && terminal::stderr_is_terminal();
        let spinner = animated.then(|| Arc::new(Mutex::new(ProgressBar::hidden())));
        if let Some(spinner) = spinner.clone() {
            devpi::observe_retries(Box::new(RetrySpinner { spinner, before: Mutex::default() }));
        }
        Self { ui, spinner, last: Mutex::default() }
    }

    /// Whether this step was not written within [`REPEAT_AFTER`]; notes it as written.
    fn is_new(&self, what: &str) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = last.as_ref().is_some_and(|(step, since)| step == what && since.elapsed() < REPEAT_AFTER);
        if !is_known {
            *last = Some((what.to_owned(), Instant::now()));
        }
        !is_known
    }

    fn without_spinner(&self, write: impl FnOnce()) {
        match self.spinner.as_ref().map(|bar| bar.lock()) {
            Some(Ok(bar)) => bar.suspend(write),
            _ => write(),
        }
    }

    /// Removes the spinner, before an answer or a prompt.
    pub fn finish(&self) {
        if let Some(Ok(bar)) = self.spinner.as_ref().map(|bar| bar.lock()) {
            bar.finish_and_clear();
        }
    }
}

impl Progress for TerminalProgress {
    fn step(&self, what: &str) {
        let Some(Ok(mut bar)) = self.spinner.as_ref().map(|bar| bar.lock()) else {
            if self.is_new(what) {
                self.ui.note(what);
            }
            return;
        };
        show(&mut bar);
        bar.set_message(what.to_owned());
    }

    fn note(&self, what: &str) {
        self.without_spinner(|| self.ui.note(what));
    }

    fn warn(&self, what: &str) {
        self.without_spinner(|| self.ui.warn(what));
    }

    fn detail(&self, what: &str) {
        self.without_spinner(|| self.ui.detail(what));
    }

    fn output(&self, bytes: &[u8]) {
        if self.ui.verbosity >= Verbosity::Verbose {
            self.without_spinner(|| self.ui.child_output(bytes));
        }
    }

    fn pause(&self) {
        self.finish();
    }
}

/// Starts the spinner if none turns.
fn show(bar: &mut ProgressBar) {
    if bar.is_hidden() || bar.is_finished() {
        *bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
    }
}

/// Shows on the spinner why a request waits, and for how long.
struct RetrySpinner {
    spinner: Arc<Mutex<ProgressBar>>,
    /// The message before the first failure; `None` inside if there was no spinner.
    before: Mutex<Option<Option<String>>>,
}

impl RetryObserver for RetrySpinner {
    fn waiting(&self, error: &devpi::Error, left: Duration) {
        let (Ok(mut bar), Ok(mut before)) = (self.spinner.lock(), self.before.lock()) else { return };
        let is_shown = !bar.is_hidden() && !bar.is_finished();
        before.get_or_insert_with(|| is_shown.then(|| bar.message()));
        show(&mut bar);
        bar.set_message(format!("{error}; retrying, {} s left ", left.as_secs() + 1));
    }

    fn ended(&self) {
        let (Ok(bar), Ok(mut before)) = (self.spinner.lock(), self.before.lock()) else { return };
        match before.take() {
            Some(Some(message)) => bar.set_message(message),
            Some(None) => bar.finish_and_clear(),
            None => {}
        }
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.finish();
    }
}
