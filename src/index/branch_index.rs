//! The index of a branch: finds it by its record, or creates it.

use std::collections::BTreeMap;

use crate::devpi::{self, Creation, IndexConfig, NewIndex, Server, Session};
use crate::index::Error;
use crate::index::bases::{BasesFrom, default_bases};
use crate::index::permissions::{self, Rights};
use crate::model::index_name::index_candidates;
use crate::model::names::{BranchName, IndexName, RepositoryName, UserName};
use crate::model::record::{BranchRecord, Record};
use crate::model::remote_url::RemoteHash;
use crate::settings::Key;
use crate::system::{clock, parallel};
use crate::workspace::Workspace;

/// The maximum number of indexes that are created in parallel.
const MAX_PARALLEL: usize = 8;
/// The maximum number of creation attempts while other machines create indexes.
const MAX_ATTEMPTS: usize = 5;

/// Describes the index of a branch: its owner, and its possible names.
#[derive(Debug, Clone)]
pub struct BranchIndexQuery {
    /// The owner of the index.
    pub owner: UserName,
    /// The repository.
    pub repository: RepositoryName,
    /// The branch.
    pub branch: BranchName,
    /// The possible names, in order of preference.
    pub candidates: Vec<IndexName>,
}

/// The index of a branch on the server.
#[derive(Debug, Clone)]
pub struct BranchIndex {
    /// Its name.
    pub name: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Its record.
    pub record: BranchRecord,
}

/// The result of the search for a branch's index.
#[derive(Debug, Clone)]
pub enum IndexLookup {
    /// The index exists.
    Index(Box<BranchIndex>),
    /// The index does not exist; `name` is the first free name.
    Free {
        /// The name to create.
        name: IndexName,
        /// The names before it, which belong to others.
        taken: Vec<IndexName>,
    },
    /// Every possible name belongs to another branch or repository.
    AllTaken(Vec<IndexName>),
}

/// All indexes of one user by name, as one request returns them.
pub type IndexMap = BTreeMap<String, IndexConfig>;

/// Whether the index existed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexOrigin {
    /// It existed.
    Existing,
    /// This call created it.
    Created,
}

/// The facts about a branch whose index is created.
#[derive(Debug, Clone)]
pub struct NewBranch {
    /// Whether it has commits of its own.
    pub own_commits: bool,
    /// The remote that it is on.
    pub remote: Option<RemoteHash>,
}

impl Workspace<'_> {
    /// Returns the owner and the possible names of the branch's index.
    pub fn branch_index_query(&self, branch: &BranchName) -> Result<BranchIndexQuery, Error> {
        let owner = self.owner()?;
        let repository = self.repository_name()?.value;
        let template = self.settings.text(Key::IndexName)?.map(|set| set.value).unwrap_or_default();
        let production = self.production()?;
        let mut candidates = Vec::new();
        for name in index_candidates(&template, &repository, branch)? {
            let name = IndexName::new(&owner, &name)?;
            if name != production {
                candidates.push(name);
            }
        }
        Ok(BranchIndexQuery { owner, repository, branch: branch.clone(), candidates })
    }

    /// Returns the users whose tox results count, according to the checked-out settings.
    pub fn evidence_users(&self) -> Result<Vec<UserName>, Error> {
        match self.settings.evidence_users()? {
            Some(set) => Ok(set.value),
            None => Ok(vec![self.owner()?]),
        }
    }
}

/// Returns all indexes of the owner; none if the owner does not exist.
pub fn indexes_of(server: &Server, owner: &UserName) -> Result<IndexMap, Error> {
    Ok(server.user_indexes(owner)?.unwrap_or_default())
}

/// Searches for the index whose record names this repository and this branch; its preferred names
/// first.
pub fn find(indexes: &IndexMap, query: &BranchIndexQuery) -> IndexLookup {
    let mut free = None;
    let mut taken = Vec::new();
    for name in &query.candidates {
        match indexes.get(name.name()) {
            None => free = free.or(Some(name.clone())),
            Some(config) => match record_of_branch(config, query) {
                Some(record) => return existing(name.clone(), config, record),
                None if free.is_none() => taken.push(name.clone()),
                None => {}
            },
        }
    }
    // The template of index names may have changed: the record counts, not the name.
    for (name, config) in indexes {
        if let (Some(record), Ok(name)) = (record_of_branch(config, query), IndexName::new(&query.owner, name)) {
            return existing(name, config, record);
        }
    }
    match free {
        Some(name) => IndexLookup::Free { name, taken },
        None => IndexLookup::AllTaken(taken),
    }
}

