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
    /// The server or the owner is not set.
    #[error("a recipe needs the settings of this repository: {} not set", missing.join(" and ") + if missing.len() == 1 { " is" } else { " are" })]
    NotSetUp {
        /// The settings without a value.
        missing: Vec<&'static str>,
    },
    /// The name of an environment is not plain text for tox's command line or for a CI system.
    #[error("the tox environment {name:?} cannot be named in a CI configuration: {reason}")]
    EnvironmentName {
        /// The name.
        name: String,
        /// The reason, as a sentence.
        reason: &'static str,
    },
    /// Neither tox's configuration nor the settings name an environment.
    #[error("no tox environments: tox's configuration has no env_list, and the setting require is empty")]
    NoEnvironments,
}
