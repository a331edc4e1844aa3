//! The values of settings that have a fixed set of them.

/// A file format of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A wheel.
    Wheel,
    /// A source distribution.
    Sdist,
}

/// The builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// `uv build` if uv is on PATH, else `python -m build`, else `pip wheel`.
    Auto,
    /// `uv build`.
    Uv,
    /// `python -m build`.
    Build,
    /// `pip wheel`.
    Pip,
}

/// Which wheels of Linux are repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Those with a tag `linux_*`, if auditwheel is on PATH.
    Auto,
    /// Those with a tag `linux_*`.
    Auditwheel,
    /// None.
    None,
}

/// What a pre-push hook does on failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// Prints a warning and allows the push.
    Warn,
    /// Blocks the push.
    Block,
}

/// The maximum number of indexes that one cleanup deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PruneLimit {
    /// The default: 20, and half of the indexes if that is more than 5.
    Usual,
    /// A fixed number.
    Count(usize),
}
