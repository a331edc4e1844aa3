//! The plan of a withdrawal.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::devpi::IndexConfig;
use crate::model::available::AvailableVersion;
use crate::model::evidence::{EvidenceRow, Origin};
use crate::model::names::{IndexName, ProjectName, Sha256, UserName};
use crate::model::release::Release;

/// What there is to do.
#[derive(Debug)]
pub enum Plan {
    /// The release is in production.
    Withdraw(Box<Withdrawal>),
    /// It is not, and a log on this machine records its withdrawal.
    AlreadyWithdrawn {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The production index.
        production: IndexName,
        /// The log.
        log: PathBuf,
        /// The version that installers get.
        installed_instead: Option<AvailableVersion>,
    },
}

/// A release to withdraw.
#[derive(Debug)]
pub struct Withdrawal {
    /// The release on the production index.
    pub release: Release,
    /// The commit that it was built from.
    pub origin: Origin,
    /// Its test results.
    pub evidence: Vec<EvidenceRow>,
    /// How it gets back into production.
    pub restore: RestoreSource,
    /// The version that installers will get without a constraint.
    pub installed_instead: Option<AvailableVersion>,
    /// The configuration of the production index.
    pub config: IndexConfig,
    /// Whether production holds no other release of the project.
    pub is_only_release: bool,
    /// The users whose reports count.
    pub trusted: Vec<UserName>,
}

/// How a withdrawn release gets back into production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreSource {
    /// `promote` copies it from this index of a release branch, which holds every file with the same sha256.
    ReleaseIndex {
        /// The release on that index.
        release: Box<Release>,
        /// Whether production holds a higher version of the same base, so that `promote` needs `--older`.
        needs_older: bool,
    },
    /// No index of a release branch holds all files: they are saved before the deletion, and uploaded by hand.
    SavedFiles,
}

/// Names and digests of the files of a release.
pub(super) fn identities(release: &Release) -> BTreeSet<(String, Sha256)> {
    release.files.iter().map(|file| (file.file_name.clone(), file.sha256.clone())).collect()
}
