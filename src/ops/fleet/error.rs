//! Errors of `fleet`.

use crate::model::names::{RepositoryName, UserName};

/// A remote of a fleet cannot be pruned.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The file with the remotes of a fleet does not exist.
    #[error("{} not found: the file with the remotes, one a line", path.display())]
    NoRemotesFile {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The user's own settings name one repository, and several remotes are asked.
    #[error("repository = {repository} ({origin}) would make every remote decide about {repository}")]
    RepositoryForAll {
        /// The repository.
        repository: RepositoryName,
        /// The origin of the setting.
        origin: String,
    },
    /// The settings of a remote name another owner than the one that was asked for.
    #[error("its settings name the owner {owner}, not {asked}")]
    OtherOwner {
        /// The owner of its indexes.
        owner: UserName,
        /// The owner that was asked for.
        asked: UserName,
    },
}
