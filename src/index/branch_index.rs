//! The index that belongs to a branch: finding it by its record, and making it.

use std::collections::BTreeMap;

use crate::devpi::{self, Creation, IndexConfig, NewIndex, Server, Session};
use crate::index::Error;
use crate::model::index_name::index_candidates;
use crate::model::names::{BranchName, IndexName, RepositoryName, UserName};
use crate::model::record::{BranchRecord, Record};
use crate::settings::Key;
use crate::system::clock;
use crate::workspace::Workspace;

/// How often a creation is tried when others create at the same time.
const ATTEMPTS: usize = 5;

/// Whose index is looked for, and how it would be called.
#[derive(Debug, Clone)]
pub struct Wanted {
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
pub enum Found {
    /// Its index.
    Index(Box<BranchIndex>),
    /// Nothing yet; this name is the first that is free. `taken`: names before it that are somebody else's.
    Free {
        /// The name to create.
        name: IndexName,
        /// The names that others have.
        taken: Vec<IndexName>,
    },
    /// Every name that it could have is somebody else's.
    AllTaken(Vec<IndexName>),
}

/// Every index of one user, by name, as one request gives them.
pub type IndexMap = BTreeMap<String, IndexConfig>;

/// Whether the index was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was.
    WasThere,
    /// It was made just now.
    MadeNow,
}

/// What is known about a branch whose index is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewBranch {
    /// Whether it has commits of its own.
    pub own_commits: bool,
}

impl Workspace<'_> {
    /// Whose index it is, and how it would be called.
    pub fn wanted_index(&self, branch: &BranchName) -> Result<Wanted, Error> {
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
        Ok(Wanted { owner, repository, branch: branch.clone(), candidates })
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
pub fn find(indexes: &IndexMap, wanted: &Wanted) -> Found {
    let mut free = None;
    let mut taken = Vec::new();
    for name in &wanted.candidates {
        match indexes.get(name.name()) {
            None => free = free.or(Some(name.clone())),
            Some(config) => match belonging(config, wanted) {
                Some(record) => return found(name.clone(), config, record),
                None if free.is_none() => taken.push(name.clone()),
                None => {}
            },
        }
    }
    // A template that has changed since: the record counts, not the name.
    for (name, config) in indexes {
        if let (Some(record), Ok(name)) = (belonging(config, wanted), IndexName::new(&wanted.owner, name)) {
            return found(name, config, record);
        }
    }
    match free {
        Some(name) => Found::Free { name, taken },
        None => Found::AllTaken(taken),
    }
}

/// Finds the branch's index, or makes it. Whoever else makes it at the same time makes the same one.
pub fn ensure(
    workspace: &Workspace<'_>,
    session: &Session,
    wanted: &Wanted,
    about: NewBranch,
) -> Result<(BranchIndex, Origin), Error> {
    let mut indexes = indexes_of(session, &wanted.owner)?;
    ensure_among((workspace, session), &mut indexes, wanted, about)
}

/// The same for somebody who has just asked for all `indexes` of the owner, which are kept up to date: for many branches, the list is
/// asked for once.
pub fn ensure_among(
    (workspace, session): (&Workspace<'_>, &Session),
    indexes: &mut IndexMap,
    wanted: &Wanted,
    about: NewBranch,
) -> Result<(BranchIndex, Origin), Error> {
    let mut bases: Option<Vec<IndexName>> = None;
    for _ in 0..ATTEMPTS {
        let name = match find(indexes, wanted) {
            Found::Index(index) => return Ok((*index, Origin::WasThere)),
            Found::AllTaken(taken) => return Err(Error::IndexNamesTaken { branch: wanted.branch.clone(), taken }),
            Found::Free { name, .. } => name,
        };
        let known = match &bases {
            Some(bases) => bases.clone(),
            None => proposed_bases(workspace, indexes)?,
        };
        match create(workspace, session, wanted, NewStage { name: &name, bases: known, about })? {
            Outcome::Made(index) => {
                indexes.insert(index.name.name().to_owned(), index.config.clone());
                return Ok((*index, Origin::MadeNow));
            }
            Outcome::SomebodyElseDid => *indexes = indexes_of(session, &wanted.owner)?,
            Outcome::OtherBases(others) => bases = Some(others),
        }
    }
    Err(Error::IndexNamesTaken { branch: wanted.branch.clone(), taken: wanted.candidates.clone() })
}

struct NewStage<'a> {
    name: &'a IndexName,
    bases: Vec<IndexName>,
    about: NewBranch,
}

enum Outcome {
    Made(Box<BranchIndex>),
    SomebodyElseDid,
    OtherBases(Vec<IndexName>),
}

fn create(
    workspace: &Workspace<'_>,
    session: &Session,
    wanted: &Wanted,
    stage: NewStage<'_>,
) -> Result<Outcome, Error> {
    let record = BranchRecord {
        repository: wanted.repository.as_str().to_owned(),
        branch: wanted.branch.as_str().to_owned(),
        own_commits: stage.about.own_commits,
        created: session.server_time().unwrap_or_else(clock::now),
    };
    let new = NewIndex {
        bases: stage.bases.clone(),
        volatile: false,
        acl_toxresult_upload: workspace.evidence_users()?.iter().map(ToString::to_string).collect(),
        title: format!("{}: {}", wanted.repository, wanted.branch),
        record: Some(Record::Branch(record.clone())),
    };
    match session.create_index(stage.name, &new) {
        Ok(Creation::Created(config)) => {
            Ok(Outcome::Made(Box::new(BranchIndex { name: stage.name.clone(), config: *config, record })))
        }
        Ok(Creation::Exists) => Ok(Outcome::SomebodyElseDid),
        Err(devpi::Error::BadRequest { what, message }) => {
            // devpi names the base that it misses. Only bases that nobody configured are left out without a word.
            let missing = stage.bases.iter().find(|base| message.contains(&format!("'{base}'")));
            match missing {
                Some(missing) if !workspace.settings.is_set(Key::Bases) => {
                    Ok(Outcome::OtherBases(stage.bases.iter().filter(|base| *base != missing).cloned().collect()))
                }
                _ => Err(devpi::Error::BadRequest { what, message }.into()),
            }
        }
        Err(other) => Err(other.into()),
    }
}

/// The configured bases; else production, if it is not known to be missing, and `root/pypi`.
fn proposed_bases(workspace: &Workspace<'_>, indexes: &IndexMap) -> Result<Vec<IndexName>, Error> {
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

fn belonging(config: &IndexConfig, wanted: &Wanted) -> Option<BranchRecord> {
    match &config.record {
        Some(Record::Branch(record))
            if record.repository == wanted.repository.as_str() && record.branch == wanted.branch.as_str() =>
        {
            Some(record.clone())
        }
        _ => None,
    }
}

fn found(name: IndexName, config: &IndexConfig, record: BranchRecord) -> Found {
    Found::Index(Box::new(BranchIndex { name, config: config.clone(), record }))
}
