//! The bases of a branch's index: those of the settings, and indexes of other repositories (`bases-from`).

use std::collections::{BTreeMap, BTreeSet};

use crate::devpi::{IndexConfig, Server};
use crate::index::Error;
use crate::model::bases_from::{BaseChange, BaseQuery, FoundBase, KnownIndex, KnownIndexes, changed_bases, find_base};
use crate::model::names::{BranchName, IndexName, RepositoryName, UserName};
use crate::model::record::Record;
use crate::model::remote_url::{RemoteHash, RemoteUrl};
use crate::settings::Key;
use crate::workspace::Workspace;

/// All indexes of the owner by name.
type Indexes = BTreeMap<String, IndexConfig>;

/// Returns the bases of the settings for a new index: the configured ones; else production, if it is not known to be missing, and `root/pypi`.
pub fn default_bases(workspace: &Workspace<'_>, indexes: &Indexes) -> Result<Vec<IndexName>, Error> {
    let owner = workspace.owner()?;
    let mut bases = standard_bases(workspace, &owner)?;
    if workspace.settings.bases(&owner)?.is_none() {
        let production = workspace.production()?;
        bases.retain(|base| *base != production || base.user() != &owner || indexes.contains_key(base.name()));
    }
    Ok(bases)
}

/// The bases of the settings, whether or not they exist.
fn standard_bases(workspace: &Workspace<'_>, owner: &UserName) -> Result<Vec<IndexName>, Error> {
    match workspace.settings.bases(owner)? {
        Some(set) => Ok(set.value),
        None => Ok(vec![workspace.production()?, IndexName::parse("root/pypi")?]),
    }
}

/// Whether `bases-from` is set, also to an empty list. Otherwise the bases of existing indexes are left alone.
pub fn is_from_set(workspace: &Workspace<'_>) -> bool {
    workspace.settings.is_set(Key::BasesFrom)
}

/// The base from one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryBase {
    /// The owner of its indexes.
    pub user: UserName,
    /// The repository.
    pub repository: RepositoryName,
    /// What was found.
    pub found: FoundBase,
}

/// The repositories of `bases-from`, with the indexes of their owners.
#[derive(Debug)]
pub struct BasesFrom {
    sources: Vec<Source>,
    known: KnownIndexes,
    users: BTreeSet<UserName>,
    standard: Vec<IndexName>,
    repository: RepositoryName,
}

#[derive(Debug)]
struct Source {
    user: UserName,
    repository: RepositoryName,
    remotes: BTreeSet<RemoteHash>,
}

