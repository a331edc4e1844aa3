//! Creates the missing indexes of pushed branches, and updates the records of the others.

use crate::devpi::{self, Session};
use crate::index::branch_index::{self, BranchIndexQuery, IndexLookup, IndexMap, IndexOrigin};
use crate::index::known::IndexCache;
use crate::index::permissions::{self, Rights};
use crate::index::upkeep::Update;
use crate::index::{self, bases, upkeep};
use crate::model::names::{BranchName, IndexName};
use crate::ops::Error;
use crate::ops::pre_push::pushed::{Life, PushedBranch};
use crate::system::clock;
use crate::workspace::reported::ReportList;
use crate::workspace::{self, Workspace};

/// A created index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedIndex {
    /// The branch.
    pub branch: BranchName,
    /// Its index.
    pub index: IndexName,
}

/// Creates the indexes.
pub(super) fn create(
    (workspace, session): (&Workspace<'_>, &Session),
    unknown: &[PushedBranch],
    cache: &mut IndexCache,
) -> Result<Vec<CreatedIndex>, Error> {
    let mut created = Vec::new();
    create_all((workspace, session), unknown, cache, &mut created)?;
    let has_index = |name: &str| unknown.iter().any(|pushed| pushed.branch.as_str() == name);
    ReportList::SkippedBranches.forget(workspace.repository()?, has_index)?;
    Ok(created)
}

/// One request for all indexes of the owner, and one for each missing index, eight at a time.
///
/// A branch without a free index name does not stop the others.
fn create_all(
    (workspace, session): (&Workspace<'_>, &Session),
    unknown: &[PushedBranch],
    cache: &mut IndexCache,
    created: &mut Vec<CreatedIndex>,
) -> Result<(), Error> {
    let mut indexes = branch_index::indexes_of(session, &workspace.owner()?)?;
    let mut queries = Vec::new();
    for pushed in unknown {
        queries.push((workspace.branch_index_query(&pushed.branch)?, pushed.new_branch()));
    }
    let (new, result) = branch_index::create_missing((workspace, session), &mut indexes, &queries);
    for (pushed, (query, _)) in unknown.iter().zip(&queries) {
        if let IndexLookup::Index(index) = branch_index::find(&indexes, query)
            && new.contains(&index.name)
        {
            cache.insert(&pushed.branch, &index);
            created.push(CreatedIndex { branch: pushed.branch.clone(), index: index.name });
        }
    }
    result?;
    let rights = permissions::rights(workspace, indexes.values())?;
    let mut name_conflict = Ok(());
    for (pushed, (query, _)) in unknown.iter().zip(&queries) {
        if created.iter().any(|created| created.branch == pushed.branch) {
            continue;
        }
        match update_one((workspace, session), &mut indexes, (pushed, query, &rights), cache) {
            Ok(new) => created.extend(new),
            Err(error @ Error::Index(index::Error::IndexNamesTaken { .. })) => {
                name_conflict = name_conflict.and(Err(error))
            }
            Err(error) => return Err(error),
        }
    }
    name_conflict
}

/// Updates the record of an index that existed; creates it if it is gone since it was listed, or if its name was taken.
fn update_one(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    (pushed, query, rights): (&PushedBranch, &BranchIndexQuery, &Rights),
    cache: &mut IndexCache,
) -> Result<Option<CreatedIndex>, Error> {
    let new_branch = pushed.new_branch();
    let (mut index, mut origin) = branch_index::ensure_among((workspace, session), indexes, query, &new_branch)?;
    let remote = upkeep::addable_remote(workspace, indexes, pushed.remote.clone())?;
    let is_older = origin == IndexOrigin::Existing && pushed.life == Life::Begins;
    let begins = is_older.then(|| session.server_time().unwrap_or_else(clock::now));
    let rights = rights.clone();
    let bases = bases::changed((workspace, session), indexes, (&query.branch, &index.name, &index.config))?;
    let update = Update { own_commits: pushed.own_commits, remote, begins, rights, bases };
    match upkeep::update(session, &mut index, &update) {
        // The index was being deleted, and is gone since it was listed.
        Err(index::Error::Workspace(workspace::Error::Devpi(devpi::Error::NotFound { .. }))) => {
            *indexes = branch_index::indexes_of(session, &query.owner)?;
            (index, origin) = branch_index::ensure_among((workspace, session), indexes, query, &new_branch)?;
        }
        other => other?,
    }
    cache.insert(&pushed.branch, &index);
    Ok((origin == IndexOrigin::Created).then_some(CreatedIndex { branch: pushed.branch.clone(), index: index.name }))
}
