//! What `init` changed in this clone and created on the server, in the order in which it did it: `init --undo` takes it back.
//!
//! The journal is a file in the git folder, which all worktrees share. A change of a file is noted before it is made, so that it can be
//! undone after an interruption, too; everything else after it is made, because only then it is known that `init` made it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::git::{ConfigScope, Repository};
use crate::model::names::UserName;
use crate::ops::Error;
use crate::python::file_edit::FileEdit;
use crate::system::files::{self, Access};
use crate::workspace::Workspace;

const FILE: &str = "init.json";

/// A change by `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Entry {
    /// It wrote or deleted a file.
    File {
        /// The work tree.
        work_tree: PathBuf,
        /// The path in it.
        path: PathBuf,
        /// The text before; `None` if the file did not exist.
        before: Option<String>,
        /// The text after; `None` if it deleted the file.
        after: Option<String>,
    },
    /// It set a key of the clone's git configuration.
    Config {
        /// The key.
        key: String,
        /// The values before.
        before: Vec<String>,
        /// The value.
        after: String,
    },
    /// It installed the hooks.
    Hooks,
    /// It created an index.
    Index {
        /// The server.
        server: String,
        /// The index.
        name: String,
        /// The repository in its record.
        repository: String,
        /// Its branch; `None` for the production index.
        branch: Option<String>,
    },
    /// It created a devpi user.
    User {
        /// The server.
        server: String,
        /// The user.
        name: String,
    },
}

/// The journal of a clone.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Journal {
    pub entries: Vec<Entry>,
}

impl Journal {
    /// Reads the journal; it is empty if `init` changed nothing, or if an unknown version of git-devpi wrote it.
    pub fn read(repository: &Repository) -> Result<Self, Error> {
        let bytes = files::read_optional(&repository.state_path(FILE))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Writes the journal; an empty one has no file.
    pub fn write(&self, repository: &Repository) -> Result<(), Error> {
        let path = repository.state_path(FILE);
        if self.entries.is_empty() {
            return Ok(files::remove_if_exists(&path)?);
        }
        // It holds texts of the work tree, which may be private.
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        Ok(files::write_atomic(&path, &bytes, Access::Private)?)
    }
}

/// Notes a change.
pub fn note(workspace: &Workspace<'_>, entry: Entry) -> Result<(), Error> {
    let repository = workspace.repository()?;
    let mut journal = Journal::read(repository)?;
    journal.entries.push(entry);
    journal.write(repository)
}

/// The note about a new devpi user.
pub fn created_user(server: &Url, name: &UserName) -> Entry {
    Entry::User { server: server.to_string(), name: name.to_string() }
}

/// Notes a change of a file that is about to be made.
pub(super) fn note_edit(workspace: &Workspace<'_>, edit: &FileEdit) -> Result<(), Error> {
    let work_tree = workspace.work_tree()?;
    let path = edit.path.strip_prefix(work_tree).unwrap_or(&edit.path).to_owned();
    let (before, after) = (edit.before.clone(), edit.after.clone());
    note(workspace, Entry::File { work_tree: work_tree.to_owned(), path, before, after })
}

impl Entry {
    /// Whether it can be undone in `work_tree`: it is no change of a file in another one that exists.
    pub(super) fn belongs_to(&self, top: &Path) -> bool {
        match self {
            Self::File { work_tree, .. } => work_tree == top || !work_tree.exists(),
            _ => true,
        }
    }
}

/// The values of a key in the clone's own configuration.
pub(super) fn local_values(repository: &Repository, key: &str) -> Result<Vec<String>, Error> {
    let entries = repository.config(key)?.into_iter();
    let local = entries.filter(|entry| entry.scope == ConfigScope::Local && entry.key == key);
    Ok(local.map(|entry| entry.value).collect())
}
