//! A clone's cache of its branches' indexes, so that a push of a known branch makes no request.
//!
//! An entry counts only for updates of a branch. A push that creates a branch asks the server: the index of an older branch of
//! the same name may have been deleted. Entries of another server, owner or repository are discarded.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::index::Error;
use crate::index::branch_index::BranchIndex;
use crate::model::names::BranchName;
use crate::system::files::{self, Access};
use crate::workspace::Workspace;

const FILE: &str = "indexes.json";

/// The cached indexes.
#[derive(Debug)]
pub struct IndexCache {
    path: PathBuf,
    content: CacheContent,
    changed: bool,
}

/// A cached index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownIndex {
    /// `USER/NAME`
    pub index: String,
    /// Whether its record says that the branch has commits of its own: then a push has nothing to
    /// add to it.
    pub own_commits: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CacheContent {
    server: String,
    owner: String,
    repository: String,
    branches: BTreeMap<String, KnownIndex>,
}

impl IndexCache {
    /// Reads the cache.
    ///
    /// A malformed file, and one of another server, owner or repository, counts as empty.
    pub fn read(workspace: &Workspace<'_>) -> Result<Self, Error> {
        let path = workspace.repository()?.state_path(FILE);
        let empty = CacheContent {
            server: workspace.server_url()?.value.to_string(),
            owner: workspace.owner()?.to_string(),
            repository: workspace.repository_name()?.value.as_str().to_owned(),
            branches: BTreeMap::new(),
        };
        let stored: Option<CacheContent> =
            files::read_optional(&path).ok().flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let is_ours = |stored: &CacheContent| {
            (&stored.server, &stored.owner, &stored.repository) == (&empty.server, &empty.owner, &empty.repository)
        };
        let content = stored.filter(is_ours).unwrap_or(empty);
        Ok(Self { path, content, changed: false })
    }

    /// Returns the cached index of the branch.
    pub fn get(&self, branch: &BranchName) -> Option<&KnownIndex> {
        self.content.branches.get(branch.as_str())
    }

    /// Adds or updates an index.
    pub fn insert(&mut self, branch: &BranchName, index: &BranchIndex) {
        let known = KnownIndex { index: index.name.to_string(), own_commits: index.record.own_commits };
        if self.get(branch) != Some(&known) {
            self.content.branches.insert(branch.as_str().to_owned(), known);
            self.changed = true;
        }
    }

    /// Removes the index of a branch.
    pub fn forget(&mut self, branch: &BranchName) {
        self.changed |= self.content.branches.remove(branch.as_str()).is_some();
    }

    /// Writes the cache if it changed.
    ///
    /// Concurrent hooks may lose an entry, which costs one request.
    pub fn save(&self) {
        if self.changed {
            let bytes = serde_json::to_vec(&self.content).unwrap_or_default();
            let _ = files::write_atomic(&self.path, &bytes, Access::Shared);
        }
    }
}

/// Removes the index of `branch` and writes the cache. For callers that have deleted the index.
pub fn forget(workspace: &Workspace<'_>, branch: &BranchName) -> Result<(), Error> {
    let mut cache = IndexCache::read(workspace)?;
    cache.forget(branch);
    cache.save();
    Ok(())
}
