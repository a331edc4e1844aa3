//! The setting `bases-from`: repositories whose indexes become bases.

use super::error::Error;
use super::keys::Key;
use super::layers::Settings;
use super::origin::Sourced;
use crate::model::names::{InvalidName, RepositoryName, UserName};

/// A repository, and the owner of its indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseSource {
    /// The owner of its indexes; `None` for the owner of this repository's indexes.
    pub user: Option<UserName>,
    /// The repository's name in the records.
    pub repository: RepositoryName,
}

impl BaseSource {
    /// Reads `REPOSITORY` or `USER:REPOSITORY`.
    fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.contains("://") {
            return Err(InvalidName::new(
                "repository",
                text,
                "is a URL: use the repository's name in the records, acme/shiny",
            ));
        }
        match text.split_once(':') {
            Some((user, repository)) => {
                Ok(Self { user: Some(UserName::parse(user)?), repository: RepositoryName::parse(repository)? })
            }
            None => Ok(Self { user: None, repository: RepositoryName::parse(text)? }),
        }
    }
}

impl Settings {
    /// Returns the repositories whose same-named branch's index becomes a base; `None` if not set.
    pub fn bases_from(&self) -> Result<Option<Sourced<Vec<BaseSource>>>, Error> {
        self.names(Key::BasesFrom, BaseSource::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::testing::settings;

    #[test]
    fn an_entry_is_a_repository_with_or_without_the_owner_of_its_indexes() {
        let read = |text: &str| settings(&format!("bases-from = [{text}]")).bases_from();
        assert_eq!(settings("").bases_from().unwrap(), None);
        assert_eq!(read("").unwrap().unwrap().value, []);
        let found = read("\"acme/server\", \"team:acme/lib\"").unwrap().unwrap().value;
        let shown: Vec<_> = found
            .iter()
            .map(|source| (source.user.as_ref().map(UserName::as_str), source.repository.as_str()))
            .collect();
        assert_eq!(shown, [(None, "acme/server"), (Some("team"), "acme/lib")]);
        for bad in ["\"\"", "\"a/b:acme/lib\"", "\"team:\"", "\"https://x/acme/lib\""] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("bases-from"), "{bad}: {error}");
        }
    }
}
