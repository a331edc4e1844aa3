//! A clone's cache of its branches' indexes, so that a push of a known branch makes no request.
//!
//! An entry ends with the deletion of its branch: a new branch of the same name may have no index, or one whose record is about the old
//! branch. So an entry holds the tips that the remote may have after this clone's last push, and counts only for an update of one of
//! them. Entries of another server, owner or repository are discarded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::index::Error;
use crate::index::branch_index::BranchIndex;
use crate::model::names::{BranchName, CommitId};
use crate::system::files;
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
    /// The tips of the branch before and after this clone's last push, which may have failed.
    #[serde(default)]
    pub tips: Vec<CommitId>,
    /// Whether the clone had a remote-tracking branch of it. One that is missing later was pruned: the remote's branch was deleted.
    #[serde(default)]
    pub tracked: bool,
}

/// A push of a branch that the remote has.
#[derive(Debug, Clone, Copy)]
pub struct PushedUpdate<'a> {
    /// The tip on the remote before the push.
    pub old: &'a CommitId,
    /// The tip after it.
    pub new: &'a CommitId,
    /// Whether the clone has a remote-tracking branch of it.
    pub tracked: bool,
}

impl KnownIndex {
    /// Whether `update` continues the branch that the entry is about.
    fn is_about(&self, update: &PushedUpdate<'_>) -> bool {
        let is_known = match self.own_commits {
            // Another clone may have set the branch back to the tip before its first own commit, and said so in the record.
            true => self.tips.last() == Some(update.old),
            false => self.tips.contains(update.old),
        };
        !update.old.is_null() && is_known && (update.tracked || !self.tracked)
    }
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

    /// Returns the branches.
    pub fn branches(&self) -> Vec<BranchName> {
        self.content.branches.keys().filter_map(|name| BranchName::parse(name).ok()).collect()
    }

    /// Returns the indexes: `USER/NAME`.
    pub fn indexes(&self) -> BTreeSet<String> {
        self.content.branches.values().map(|known| known.index.clone()).collect()
    }

    /// Adds or updates an index.
    pub fn insert(&mut self, branch: &BranchName, index: &BranchIndex) {
        let (tips, tracked) = self.get(branch).map(|known| (known.tips.clone(), known.tracked)).unwrap_or_default();
        let (index, own_commits) = (index.name.to_string(), index.record.own_commits);
        self.put(branch, KnownIndex { index, own_commits, tips, tracked });
    }

    /// Removes the entry of a branch that was deleted on the remote and created again by another clone, as far as this clone can tell.
    pub fn forget_unless_continued(&mut self, branch: &BranchName, update: &PushedUpdate<'_>) {
        if self.get(branch).is_some_and(|known| !known.is_about(update)) {
            self.forget(branch);
        }
    }

    /// Notes a push of a branch that has an entry.
    pub fn note_push(&mut self, branch: &BranchName, update: &PushedUpdate<'_>) {
        if let Some(known) = self.get(branch).cloned() {
            let tips = vec![update.old.clone(), update.new.clone()];
            self.put(branch, KnownIndex { tips, tracked: update.tracked, ..known });
        }
    }

    fn put(&mut self, branch: &BranchName, known: KnownIndex) {
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
            let _ = files::write_cache(&self.path, &bytes);
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