/// Returns the branch's index; creates it if it does not exist.
///
/// Concurrent calls return the same index.
pub fn ensure(
    workspace: &Workspace<'_>,
    session: &Session,
    query: &BranchIndexQuery,
    new_branch: &NewBranch,
) -> Result<(BranchIndex, IndexOrigin), Error> {
    let mut indexes = indexes_of(session, &query.owner)?;
    ensure_among((workspace, session), &mut indexes, query, new_branch)
}

/// Does the same with `indexes` that were already listed, and keeps the list up to date.
///
/// So the list is requested once for many branches.
pub fn ensure_among(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    query: &BranchIndexQuery,
    new_branch: &NewBranch,
) -> Result<(BranchIndex, IndexOrigin), Error> {
    let (mut bases, mut rights): (Option<Vec<IndexName>>, Option<Rights>) = (None, None);
    for _ in 0..MAX_ATTEMPTS {
        let name = match find(indexes, query) {
            IndexLookup::Index(index) => return Ok((*index, IndexOrigin::Existing)),
            IndexLookup::AllTaken(taken) => return Err(Error::IndexNamesTaken { branch: query.branch.clone(), taken }),
            IndexLookup::Free { name, .. } => name,
        };
        let known = match &bases {
            Some(bases) => bases.clone(),
            None => new_bases((workspace, session), indexes, (&query.branch, &name))?,
        };
        let rights = match &mut rights {
            Some(rights) => rights,
            none => none.insert(permissions::rights(workspace, indexes.values())?),
        };
        match create(workspace, session, query, IndexCreation { name: &name, bases: known, new_branch, rights })? {
            CreateOutcome::Created(index) => {
                indexes.insert(index.name.name().to_owned(), index.config.clone());
                return Ok((*index, IndexOrigin::Created));
            }
            CreateOutcome::AlreadyExists => *indexes = indexes_of(session, &query.owner)?,
            CreateOutcome::MissingBase(remaining) => bases = Some(remaining),
        }
    }
    Err(Error::IndexNamesTaken { branch: query.branch.clone(), taken: query.candidates.clone() })
}

struct IndexCreation<'a> {
    name: &'a IndexName,
    bases: Vec<IndexName>,
    new_branch: &'a NewBranch,
    rights: &'a Rights,
}

enum CreateOutcome {
    Created(Box<BranchIndex>),
    AlreadyExists,
    MissingBase(Vec<IndexName>),
}

fn create(
    workspace: &Workspace<'_>,
    session: &Session,
    query: &BranchIndexQuery,
    creation: IndexCreation<'_>,
) -> Result<CreateOutcome, Error> {
    let (new, record) = new_index(session, query, &creation);
    match session.create_index(creation.name, &new) {
        Ok(Creation::Created(config)) => {
            Ok(CreateOutcome::Created(Box::new(BranchIndex { name: creation.name.clone(), config: *config, record })))
        }
        Ok(Creation::Exists) => Ok(CreateOutcome::AlreadyExists),
        Err(devpi::Error::NotAllowed { .. }) if session.login_user() != &query.owner => Err(Error::MayNotCreate {
            login: session.login_user().clone(),
            index: creation.name.clone(),
            branch: query.branch.clone(),
        }),
        Err(devpi::Error::BadRequest { what, message }) => {
            // devpi's message names the missing base. A missing configured base is an error; the others are left out.
            let missing = creation.bases.iter().find(|base| message.contains(&format!("'{base}'")));
            let configured = workspace.settings.bases(&query.owner)?.map(|set| set.value).unwrap_or_default();
            match missing {
                Some(missing) if !configured.contains(missing) => Ok(CreateOutcome::MissingBase(
                    creation.bases.iter().filter(|base| *base != missing).cloned().collect(),
                )),
                _ => Err(devpi::Error::BadRequest { what, message }.into()),
            }
        }
        Err(other) => Err(other.into()),
    }
}

/// The configuration and record of the index of a branch.
fn new_index(session: &Session, query: &BranchIndexQuery, creation: &IndexCreation<'_>) -> (NewIndex, BranchRecord) {
    let record = BranchRecord {
        repository: query.repository.as_str().to_owned(),
        branch: query.branch.as_str().to_owned(),
        own_commits: creation.new_branch.own_commits,
        created: session.server_time().unwrap_or_else(clock::now),
        remote: creation.new_branch.remote.clone(),
    };
    let new = NewIndex {
        bases: creation.bases.clone(),
        volatile: false,
        acl_upload: creation.rights.upload.iter().map(ToString::to_string).collect(),
        acl_toxresult_upload: creation.rights.results.iter().map(ToString::to_string).collect(),
        title: title(query.repository.as_str(), query.branch.as_str()),
        record: Some(Record::Branch(record.clone())),
    };
    (new, record)
}

