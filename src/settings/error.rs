//! What can be wrong with settings. Every variant names the value, where it came from, and what would do.

use std::path::PathBuf;

use super::origin::Origin;
use crate::model::names::InvalidName;

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository's file has a key that no table has.
    #[error("unknown setting {key:?} in {}", path.display())]
    UnknownKey {
        /// The key as it stands there.
        key: String,
        /// The file.
        path: PathBuf,
        /// The nearest key that exists.
        did_you_mean: Option<&'static str>,
    },
    /// The repository's file sets what only the user may set.
    #[error("{key:?} in {} may not be set by a repository", path.display())]
    NotForRepositories {
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The git config key that may.
        git_config: Option<&'static str>,
    },
    /// Settings in two places.
    #[error("settings are both in {} and in [tool.git-devpi] of {}", own.display(), pyproject.display())]
    TwoFiles {
        /// `.git-devpi.toml`
        own: PathBuf,
        /// `pyproject.toml`
        pyproject: PathBuf,
    },
    /// The file is not TOML.
    #[error("{} cannot be read: {reason}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What the parser said, on one line.
        reason: String,
    },
    /// A value of the wrong kind or form.
    #[error("{key} = {value:?} ({origin}) {reason}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// The value as it came.
        value: String,
        /// Where it came from.
        origin: Origin,
        /// What is wrong and what would do.
        reason: String,
    },
    /// A name that devpi or git would not take.
    #[error("{key} ({origin}): {source}")]
    BadName {
        /// The key.
        key: &'static str,
        /// Where it came from.
        origin: Origin,
        /// What is wrong with it.
        source: InvalidName,
    },
    /// Nobody has said it, and there is no default.
    #[error("no {key} is set")]
    Missing {
        /// The key.
        key: &'static str,
    },
}
