//! Why `init` cannot be undone here.

use std::path::PathBuf;

/// `init` changed the files of another work tree of this clone.
#[derive(Debug, thiserror::Error)]
#[error("init changed the files of another work tree of this clone: {}", work_tree.display())]
pub struct InitElsewhere {
    /// The work tree.
    pub work_tree: PathBuf,
}
