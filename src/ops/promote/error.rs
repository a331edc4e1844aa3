//! The errors of a promotion, besides its blockers.

use url::Url;

use crate::model::names::{CommitId, IndexName, ProjectName, escape_for_terminal};

/// A promotion that could not be decided or carried out.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// There is no production index. A promotion never creates it.
    #[error("production index {index} not found")]
    NoProduction {
        /// Its name.
        index: IndexName,
    },
    /// `--from` names an index that belongs to no release branch of this repository.
    #[error("index {index} does not belong to a release branch of this repository")]
    NotAReleaseIndex {
        /// Its name.
        index: IndexName,
    },
    /// The index of `--to URL` has a file of the release with other bytes.
    #[error("{index} already has {file} with other bytes: sha256 {theirs}… there, {ours}… in the release")]
    UploadConflict {
        /// The upload URL.
        index: Url,
        /// The file.
        file: String,
        /// The digest on the index.
        theirs: String,
        /// The digest in the release.
        ours: String,
    },
    /// The index of `--to URL` says that it has the file, and does not list it.
    #[error("{index} rejects {file}: {message}")]
    UploadRejected {
        /// The upload URL.
        index: Url,
        /// The file.
        file: String,
        /// The message of the index.
        message: String,
    },
    /// The remote lacks a commit that was built on a release branch: it may lag behind, and with it the settings that decide.
    #[error("no release branch on {} contains {}, the commit of the newest release: the remote may lag behind", escape_for_terminal(.remote), .commit.short())]
    StaleRemote {
        /// The remote.
        remote: String,
        /// The commit.
        commit: CommitId,
    },
    /// `--to` looks like a URL and is none.
    #[error("{url:?} is not a URL for `--to`: {why}")]
    BadUploadUrl {
        /// As given.
        url: String,
        /// The reason.
        why: String,
    },
    /// The decision names no commit.
    #[error("the commit of version {version} is unknown")]
    CommitUnknown {
        /// The version.
        version: String,
    },
    /// Production holds a part of the release after the push.
    #[error("{index} lacks {} of {project} {version} after the push; it has {}", .missing.join(", "), .present.join(", "))]
    PromotedPartly {
        /// The production index.
        index: IndexName,
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// The files of this version that it has.
        present: Vec<String>,
        /// The files that it lacks.
        missing: Vec<String>,
    },
}
