//! `index`: shows, creates and deletes indexes.

use std::collections::BTreeSet;

use url::Url;

use crate::devpi::IndexConfig;
use crate::index;
use crate::index::branch_index::{self, BranchIndex, IndexLookup, IndexMap, IndexOrigin, NewBranch, indexes_of};
use crate::index::contents::{self, Contents};
use crate::index::deletion::{Deleted, delete_index};
use crate::index::dependents;
use crate::index::known::{self, IndexCache};
use crate::index::own_commits::with_own_commits;
use crate::index::upkeep::{self, Update};
use crate::model::names::{BranchName, IndexName, RepositoryName};
use crate::model::record::Record;
use crate::ops::Error;
use crate::workspace::{Branch, Workspace};

/// The role of an index in this repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexRole {
    /// The index of a branch of this repository.
    Branch {
        /// The branch.
        name: String,
        /// Whether the branch was seen with commits of its own.
        own_commits: bool,
    },
    /// A claim of this repository.
    Claim {
        /// The branch.
        branch: String,
    },
    /// The production index.
    Production,
    /// An index of another repository or user; the reason.
    Foreign(String),
}

/// A listed index.
#[derive(Debug, Clone)]
pub struct ListedIndex {
    /// Its name.
    pub name: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Its role.
    pub role: IndexRole,
}

/// An index with its contents.
#[derive(Debug, Clone)]
pub struct IndexDetail {
    /// Name, configuration and role.
    pub listed: ListedIndex,
    /// Its URL, for browsers and installers.
    pub url: Url,
    /// Its contents.
    pub contents: Contents,
}

/// Returns the owner's indexes of this repository, and foreign ones with the preferred name of a
/// branch of this repository.
pub fn list(workspace: &Workspace<'_>) -> Result<Vec<ListedIndex>, Error> {
    let server = workspace.server_for_reading()?;
    let owner = workspace.owner()?;
    let preferred_names = preferred_index_names(workspace)?;
    let mut listed = Vec::new();
    for (name, config) in indexes_of(server, &owner)? {
        let Ok(name) = IndexName::new(&owner, &name) else { continue };
        let role = role(workspace, &name, &config)?;
        if !matches!(role, IndexRole::Foreign(_)) || preferred_names.contains(&name) {
            listed.push(ListedIndex { name, config, role });
        }
    }
    Ok(listed)
}

/// Returns an index with its projects and versions.
pub fn show(workspace: &Workspace<'_>, index: Option<&str>) -> Result<IndexDetail, Error> {
    let server = workspace.server_for_reading()?;
    let (name, config) = match index {
        Some(text) => {
            let name = IndexName::parse_for(&workspace.owner()?, text)?;
            let config = server.index(&name)?.ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
            (name, config)
        }
        None => {
            let index = index_of_branch(workspace, &indexes_of(server, &workspace.owner()?)?)?;
            (index.name, index.config)
        }
    };
    let contents = contents::read(server, &name)?.ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
    let role = role(workspace, &name, &config)?;
    Ok(IndexDetail { url: server.index_url(&name), listed: ListedIndex { name, config, role }, contents })
}

/// Returns the branch's index; creates it if it does not exist.
pub fn create(workspace: &Workspace<'_>) -> Result<(BranchIndex, IndexOrigin), Error> {
    let branch = workspace.branch()?;
    if let Some(pattern) = workspace.ignoring_pattern(&branch.name)? {
        return Err(Error::IgnoredBranch { branch: branch.name, pattern });
    }
    let own_commits = has_own_commits(workspace, &branch)?;
    let session = workspace.session()?;
    let query = workspace.branch_index_query(&branch.name)?;
    let new_branch = NewBranch { own_commits, remote: workspace.remote_hash()? };
    let (mut index, origin) = branch_index::ensure(workspace, session, &query, &new_branch)?;
    upkeep::update(session, &mut index, &Update { own_commits, remote: None })?;
    let mut cache = IndexCache::read(workspace)?;
    cache.insert(&branch.name, &index);
    cache.save();
    Ok((index, origin))
}