/// Creates the missing indexes of several branches, eight at a time, and adds them to `indexes`; returns the created ones, and the first
/// failure.
///
/// One request for each, after the first one has shown which bases exist. A name that another client has taken since the listing is left out:
/// [`ensure_among`] finds another one.
pub fn create_missing(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    branches: &[(BranchIndexQuery, NewBranch)],
) -> (Vec<IndexName>, Result<(), Error>) {
    let mut created = Vec::new();
    let result = create_all((workspace, session), indexes, branches, &mut created);
    (created, result)
}

fn create_all(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    branches: &[(BranchIndexQuery, NewBranch)],
    created: &mut Vec<IndexName>,
) -> Result<(), Error> {
    let mut missing = branches
        .iter()
        .filter(|(query, _)| matches!(find(indexes, query), IndexLookup::Free { .. }))
        .collect::<Vec<_>>();
    let Some((query, new_branch)) = missing.first() else { return Ok(()) };
    let (first, origin) = ensure_among((workspace, session), indexes, query, new_branch)?;
    let first_name = first.name.clone();
    created.extend((origin == IndexOrigin::Created).then_some(first.name));
    missing.remove(0);
    let rights = permissions::rights(workspace, indexes.values())?;
    let from = BasesFrom::read((workspace, session), indexes)?;
    let wanted = |branch: &BranchName, own: &IndexName| {
        from.as_ref().map(|from| from.wanted(workspace, branch, own)).unwrap_or_default()
    };
    // The first creation has shown which default bases exist.
    let of_first = wanted(&query.branch, &first_name);
    let standard: Vec<IndexName> = first.config.bases.iter().filter(|base| !of_first.contains(base)).cloned().collect();
    let mut planned = Vec::new();
    let mut reserved = indexes.clone();
    for (query, new_branch) in missing {
        let IndexLookup::Free { name, .. } = find(&reserved, query) else { continue };
        let bases = wanted(&query.branch, &name).into_iter().chain(standard.iter().cloned()).collect();
        let creation = IndexCreation { name: &name, bases, new_branch, rights: &rights };
        let (new, record) = new_index(session, query, &creation);
        // Another branch of this push may have the same preferred name.
        let config = IndexConfig { record: Some(Record::Branch(record)), ..first.config.clone() };
        reserved.insert(name.name().to_owned(), config);
        planned.push((name, new));
    }
    if planned.len() > 1 {
        // Where all indexes are one value that the last write replaces, they are created one after the other.
        workspace.storage(session);
    }
    let answers = parallel::map(&planned, MAX_PARALLEL, |(name, new)| session.create_index(name, new));
    let (mut result, mut is_listing_old) = (Ok(()), false);
    for ((name, _), answer) in planned.into_iter().zip(answers) {
        match answer {
            Ok(Creation::Created(config)) => {
                indexes.insert(name.name().to_owned(), *config);
                created.push(name);
            }
            Ok(Creation::Exists) => is_listing_old = true,
            Err(error) => result = result.and(Err(error.into())),
        }
    }
    if let (true, Some((query, _))) = (is_listing_old, branches.first()) {
        *indexes = indexes_of(session, &query.owner)?;
    }
    result
}

/// The bases of the new index `name` of a branch.
fn new_bases(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &IndexMap,
    (branch, name): (&BranchName, &IndexName),
) -> Result<Vec<IndexName>, Error> {
    let from = BasesFrom::read((workspace, session), indexes)?;
    let mut bases = from.map(|from| from.wanted(workspace, branch, name)).unwrap_or_default();
    let more = default_bases(workspace, indexes)?;
    bases.extend(more.into_iter().filter(|base| !bases.contains(base)).collect::<Vec<_>>());
    Ok(bases)
}

/// The title of the index of a branch.
pub fn title(repository: &str, branch: &str) -> String {
    format!("{repository}: {branch}")
}

/// The record of an index, if it is that of the branch.
pub(super) fn record_of_branch(config: &IndexConfig, query: &BranchIndexQuery) -> Option<BranchRecord> {
    match &config.record {
        Some(Record::Branch(record))
            if record.repository == query.repository.as_str() && record.branch == query.branch.as_str() =>
        {
            Some(record.clone())
        }
        _ => None,
    }
}

fn existing(name: IndexName, config: &IndexConfig, record: BranchRecord) -> IndexLookup {
    IndexLookup::Index(Box::new(BranchIndex { name, config: config.clone(), record }))
}
