//! Settings for the tests of this room.

use super::{LoadRequest, RepositoryFile, Settings};

/// The settings of a repository whose own file is `file`.
pub(super) fn settings(file: &str) -> Settings {
    let repository_file = RepositoryFile::parse(None, Some(file)).unwrap();
    Settings::load(LoadRequest { repository_file, ..LoadRequest::default() }).unwrap()
}
