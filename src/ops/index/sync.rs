//! `index sync`: makes sure that every branch on the remote has an index.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::devpi::Session;
use crate::git::{Containment, LsRemote, Prompts};
use crate::index::bases;
use crate::index::branch_index::{self, IndexLookup, IndexMap, IndexOrigin, NewBranch};
use crate::index::known::IndexCache;
use crate::index::own_commits;
use crate::index::permissions::{self, Rights};
use crate::index::upkeep::{self, Update};
use crate::model::names::{BranchName, IndexName};
use crate::model::remote_url::RemoteHash;
use crate::ops::Error;
use crate::workspace::{self, Workspace};

/// The time limit for the list of branches.
const DEADLINE: Duration = Duration::from_secs(60);

/// What there is to do for a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncState {
    /// It has an index.
    Exists(IndexName),
    /// It has none; the name that it gets.
    Missing(IndexName),
    /// It has none, and every possible name belongs to another branch or repository.
    NamesTaken(Vec<IndexName>),
    /// It matches this pattern of `ignore-branches`.
    Ignored(String),
}

/// A branch on the remote.
#[derive(Debug, Clone)]
pub struct SyncedBranch {
    /// The branch.
    pub name: BranchName,
    /// Its index.
    pub state: SyncState,
    /// Whether it certainly has commits of its own.
    pub own_commits: bool,
}

/// The branches on the remote with their indexes.
#[derive(Debug)]
pub struct SyncPlan {
    /// The branches, by name.
    pub branches: Vec<SyncedBranch>,
    remote: Option<RemoteHash>,
    indexes: IndexMap,
}

impl SyncPlan {
    fn new_branch(&self, branch: &SyncedBranch) -> NewBranch {
        NewBranch { own_commits: branch.own_commits, remote: self.remote.clone() }
    }

    /// Whether a branch lacks an index because its names are taken.
    pub fn has_conflict(&self) -> bool {
        self.branches.iter().any(|branch| matches!(branch.state, SyncState::NamesTaken(_)))
    }
}

/// Lists the branches on the remote and their indexes: one `git ls-remote` and one request. Changes nothing.
pub fn plan_sync(workspace: &Workspace<'_>, prompts: Prompts) -> Result<SyncPlan, Error> {
    let remote = workspace.remote()?.ok_or(workspace::Error::NoRemote)?.value;
    workspace.progress.step("reading the branches of the remote");
    let refs = workspace.repository()?.ls_remote(&remote, LsRemote { deadline: Some(DEADLINE), prompts })?;
    let tips: Vec<_> = refs.branches.into_iter().collect();
    let contained = own_commits::containment(workspace, &remote, &tips)?;
    let indexes = branch_index::indexes_of(workspace.server_for_reading()?, &workspace.owner()?)?;
    let mut branches = Vec::new();
    for (name, _) in tips {
        let state = match workspace.ignoring_pattern(&name)? {
            Some(pattern) => SyncState::Ignored(pattern),
            None => match branch_index::find(&indexes, &workspace.branch_index_query(&name)?) {
                IndexLookup::Index(index) => SyncState::Exists(index.name),
                IndexLookup::Free { name, .. } => SyncState::Missing(name),
                IndexLookup::AllTaken(taken) => SyncState::NamesTaken(taken),
            },
        };
        let own_commits = contained.get(&name) == Some(&Containment::No);
        branches.push(SyncedBranch { name, state, own_commits });
    }
    Ok(SyncPlan { branches, remote: workspace.remote_hash()?, indexes })
}

/// Creates the missing indexes, and updates the records of the others as a push does. Returns the created ones by branch.
///
/// One request for each missing index, eight at a time.
pub fn sync(workspace: &Workspace<'_>, plan: &SyncPlan) -> Result<BTreeMap<BranchName, IndexName>, Error> {
    let mut indexes = plan.indexes.clone();
    let mut cache = IndexCache::read(workspace)?;
    let mut created = BTreeMap::new();
    let mut missing = Vec::new();
    for branch in plan.branches.iter().filter(|branch| matches!(branch.state, SyncState::Missing(_))) {
        missing.push((workspace.branch_index_query(&branch.name)?, plan.new_branch(branch)));
    }
    let session = workspace.session()?;
    let (new, result) = branch_index::create_missing((workspace, session), &mut indexes, &missing);
    let rights = permissions::rights(workspace, indexes.values())?;
    let wanted = |branch: &&SyncedBranch| matches!(branch.state, SyncState::Exists(_) | SyncState::Missing(_));
    let synced = result.map_err(Error::from).and(plan.branches.iter().filter(wanted).try_for_each(|branch| {
        let (index, origin) = sync_one((workspace, session), &mut indexes, (plan, branch, &rights), &mut cache)?;
        if origin == IndexOrigin::Created || new.contains(&index) {
            created.insert(branch.name.clone(), index);
        }
        Ok(())
    }));
    cache.save();
    synced.map(|()| created)
}

fn sync_one(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    (plan, branch, rights): (&SyncPlan, &SyncedBranch, &Rights),
    cache: &mut IndexCache,
) -> Result<(IndexName, IndexOrigin), Error> {
    workspace.progress.step(&format!("index of {}", branch.name));
    let query = workspace.branch_index_query(&branch.name)?;
    let (mut index, origin) =
        branch_index::ensure_among((workspace, session), indexes, &query, &plan.new_branch(branch))?;
    let remote = upkeep::addable_remote(workspace, indexes, plan.remote.clone())?;
    let bases = bases::changed((workspace, session), indexes, (&query.branch, &index.name, &index.config))?;
    let update = Update { own_commits: branch.own_commits, remote, begins: None, rights: rights.clone(), bases };
    upkeep::update(session, &mut index, &update)?;
    cache.insert(&branch.name, &index);
    Ok((index.name, origin))
}
