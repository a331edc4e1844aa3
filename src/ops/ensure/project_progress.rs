//! The progress of one project among several that are worked on at once.

use std::sync::{Mutex, PoisonError};

use crate::model::names::ProjectName;
use crate::workspace::Progress;

/// Puts the project's name before each line, and passes the output of its tools on in one piece at the end.
pub(super) struct ProjectProgress<'a> {
    inner: &'a dyn Progress,
    project: &'a ProjectName,
    output: Mutex<Vec<u8>>,
}

impl<'a> ProjectProgress<'a> {
    /// The progress of `project`.
    pub fn new(inner: &'a dyn Progress, project: &'a ProjectName) -> Self {
        Self { inner, project, output: Mutex::default() }
    }

    fn named(&self, what: &str) -> String {
        format!("{}: {what}", self.project)
    }
}

impl Progress for ProjectProgress<'_> {
    fn step(&self, what: &str) {
        self.inner.step(&self.named(what));
    }

    fn note(&self, what: &str) {
        self.inner.note(&self.named(what));
    }

    fn warn(&self, what: &str) {
        self.inner.warn(&self.named(what));
    }

    fn detail(&self, what: &str) {
        self.inner.detail(&self.named(what));
    }

    fn output(&self, bytes: &[u8]) {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    fn pause(&self) {
        self.inner.pause();
    }
}

impl Drop for ProjectProgress<'_> {
    fn drop(&mut self) {
        let output = self.output.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !output.is_empty() {
            self.inner.output(output);
        }
    }
}
