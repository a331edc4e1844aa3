//! The errors of the verb `index`.

use crate::model::names::{CommitId, IndexName, RepositoryName};

/// An index that is not deleted or not adopted.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The index is the production index, which no verb deletes.
    #[error("index {index} is not deleted: it is the production index")]
    #[strum(serialize = "is-production")]
    Production {
        /// Its name.
        index: IndexName,
    },
    /// The index is protected, and `--force` is missing.
    #[error("index {index} is protected: {why}")]
    #[strum(serialize = "is-protected")]
    Protected {
        /// Its name.
        index: IndexName,
        /// The reason.
        why: String,
    },
    /// The user typed another name than that of the index.
    #[error("{typed:?} is not the name of the index: {index} is not deleted")]
    NameNotConfirmed {
        /// The index.
        index: IndexName,
        /// The answer.
        typed: String,
    },
    /// The remote is not known to be the repository whose indexes are adopted: it lacks its newest built commit.
    #[error("the release branches of {remote} do not contain {}, the newest commit that was built on a release branch of {from}", .commit.short())]
    NotTheSameRepository {
        /// The remote.
        remote: String,
        /// The repository that the records name.
        from: RepositoryName,
        /// The commit.
        commit: CommitId,
    },
}
