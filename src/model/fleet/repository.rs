//! A repository of the owner, with what is known about it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::names::{IndexName, ProjectName};
use super::super::remote_url::RemoteHash;
use super::concern::Concern;

/// A repository of the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetRepository {
    /// Its name in the records. Untrusted: escape it before printing.
    pub name: String,
    /// The remotes that its records name.
    pub remotes: BTreeSet<RemoteHash>,
    /// The indexes of its branches.
    pub branches: Vec<BranchEntry>,
    /// The production indexes that were created for it.
    pub production: Vec<IndexName>,
    /// The number of builds that are running.
    pub builds: usize,
    /// What needs attention, the most severe first.
    pub concerns: Vec<Concern>,
    /// What only the contents of the indexes tell; `None` if they were not read.
    pub details: Option<Details>,
}

/// The index of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchEntry {
    /// The index.
    pub index: IndexName,
    /// The branch, unchanged from the record. Untrusted: escape it before printing.
    pub branch: String,
    /// When the index was created, or when the branch was created again since.
    pub created: Timestamp,
}

/// What the contents of a repository's indexes tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Its projects, by name.
    pub projects: Vec<FleetProject>,
    /// The size of the files on the indexes of its branches, in bytes; `None` where the server does not tell every size.
    pub size: Option<u64>,
    /// The size of those among them that were uploaded in the last seven days.
    pub growth: Option<u64>,
    /// The time of the newest upload of a file or result.
    pub last_used: Option<Timestamp>,
}

/// A project of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetProject {
    /// Its name.
    pub name: ProjectName,
    /// The highest final version on the indexes of branches whose files all passed in every environment that reported.
    pub newest_green: Option<String>,
    /// The production index that was read, if it is known, and the highest final version there.
    pub production: Option<(IndexName, Option<String>)>,
}

impl FleetRepository {
    /// Returns the time at which its newest index was created.
    pub fn newest_index(&self) -> Option<Timestamp> {
        self.branches.iter().map(|entry| entry.created).max()
    }

    /// Adds concerns, and keeps the order.
    pub fn add_concerns(&mut self, more: impl IntoIterator<Item = Concern>) {
        self.concerns.extend(more);
        self.concerns.sort();
    }
}

/// Sorts the repositories: those with the most severe concerns first, then those with the most, then by name.
pub fn sort_by_attention(repositories: &mut [FleetRepository]) {
    repositories.sort_by(|one, other| {
        let key = |repository: &FleetRepository| {
            let rank = repository.concerns.first().map_or(u8::MAX, Concern::rank);
            (rank, Reverse(repository.concerns.len()))
        };
        (key(one), &one.name).cmp(&(key(other), &other.name))
    });
}
