//! The only way for an operation to speak while it works.

/// Where an operation says what it is doing. The answer is never said here: it is what the operation returns.
pub trait Progress: Sync {
    /// What is being done now; replaced by the next step where a person looks on.
    fn step(&self, what: &str);
    /// Something that stays to be read.
    fn note(&self, what: &str);
    /// Something that somebody should look at.
    fn warn(&self, what: &str);
    /// Something for `-v`.
    fn detail(&self, what: &str);
    /// A child's output, as it comes.
    fn output(&self, bytes: &[u8]);
    /// A child gets the terminal: whatever moves there has to stop.
    fn pause(&self) {}
}

/// Says nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _what: &str) {}
    fn note(&self, _what: &str) {}
    fn warn(&self, _what: &str) {}
    fn detail(&self, _what: &str) {}
    fn output(&self, _bytes: &[u8]) {}
}
