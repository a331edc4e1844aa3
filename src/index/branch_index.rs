//! The index that belongs to a branch: finding it by its record, and making it.

use std::collections::BTreeMap;

use crate::devpi::{self, Creation, IndexConfig, NewIndex, Server, Session};
use crate::index::Error;
use crate::model::index_name::index_candidates;
use crate::model::names::{BranchName, IndexName, RepositoryName, UserName};
use crate::model::record::{BranchRecord, Record};
use crate::model::remote_url::RemoteHash;
use crate::settings::Key;
use crate::system::clock;
use crate::workspace::Workspace;

/// How often a creation is tried when remaining create at the same time.
const MAX_ATTEMPTS: usize = 5;

/// Whose index is looked for, and how it would be called.
#[derive(Debug, Clone)]
pub struct BranchIndexQuery {
    /// The owner of the index.
    pub owner: UserName,
    /// The repository.
    pub repository: RepositoryName,
    /// The branch.
    pub branch: BranchName,
    /// The names that it may have, in this order.
    pub candidates: Vec<IndexName>,
}

/// An index of a branch as it is on the server.
#[derive(Debug, Clone)]
pub struct BranchIndex {
    /// Its name.
    pub name: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Its record.
    pub record: BranchRecord,
}

/// What is on the server for a branch.
#[derive(Debug, Clone)]
pub enum IndexLookup {
    /// Its index.
    Index(Box<BranchIndex>),
    /// Nothing yet; this name is the first that is free. `taken`: names before it that are somebody else's.
    Free {
        /// The name to create.
        name: IndexName,
        /// The names that remaining have.
        taken: Vec<IndexName>,
    },
    /// Every name that it could have is somebody else's.
    AllTaken(Vec<IndexName>),
}

/// Every index of one user, by name, as one request gives them.
pub type IndexMap = BTreeMap<String, IndexConfig>;

/// Whether the index was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexOrigin {
    /// It was.
    Existing,
    /// It was made just now.
    Created,
}

/// What is known about a branch whose index is to be made.
#[derive(Debug, Clone)]
pub struct NewBranch {
    /// Whether it has commits of its own.
    pub own_commits: bool,
    /// The remote that it is on.
    pub remote: Option<RemoteHash>,
}

impl Workspace<'_> {
    /// Whose index it is, and how it would be called.
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

    /// The users whose tox results count, as far as what is checked out says.
    pub fn evidence_users(&self) -> Result<Vec<UserName>, Error> {
        match self.settings.evidence_users()? {
            Some(set) => Ok(set.value),
            None => Ok(vec![self.owner()?]),
        }
    }
}

/// Every index of the owner; none where the owner does not exist.
pub fn indexes_of(server: &Server, owner: &UserName) -> Result<IndexMap, Error> {
    Ok(server.user_indexes(owner)?.unwrap_or_default())
}

/// Looks for the index whose record names this repository and this branch, under the names it would get first.
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
    // A template that has changed since: the record counts, not the name.
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

/// Finds the branch's index, or makes it. Whoever else makes it at the same time makes the same one.
pub fn ensure(
    workspace: &Workspace<'_>,
    session: &Session,
    query: &BranchIndexQuery,
    new_branch: &NewBranch,
) -> Result<(BranchIndex, IndexOrigin), Error> {
    let mut indexes = indexes_of(session, &query.owner)?;
    ensure_among((workspace, session), &mut indexes, query, new_branch)
}

/// The same for somebody who has just asked for all `indexes` of the owner, which are kept up to date: for many branches, the list is
/// asked for once.
pub fn ensure_among(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    query: &BranchIndexQuery,
    new_branch: &NewBranch,
) -> Result<(BranchIndex, IndexOrigin), Error> {
    let mut bases: Option<Vec<IndexName>> = None;
    for _ in 0..MAX_ATTEMPTS {
        let name = match find(indexes, query) {
            IndexLookup::Index(index) => return Ok((*index, IndexOrigin::Existing)),
            IndexLookup::AllTaken(taken) => return Err(Error::IndexNamesTaken { branch: query.branch.clone(), taken }),
            IndexLookup::Free { name, .. } => name,
        };
        let known = match &bases {
            Some(bases) => bases.clone(),
            None => default_bases(workspace, indexes)?,
        };
        match create(workspace, session, query, IndexCreation { name: &name, bases: known, new_branch })? {
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
        acl_toxresult_upload: workspace.evidence_users()?.iter().map(ToString::to_string).collect(),
        title: format!("{}: {}", query.repository, query.branch),
        record: Some(Record::Branch(record.clone())),
    };
    match session.create_index(creation.name, &new) {
        Ok(Creation::Created(config)) => {
            Ok(CreateOutcome::Created(Box::new(BranchIndex { name: creation.name.clone(), config: *config, record })))
        }
        Ok(Creation::Exists) => Ok(CreateOutcome::AlreadyExists),
        Err(devpi::Error::BadRequest { what, message }) => {
            // devpi names the base that it misses. Only bases that nobody configured are left out without a word.
            let missing = creation.bases.iter().find(|base| message.contains(&format!("'{base}'")));
            match missing {
                Some(missing) if !workspace.settings.is_set(Key::Bases) => Ok(CreateOutcome::MissingBase(
                    creation.bases.iter().filter(|base| *base != missing).cloned().collect(),
                )),
                _ => Err(devpi::Error::BadRequest { what, message }.into()),
            }
        }
        Err(other) => Err(other.into()),
    }
}

/// The configured bases; else production, if it is not known to be missing, and `root/pypi`.
fn default_bases(workspace: &Workspace<'_>, indexes: &IndexMap) -> Result<Vec<IndexName>, Error> {
    let owner = workspace.owner()?;
    if let Some(set) = workspace.settings.bases(&owner)? {
        return Ok(set.value);
    }
    let production = workspace.production()?;
    let is_missing = production.user() == &owner && !indexes.contains_key(production.name());
    let mut bases = if is_missing { Vec::new() } else { vec![production] };
    bases.push(IndexName::parse("root/pypi")?);
    Ok(bases)
}

fn record_of_branch(config: &IndexConfig, query: &BranchIndexQuery) -> Option<BranchRecord> {
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
