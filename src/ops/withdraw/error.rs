//! The errors of a withdrawal.

use crate::model::names::{IndexName, ProjectName};

/// A release that was not withdrawn.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The version is missing on the command line.
    #[error("no version is given: a release is withdrawn by its version only")]
    NoVersion,
    /// The production index does not exist.
    #[error("production index {index} not found")]
    NoProduction {
        /// Its name.
        index: IndexName,
    },
    /// Production does not hold the release, and this machine has no log of its withdrawal.
    #[error("{project} {version} not found on {index}")]
    NotInProduction {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The production index.
        index: IndexName,
    },
    /// The files of the release changed after they were recorded.
    #[error("the files of {project} {version} on {index} changed meanwhile")]
    #[strum(serialize = "production-changed")]
    Changed {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The production index.
        index: IndexName,
    },
    /// The release is in production again right after its deletion.
    #[error("{project} {version} was deleted from {index}, and promoted again at once")]
    PromotedAgain {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The production index.
        index: IndexName,
    },
}