/// Returns the index to delete; an error if it may not be deleted.
pub fn plan_deletion(workspace: &Workspace<'_>, index: Option<&str>) -> Result<ListedIndex, Error> {
    let owner = workspace.owner()?;
    let server = workspace.server()?;
    let named = index.map(|text| IndexName::parse_for(&owner, text)).transpose()?;
    let user = named.as_ref().map_or(&owner, IndexName::user);
    let indexes = indexes_of(server, user)?;
    let name = match named {
        Some(name) => name,
        None => index_of_branch(workspace, &indexes)?.name,
    };
    let config = indexes.get(name.name()).cloned().ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
    let protected = |why: &str| Err(Error::ProtectedIndex { index: name.clone(), why: why.to_owned() });
    match role(workspace, &name, &config)? {
        IndexRole::Foreign(why) => Err(index::Error::ForeignIndex { index: name, why }.into()),
        IndexRole::Production => protected("it is the production index"),
        role => {
            let mut dependents = dependents::of_user(name.user(), &indexes);
            if !dependents.contains_key(&name) {
                dependents = dependents::of_other_users(server, name.user())?;
            }
            match dependents.get(&name) {
                Some(dependent) => protected(&format!("{dependent} has it as a base")),
                None => Ok(ListedIndex { name, config, role }),
            }
        }
    }
}

/// Deletes the index.
pub fn delete(workspace: &Workspace<'_>, planned: &ListedIndex) -> Result<Deleted, Error> {
    let deleted = delete_index(workspace, workspace.session()?, &planned.name, &planned.config)?;
    if let IndexRole::Branch { name, .. } = &planned.role {
        known::forget(workspace, &BranchName::parse(name)?)?;
    }
    Ok(deleted)
}

fn index_of_branch(workspace: &Workspace<'_>, indexes: &IndexMap) -> Result<BranchIndex, Error> {
    let branch = workspace.branch()?.name;
    match branch_index::find(indexes, &workspace.branch_index_query(&branch)?) {
        IndexLookup::Index(index) => Ok(*index),
        IndexLookup::AllTaken(taken) => Err(index::Error::IndexNamesTaken { branch, taken }.into()),
        IndexLookup::Free { .. } => Err(index::Error::NoIndex { branch }.into()),
    }
}

fn role(workspace: &Workspace<'_>, name: &IndexName, config: &IndexConfig) -> Result<IndexRole, Error> {
    if *name == workspace.production()? {
        return Ok(IndexRole::Production);
    }
    Ok(role_of(&workspace.repository_name()?.value, config.record.as_ref()))
}

fn role_of(repository: &RepositoryName, record: Option<&Record>) -> IndexRole {
    let of = match record {
        None => return IndexRole::Foreign("it has no record".to_owned()),
        Some(Record::Production(_)) => return IndexRole::Production,
        Some(Record::Branch(record)) if record.repository == repository.as_str() => {
            return IndexRole::Branch { name: record.branch.clone(), own_commits: record.own_commits };
        }
        Some(Record::Claim(claim)) if claim.repository == repository.as_str() => {
            return IndexRole::Claim { branch: claim.branch.clone() };
        }
        Some(Record::Branch(record)) => (&record.repository, &record.branch),
        Some(Record::Claim(claim)) => (&claim.repository, &claim.branch),
    };
    IndexRole::Foreign(crate::model::names::escape_for_terminal(&format!("its record names {} of {}", of.1, of.0)))
}

/// Returns the preferred index names of all branches that this clone knows.
fn preferred_index_names(workspace: &Workspace<'_>) -> Result<BTreeSet<IndexName>, Error> {
    let mut branches: Vec<BranchName> = workspace.branch().ok().map(|branch| branch.name).into_iter().collect();
    if let Some(remote) = workspace.remote()? {
        let remembered = workspace.repository()?.remote_tracking_branches(&remote.value)?;
        branches.extend(remembered.into_iter().map(|(branch, _)| branch));
    }
    let mut names = BTreeSet::new();
    for branch in branches {
        names.extend(workspace.branch_index_query(&branch)?.candidates.into_iter().next());
    }
    Ok(names)
}

fn has_own_commits(workspace: &Workspace<'_>, branch: &Branch) -> Result<bool, Error> {
    let Some(remote) = workspace.remote()?.map(|remote| remote.value) else { return Ok(false) };
    let repository = workspace.repository()?;
    let here = repository.head()?;
    let tip = match here.branch.as_ref() == Some(&branch.name) {
        true => here.commit,
        false => repository.remote_branch_tip(&remote, &branch.name)?,
    };
    let Some(tip) = tip else { return Ok(false) };
    let answers = with_own_commits(workspace, &remote, &[(branch.name.clone(), tip)])?;
    Ok(answers.get(&branch.name).copied().unwrap_or(false))
}
