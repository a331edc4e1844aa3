//! The request and the result of `ensure`.

use std::path::PathBuf;

use crate::build::destination::Destination;
use crate::index::branch_index::BranchIndex;
use crate::model::names::{CommitId, IndexName, ProjectName, Sha256};
use crate::model::release::Release;
use crate::system::parallel::Slots;

/// The options of `ensure`.
#[derive(Debug, Clone, Default)]
pub struct EnsureRequest {
    /// The folder that receives the package and holds nothing else; `None` for a folder in the
    /// cache.
    pub dest: Option<PathBuf>,
    /// Whether a missing package may be built.
    pub build: BuildPolicy,
    /// Which builds may be published.
    pub upload: UploadPolicy,
    /// The interpreter that installs the package: a path, or a version such as `3.12`.
    pub python: Option<String>,
}

impl EnsureRequest {
    /// Whether a missing release is built and published.
    pub(super) fn may_publish(&self) -> bool {
        self.build == BuildPolicy::Allowed && self.upload != UploadPolicy::Never
    }
}

/// Whether a missing package may be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuildPolicy {
    /// A missing package is built.
    #[default]
    Allowed,
    /// A missing package is an error.
    Forbidden,
}

/// Which builds may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UploadPolicy {
    /// Numbered builds.
    #[default]
    Numbered,
    /// Numbered builds, and local versions without uncommitted changes.
    LocalToo,
    /// No builds.
    Never,
}

/// How a package became available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was found on the server.
    Found,
    /// It was built on this machine and published.
    Built,
    /// It was built on this machine and not published.
    Local,
}

impl Action {
    /// Returns the word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Built => "built",
            Self::Local => "local",
        }
    }
}

/// An available package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// The project.
    pub project: ProjectName,
    /// Its version.
    pub version: String,
    /// The index that holds the release; `None` for a local build.
    pub index: Option<IndexName>,
    /// The file's name.
    pub file: String,
    /// Its sha256.
    pub sha256: Sha256,
    /// The path of the file.
    pub path: PathBuf,
    /// How it became available.
    pub action: Action,
    /// The commit that it was built from.
    pub commit: CommitId,
    /// The constraints file with the versions of the repository's other projects on the index.
    pub constraints: Option<PathBuf>,
}

/// The request for one project.
pub(super) struct PackageRequest<'a> {
    pub request: &'a EnsureRequest,
    /// The destination, which holds nothing but packages.
    pub dest: Option<&'a Destination>,
    /// What has been read about several projects at once; `None` if nothing has.
    pub read: Option<ReadAhead>,
    /// The builds that may run at once; `None` for the only project.
    pub slots: Option<&'a Slots>,
}

/// The branch's index, and the release of one project there.
#[derive(Debug, Clone)]
pub(super) struct ReadAhead {
    pub index: BranchIndex,
    pub release: Option<Release>,
}
