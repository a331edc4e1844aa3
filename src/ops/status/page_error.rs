//! Why the page of `status --all --html` cannot be written where it is asked for.

use std::path::PathBuf;

/// The target of the page is unusable.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum PageError {
    /// It is something else than a file.
    #[error("cannot write {}: it is {found}", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is: `a folder`.
        found: &'static str,
    },
    /// It is stdout, which gets the JSON answer.
    #[error("stdout can have the page or the JSON answer, not both")]
    TwoAnswers,
}
