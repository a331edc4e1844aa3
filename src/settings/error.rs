//! Errors of settings. Every variant has the key or file; the invalid value comes with its origin.

use std::path::PathBuf;

use super::origin::Origin;
use crate::model::names::InvalidName;

/// An invalid setting or settings file.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The repository's file has an unknown key.
    #[error("unknown setting {key:?} in {}", path.display())]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The file.
        path: PathBuf,
        /// The most similar known key.
        did_you_mean: Option<&'static str>,
    },
    /// The repository's file sets a key that only the user may set.
    #[error("{key:?} in {} may not be set by a repository", path.display())]
    NotForRepositories {
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The git config key that can set it.
        git_config: Option<&'static str>,
    },
    /// Both files contain settings.
    #[error("settings are both in {} and in [tool.git-devpi] of {}", own.display(), pyproject.display())]
    TwoFiles {
        /// `.git-devpi.toml`
        own: PathBuf,
        /// `pyproject.toml`
        pyproject: PathBuf,
    },
    /// The file is not valid TOML, or a value has the wrong type.
    #[error("{} cannot be read: {reason}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// The reason, on one line.
        reason: String,
    },
    /// A value that the setting does not accept.
    #[error("{key} = {value:?} ({origin}) {reason}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// The value as written.
        value: String,
        /// The origin of the value.
        origin: Origin,
        /// The reason, and what is valid.
        reason: String,
    },
    /// A name that devpi or git does not accept.
    #[error("{key} ({origin}): {source}")]
    BadName {
        /// The key.
        key: &'static str,
        /// The origin of the value.
        origin: Origin,
        /// The reason.
        source: InvalidName,
    },
    /// The setting is not set and has no default.
    #[error("no {key} is set")]
    #[strum(serialize = "missing-setting")]
    Missing {
        /// The key.
        key: &'static str,
    },
}
