//! The parsers of this room that read foreign bytes.

use super::folder_pattern::FolderPattern;
use super::keys::Key;
use super::repository_file::RepositoryFile;
use super::{duration, repository_edit};
use crate::model::fuzz_targets::Target;

/// Each parser with its name.
pub const TARGETS: [Target; 2] = [("settings", settings), ("values", values)];

fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (RepositoryFile::parse(Some(&text), None), RepositoryFile::parse(None, Some(&text)));
    let new = [(Key::Server, vec!["https://devpi.example/".to_owned()]), (Key::Require, vec!["a".to_owned()])];
    for (pyproject, own) in [(Some(&*text), None), (None, Some(&*text))] {
        let Ok(edit) = repository_edit::set_values(pyproject, own, &new) else { continue };
        let (pyproject, own) =
            if pyproject.is_some() { (Some(&*edit.after), None) } else { (None, Some(&*edit.after)) };
        assert!(RepositoryFile::parse(pyproject, own).is_ok() || RepositoryFile::parse(None, Some(&text)).is_err());
        let again = repository_edit::set_values(pyproject, own, &new).map(|edit| edit.after);
        assert_eq!(again.ok(), Some(edit.after), "a second edit changes the file");
    }
}

fn values(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = FolderPattern::parse(&text);
    if let Some(duration) = duration::parse_duration(&text) {
        assert_eq!(duration::parse_duration(&duration::shown(duration)), Some(duration), "{text:?}");
    }
}
