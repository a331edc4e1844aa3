//! Errors of `self publish`.

use std::path::PathBuf;

use crate::model::names::{IndexName, ProjectName, Sha256};

/// A publication of our own wheel failed.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The file belongs to another project.
    #[error("{} is a file of {project}, not of git-devpi", file.display())]
    NotOurs {
        /// The file.
        file: PathBuf,
        /// The project in its name.
        project: ProjectName,
    },
    /// The file's name is not that of a distribution, or does not match its metadata.
    #[error("{} cannot be published: {reason}", file.display())]
    NotADistribution {
        /// The file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The index has a file of this name with other bytes.
    #[error("{index} already contains {file} with other bytes: {stored}, not {given}")]
    #[strum(serialize = "different-bytes")]
    Different {
        /// The index.
        index: IndexName,
        /// The file's name.
        file: String,
        /// The digest of the stored file.
        stored: Sha256,
        /// The digest of the given file.
        given: Sha256,
    },
    /// The server did not store the bytes that were sent.
    #[error("{index} does not list {file} with the sha256 {given} after the upload")]
    NotStored {
        /// The index.
        index: IndexName,
        /// The file's name.
        file: String,
        /// The digest of the given file.
        given: Sha256,
    },
}
