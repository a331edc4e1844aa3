//! Checks for texts and files that contain only a version.

use std::str::FromStr;

use pep440_rs::Version;

use super::source::VersionSource;
use crate::python::error::Error;
use crate::python::source_tree::SourceTree;

/// Whether a literal is a placeholder for a dynamic-versioning tool: `0`, `0.0.0`, `0.0.0.dev0`, `0+unknown`.
pub(super) fn is_placeholder(text: &str) -> bool {
    match Version::from_str(text.trim()) {
        Ok(version) => version.release().iter().all(|part| *part == 0),
        Err(_) => text.trim().is_empty(),
    }
}

/// Whether a text is only a version.
pub(super) fn is_version(text: &str) -> bool {
    Version::from_str(text.trim()).is_ok()
}

/// The file at `path`, if its complete text is a version.
pub(super) fn version_file(tree: SourceTree<'_>, path: &str) -> Result<Option<VersionSource>, Error> {
    let file = tree.text(path)?;
    Ok(file.filter(|file| is_version(file.text())).map(|_| VersionSource::File { path: path.to_owned() }))
}