impl BasesFrom {
    /// Reads the setting; `None` if it is not set. `indexes`: all indexes of the owner.
    ///
    /// One request for each other user that the setting names.
    pub fn read((workspace, server): (&Workspace<'_>, &Server), indexes: &Indexes) -> Result<Option<Self>, Error> {
        let Some(set) = workspace.settings.bases_from()? else { return Ok(None) };
        let owner = workspace.owner()?;
        let mut from = Self {
            sources: Vec::new(),
            known: KnownIndexes::new(),
            users: [owner.clone()].into(),
            standard: standard_bases(workspace, &owner)?,
            repository: workspace.repository_name()?.value,
        };
        from.add(&owner, indexes);
        for source in set.value {
            let user = source.user.unwrap_or_else(|| owner.clone());
            if from.users.insert(user.clone()) {
                from.add(&user, &server.user_indexes(&user)?.unwrap_or_default());
            }
            let (repository, remotes) = (source.repository.clone(), remotes_of(workspace, &source.repository)?);
            from.sources.push(Source { user, repository, remotes });
        }
        Ok(Some(from))
    }

    fn add(&mut self, user: &UserName, indexes: &Indexes) {
        let known = |config: &IndexConfig| KnownIndex {
            record: match &config.record {
                Some(Record::Branch(record)) => Some(record.clone()),
                _ => None,
            },
            bases: config.bases.clone(),
            volatile: config.volatile,
        };
        let named = |(name, config): (&String, &IndexConfig)| Some((IndexName::new(user, name).ok()?, known(config)));
        self.known.extend(indexes.iter().filter_map(named));
    }

    /// Returns what each repository has for the index `own` of `branch`; nothing for a release branch and for a pull request.
    pub fn repositories(&self, workspace: &Workspace<'_>, branch: &BranchName, own: &IndexName) -> Vec<RepositoryBase> {
        if !may_have(workspace, branch) {
            return Vec::new();
        }
        let base = |source: &Source| {
            let Source { user, repository, remotes } = source;
            let found = find_base(&BaseQuery { user, repository, remotes, branch, own }, &self.known);
            RepositoryBase { user: user.clone(), repository: repository.clone(), found }
        };
        self.sources.iter().map(base).collect()
    }

    /// Returns the indexes of other repositories that are to be bases of the index `own` of `branch`.
    pub fn wanted(&self, workspace: &Workspace<'_>, branch: &BranchName, own: &IndexName) -> Vec<IndexName> {
        let index = |base: RepositoryBase| match base.found {
            FoundBase::Index(index) => Some(index),
            _ => None,
        };
        self.repositories(workspace, branch, own).into_iter().filter_map(index).collect()
    }

    /// Returns the bases that the existing index `own` of `branch` shall have; `None` if nothing changes.
    pub fn changed(
        &self,
        workspace: &Workspace<'_>,
        branch: &BranchName,
        (own, config): (&IndexName, &IndexConfig),
    ) -> Option<Vec<String>> {
        let current = config.raw["bases"].as_array().into_iter().flatten();
        let current: Vec<String> = current.filter_map(|base| base.as_str().map(str::to_owned)).collect();
        let change = BaseChange {
            current: &current,
            wanted: &self.wanted(workspace, branch, own),
            standard: &self.standard,
            repository: &self.repository,
            users: &self.users,
        };
        changed_bases(&change, &self.known)
    }

    /// Returns the indexes of all branches of the repositories, the newest first: for what they hold, not as bases.
    pub fn indexes_of_repositories(&self) -> Vec<IndexName> {
        let is_meant = |source: &Source, name: &IndexName, record: &crate::model::record::BranchRecord| {
            *name.user() == source.user
                && record.repository == source.repository.as_str()
                && record.remote.as_ref().map_or(source.remotes.is_empty(), |remote| source.remotes.contains(remote))
        };
        let mut found: Vec<_> = self
            .known
            .iter()
            .filter_map(|(name, index)| Some((name, index.record.as_ref()?)))
            .filter(|(name, record)| self.sources.iter().any(|source| is_meant(source, name, record)))
            .collect();
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.created));
        found.into_iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Returns the bases that an existing index of `branch` shall have, where `bases-from` changes them. `indexes`: all indexes of the owner.
pub fn changed(
    (workspace, server): (&Workspace<'_>, &Server),
    indexes: &Indexes,
    (branch, own, config): (&BranchName, &IndexName, &IndexConfig),
) -> Result<Option<Vec<String>>, Error> {
    let from = BasesFrom::read((workspace, server), indexes)?;
    Ok(from.and_then(|from| from.changed(workspace, branch, (own, config))))
}

/// Whether the index of `branch` may have bases from other repositories.
///
/// A release must not depend on an unfinished branch, and a pull request of the same number elsewhere is another one.
fn may_have(workspace: &Workspace<'_>, branch: &BranchName) -> bool {
    !branch.as_str().starts_with("pull/") && !workspace.is_release_branch(branch).unwrap_or(true)
}

/// The hashes that the records of another repository on this repository's git server have; empty if the remote is on disk.
fn remotes_of(workspace: &Workspace<'_>, repository: &RepositoryName) -> Result<BTreeSet<RemoteHash>, Error> {
    let Some(remote) = workspace.remote()? else { return Ok(BTreeSet::new()) };
    let url = workspace.repository()?.remote_url(&remote.value)?;
    let Some(other) = url.and_then(|url| RemoteUrl::parse(&url).on_same_host(repository)) else {
        return Ok(BTreeSet::new());
    };
    let same_hosts = workspace.settings.same_hosts()?.value;
    Ok([other.hash(&[]), other.hash(&same_hosts)].into_iter().flatten().collect())
}
