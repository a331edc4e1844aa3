//! The errors of reading, building and testing a Python project.

use std::path::PathBuf;

use pep440_rs::Version;

use crate::model::names::{InvalidName, ProjectName};
use crate::system;

/// An error in a Python project or of a tool that works on it.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The folder has no file that describes a Python project.
    #[error("{} is not a Python project", folder.display())]
    NoProject {
        /// The folder.
        folder: PathBuf,
    },
    /// Only a build can compute the project's name.
    #[error("cannot read the name of the project in {} without building it", folder.display())]
    NameUnknown {
        /// The project's folder.
        folder: PathBuf,
    },
    /// The name is not valid (PEP 508).
    #[error("the name of the project in {} is invalid", folder.display())]
    NameRefused {
        /// The project's folder.
        folder: PathBuf,
        /// The reason.
        source: InvalidName,
    },
    /// Code computes the version, or the project has no version.
    #[error("the version in {} cannot be read: {reason}", file.display())]
    VersionUnknown {
        /// The file that should contain the version.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A file that the project needs exists in the work tree only.
    #[error("git does not track {}", file.display())]
    Untracked {
        /// The file.
        file: PathBuf,
    },
    /// The project's patterns take no tag that has this version.
    #[error("the tag patterns of {tool} in {} take no tag of version {version}", file.display())]
    NoTagForVersion {
        /// The file that configures the tool.
        file: PathBuf,
        /// The tool that reads the tag.
        tool: &'static str,
        /// The version.
        version: Version,
    },
    /// A file of the project is not valid in its format.
    #[error("{} is not valid: {reason}", file.display())]
    InvalidFile {
        /// The file.
        file: PathBuf,
        /// The parser's message, in one line.
        reason: String,
    },
    /// A setting of the project names a file outside the repository, which is neither read nor written.
    #[error("{} is outside the repository", file.display())]
    OutsideProject {
        /// The path, as the project's setting has it.
        file: PathBuf,
    },
    /// A file does not have the text any more for which a change was planned.
    #[error("{} has changed since the change was shown", file.display())]
    ChangedMeanwhile {
        /// The file.
        file: PathBuf,
    },
    /// No build frontend is installed.
    #[error("no builder was found (looked for {})", looked_for.join(", "))]
    NoBuilder {
        /// The candidates, in the order of the search.
        looked_for: Vec<String>,
    },
    /// The builder failed.
    #[error("{command} ended with {}", status.map_or("a signal".to_owned(), |s| format!("status {s}")))]
    BuildFailed {
        /// The builder: `uv build`.
        builder: &'static str,
        /// The builder's command line.
        command: String,
        /// Its exit status; `None` after a signal.
        status: Option<i32>,
        /// Its complete output.
        output: String,
    },
    /// The builder succeeded but produced no file of a requested format, or more than one.
    #[error("{command} produced {count} files of the format {format}, expected one")]
    UnexpectedFiles {
        /// The builder's command line.
        command: String,
        /// `wheel` or `sdist`.
        format: &'static str,
        /// The number of files.
        count: usize,
    },
    /// A built file has another version than the stamped one.
    #[error("{} has version {found:?}, expected {expected}, which the stamp wrote into {place}", file.display())]
    WrongVersion {
        /// The version source.
        place: String,
        /// The built file.
        file: PathBuf,
        /// The stamped version.
        expected: Version,
        /// The version in its metadata or file name.
        found: String,
    },
    /// A built file belongs to another project.
    #[error("{} is named {found:?}, expected {expected}", file.display())]
    WrongName {
        /// The built file.
        file: PathBuf,
        /// The project's name.
        expected: ProjectName,
        /// The name in its metadata.
        found: String,
    },
    /// A built file requires a dependency from a folder of the build.
    #[error("{} requires {dependency} from {reference}, which exists in this build only", file.file_name().unwrap_or_default().display())]
    LocalReference {
        /// The built file.
        file: PathBuf,
        /// The name of the dependency.
        dependency: String,
        /// The reference in the metadata.
        reference: String,
    },
    /// The metadata of a wheel or sdist cannot be read.
    #[error("cannot read the metadata of {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The reason.
        source: python_pkginfo::Error,
    },
    /// No interpreter on PATH has pip.
    #[error("no Python interpreter with pip was found")]
    NoPip,
    /// pip did not download the requested file.
    #[error("{command} ended with {}", status.map_or("a signal".to_owned(), |s| format!("status {s}")))]
    DownloadFailed {
        /// pip's command line.
        command: String,
        /// Its exit status; `None` after a signal.
        status: Option<i32>,
        /// Its messages.
        output: String,
    },
    /// A wheel has to be repaired, and auditwheel is not installed.
    #[error("{} has a tag linux_*, which the setting repair has auditwheel change, but auditwheel was not found", file.file_name().unwrap_or_default().display())]
    NoAuditwheel {
        /// The wheel.
        file: PathBuf,
    },
    /// auditwheel failed.
    #[error("auditwheel repair {} ended with {}", file.file_name().unwrap_or_default().display(), status.map_or("a signal".to_owned(), |s| format!("status {s}")))]
    RepairFailed {
        /// The wheel.
        file: PathBuf,
        /// Its exit status; `None` after a signal.
        status: Option<i32>,
        /// Its complete output.
        output: String,
    },
    /// tox is not installed.
    #[error("tox was not found (looked for {})", looked_for.join(", "))]
    NoTox {
        /// The candidates, in the order of the search.
        looked_for: Vec<String>,
    },
    /// The requested interpreter is not installed.
    #[error("no Python interpreter was found (looked for {})", looked_for.join(", "))]
    NoInterpreter {
        /// The candidates, in the order of the search.
        looked_for: Vec<String>,
    },
    /// An error of a local file or process.
    #[error(transparent)]
    System(#[from] system::Error),
}
