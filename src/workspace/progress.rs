//! Progress: the only output of an operation while it runs.

/// Receives the progress of an operation.
///
/// The result is not reported here; the operation returns it.
pub trait Progress: Sync {
    /// Reports the current step; on a terminal the next step replaces it.
    fn step(&self, what: &str);
    /// Reports a fact that stays visible.
    fn note(&self, what: &str);
    /// Reports a problem.
    fn warn(&self, what: &str);
    /// Reports a detail for `-v`.
    fn detail(&self, what: &str);
    /// Passes on the output of a child process.
    fn output(&self, bytes: &[u8]);
    /// Stops animations, because a child process uses the terminal.
    fn pause(&self) {}
}

/// Discards all progress.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _what: &str) {}
    fn note(&self, _what: &str) {}
    fn warn(&self, _what: &str) {}
    fn detail(&self, _what: &str) {}
    fn output(&self, _bytes: &[u8]) {}
}
