//! Errors of `ci-recipe`.

use std::path::PathBuf;

/// The repository does not say which jobs CI has.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// tox's configuration cannot be read completely.
    #[error("the environments of tox are unknown: {} {reason}", file.display())]
    Unreadable {
        /// The configuration.
        file: PathBuf,
        /// The reason, as a sentence without a subject.
        reason: String,
    },
    /// Neither tox's configuration nor the settings name an environment.
    #[error("no tox environments: tox's configuration has no env_list, and the setting require is empty")]
    NoEnvironments,
}
