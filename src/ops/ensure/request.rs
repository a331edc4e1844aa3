//! What `ensure` is asked for, and what it answers for one project.

use std::path::PathBuf;

use crate::build::destination::Destination;
use crate::model::names::{CommitId, IndexName, ProjectName, Sha256};

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct EnsureRequest {
    /// The folder that holds exactly the package afterwards; `None`: a folder in the cache.
    pub dest: Option<PathBuf>,
    /// Whether it may be built.
    pub build: BuildPolicy,
    /// Whether it may be published.
    pub upload: UploadPolicy,
    /// The interpreter that will install it: a path, or `3.12`.
    pub python: Option<String>,
}

/// Whether a missing package may be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuildPolicy {
    /// It may.
    #[default]
    Allowed,
    /// It may not: not there is an answer.
    Forbidden,
}

/// Whether a package that was built may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UploadPolicy {
    /// Numbered builds.
    #[default]
    Numbered,
    /// Local versions without changes, too.
    LocalToo,
    /// Nothing.
    Never,
}

/// What was done for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was on the server.
    Found,
    /// It was built here, and published.
    Built,
    /// It was built here, and is nowhere else.
    Local,
}

impl Action {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Built => "built",
            Self::Local => "local",
        }
    }
}

/// A package that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// The project.
    pub project: ProjectName,
    /// Its version.
    pub version: String,
    /// The index that holds it; `None` when none does.
    pub index: Option<IndexName>,
    /// The file's name.
    pub file: String,
    /// Its sha256.
    pub sha256: Sha256,
    /// Where it is now.
    pub path: PathBuf,
    /// What was done.
    pub action: Action,
    /// The commit it was built from.
    pub commit: CommitId,
}

/// What is wanted of one project.
pub(super) struct PackageRequest<'a> {
    pub request: &'a EnsureRequest,
    /// Where it is to be left, which is no folder of somebody's work.
    pub dest: Option<&'a Destination>,
}
