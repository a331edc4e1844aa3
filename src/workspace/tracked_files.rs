//! Tells the Python room which files git tracks.

use std::path::Path;

use crate::git;
use crate::python::source_tree::{Tracked, TrackedFiles};
use crate::system;

/// The tracked files of the work tree.
pub(super) struct WorkTreeFiles<'a>(pub git::TrackedFiles<'a>);

impl TrackedFiles for WorkTreeFiles<'_> {
    fn get(&self, path: &Path) -> Result<Tracked, system::Error> {
        let failed = |error| system::Error::File {
            action: "read",
            path: path.to_owned(),
            source: std::io::Error::other::<git::Error>(error),
        };
        Ok(match self.0.get(path).map_err(failed)? {
            git::TrackedFile::None => Tracked::None,
            git::TrackedFile::InWorkTree => Tracked::InWorkTree,
            git::TrackedFile::InIndex(content) => Tracked::Content(content),
        })
    }
}
