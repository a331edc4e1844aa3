//! What can go wrong with a Python project and its tools.

use std::path::PathBuf;

use pep440_rs::Version;

use crate::model::names::{InvalidName, ProjectName};
use crate::system;

/// A failure of a Python project or of a tool that works on one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder holds nothing that says it is a Python project.
    #[error("{} is not a Python project", folder.display())]
    NoProject {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The project's name is computed when it is built.
    #[error("the name of the project in {} cannot be read without building it", folder.display())]
    NameUnknown {
        /// The project's folder.
        folder: PathBuf,
    },
    /// The name is one that no index accepts.
    #[error("the name of the project in {} is unusable", folder.display())]
    NameRefused {
        /// The project's folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: InvalidName,
    },
    /// The version is computed by code, or stands where nobody would look for it.
    #[error("the version in {} cannot be read: {reason}", file.display())]
    VersionUnknown {
        /// The file that was to name it.
        file: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// A file of the project is not what its name says.
    #[error("{} is not valid: {reason}", file.display())]
    InvalidFile {
        /// Which file.
        file: PathBuf,
        /// The parser's word, one line.
        reason: String,
    },
    /// A setting of the project points out of the repository; such a file is neither read nor written.
    #[error("{} lies outside of the repository", file.display())]
    OutsideProject {
        /// The path as the project wrote it.
        file: PathBuf,
    },
    /// No build front end was found.
    #[error("no builder was found (looked for {})", looked_for.join(", "))]
    NoBuilder {
        /// What was looked for, in this order.
        looked_for: Vec<String>,
    },
    /// The builder ended with an error.
    #[error("{command} ended with {}", status.map_or("a signal".to_owned(), |s| format!("status {s}")))]
    BuildFailed {
        /// The builder's command line.
        command: String,
        /// Its exit status; `None` when a signal ended it.
        status: Option<i32>,
        /// Everything it printed.
        output: String,
    },
    /// The builder was content but left no file of a format that was asked for, or more than one.
    #[error("{command} left {count} files of the format {format} where one was expected")]
    UnexpectedFiles {
        /// The builder's command line.
        command: String,
        /// `wheel` or `sdist`.
        format: &'static str,
        /// How many files there were.
        count: usize,
    },
    /// A built file has another version than the one it was stamped with.
    #[error("{} has version {found:?}, but {expected} was to be built", file.display())]
    WrongVersion {
        /// The built file.
        file: PathBuf,
        /// The stamp.
        expected: Version,
        /// What its metadata or its name says.
        found: String,
    },
    /// A built file belongs to another project.
    #[error("{} is named {found:?}, but {expected} was to be built", file.display())]
    WrongName {
        /// The built file.
        file: PathBuf,
        /// The project.
        expected: ProjectName,
        /// What its metadata says.
        found: String,
    },
    /// A wheel or sdist without readable metadata.
    #[error("cannot read the metadata of {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: python_pkginfo::Error,
    },
    /// tox was not found.
    #[error("tox was not found (looked for {})", looked_for.join(", "))]
    NoTox {
        /// What was looked for, in this order.
        looked_for: Vec<String>,
    },
    /// The interpreter that was asked for is not there.
    #[error("no Python interpreter was found (looked for {})", looked_for.join(", "))]
    NoInterpreter {
        /// What was looked for, in this order.
        looked_for: Vec<String>,
    },
    /// The machine.
    #[error(transparent)]
    System(#[from] system::Error),
}
