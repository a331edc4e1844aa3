//! `index`: look at, make and delete indexes by hand.

use std::collections::BTreeSet;

use url::Url;

use crate::devpi::IndexConfig;
use crate::index;
use crate::index::branch_index::{self, BranchIndex, IndexLookup, IndexMap, IndexOrigin, NewBranch, indexes_of};
use crate::index::contents::{self, Contents};
use crate::index::deletion::{Deleted, delete_index};
use crate::index::known::{self, IndexCache};
use crate::index::own_commits::with_own_commits;
use crate::index::upkeep;
use crate::model::names::{BranchName, IndexName, RepositoryName};
use crate::model::record::Record;
use crate::ops::Error;
use crate::workspace::{Branch, Workspace};

/// Whose index it is, seen from this repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A branch's of this repository.
    Branch {
        /// The branch.
        name: String,
        /// Whether anybody has seen it with commits of its own.
        own_commits: bool,
    },
    /// A claim on a branch's index of this repository.
    Claim {
        /// The branch.
        branch: String,
    },
    /// The production index.
    Production,
    /// Somebody else's; what stands in the record.
    Foreign(String),
}

/// An index in the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name.
    pub name: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Whose it is.
    pub standing: Standing,
}

/// An index with what lies on it.
#[derive(Debug, Clone)]
pub struct IndexDetail {
    /// Name, configuration, whose it is.
    pub listed: Listed,
    /// For people and installers.
    pub url: Url,
    /// What lies on it.
    pub contents: Contents,
}

/// The owner's indexes that belong to this repository, and those of others that stand where a branch of it would have its own.
pub fn list(workspace: &Workspace<'_>) -> Result<Vec<Listed>, Error> {
    let server = workspace.server_for_reading()?;
    let owner = workspace.owner()?;
    let in_the_way = first_choices(workspace)?;
    let mut listed = Vec::new();
    for (name, config) in indexes_of(server, &owner)? {
        let Ok(name) = IndexName::new(&owner, &name) else { continue };
        let standing = standing(workspace, &name, &config)?;
        if !matches!(standing, Standing::Foreign(_)) || in_the_way.contains(&name) {
            listed.push(Listed { name, config, standing });
        }
    }
    Ok(listed)
}

/// An index with its projects and versions.
pub fn show(workspace: &Workspace<'_>, index: Option<&str>) -> Result<IndexDetail, Error> {
    let server = workspace.server_for_reading()?;
    let (name, config) = match index {
        Some(text) => {
            let name = IndexName::parse_for(&workspace.owner()?, text)?;
            let config = server.index(&name)?.ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
            (name, config)
        }
        None => {
            let index = of_the_branch(workspace, &indexes_of(server, &workspace.owner()?)?)?;
            (index.name, index.config)
        }
    };
    let contents = contents::read(server, &name)?.ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
    let standing = standing(workspace, &name, &config)?;
    Ok(IndexDetail { url: server.index_url(&name), listed: Listed { name, config, standing }, contents })
}

/// Makes the branch's index, or finds it.
pub fn create(workspace: &Workspace<'_>) -> Result<(BranchIndex, IndexOrigin), Error> {
    let branch = workspace.branch()?;
    if let Some(pattern) = workspace.ignoring_pattern(&branch.name)? {
        return Err(Error::IgnoredBranch { branch: branch.name, pattern });
    }
    let own_commits = has_own_commits(workspace, &branch)?;
    let session = workspace.session()?;
    let query = workspace.branch_index_query(&branch.name)?;
    let (mut index, origin) = branch_index::ensure(workspace, session, &query, NewBranch { own_commits })?;
    upkeep::update(session, &mut index, own_commits)?;
    let mut cache = IndexCache::read(workspace)?;
    cache.insert(&branch.name, &index);
    cache.save();
    Ok((index, origin))
}

/// The index that is to be deleted; an error where it must not be.
pub fn plan_deletion(workspace: &Workspace<'_>, index: Option<&str>) -> Result<Listed, Error> {
    let owner = workspace.owner()?;
    let server = workspace.server()?;
    let named = index.map(|text| IndexName::parse_for(&owner, text)).transpose()?;
    let user = named.as_ref().map_or(&owner, IndexName::user);
    let indexes = indexes_of(server, user)?;
    let name = match named {
        Some(name) => name,
        None => of_the_branch(workspace, &indexes)?.name,
    };
    let config = indexes.get(name.name()).cloned().ok_or_else(|| index::Error::NoSuchIndex { index: name.clone() })?;
    let protected = |why: &str| Err(Error::ProtectedIndex { index: name.clone(), why: why.to_owned() });
    match standing(workspace, &name, &config)? {
        Standing::Foreign(why) => Err(index::Error::ForeignIndex { index: name, why }.into()),
        Standing::Production => protected("it is the production index"),
        standing => match child(&indexes, &name) {
            Some(child) => protected(&format!("{}/{child} has it as a base", name.user())),
            None => Ok(Listed { name, config, standing }),
        },
    }
}

/// Deletes it.
pub fn delete(workspace: &Workspace<'_>, planned: &Listed) -> Result<Deleted, Error> {
    let deleted = delete_index(workspace, workspace.session()?, &planned.name, &planned.config)?;
    if let Standing::Branch { name, .. } = &planned.standing {
        known::forget(workspace, &BranchName::parse(name)?)?;
    }
    Ok(deleted)
}

fn of_the_branch(workspace: &Workspace<'_>, indexes: &IndexMap) -> Result<BranchIndex, Error> {
    let branch = workspace.branch()?.name;
    match branch_index::find(indexes, &workspace.branch_index_query(&branch)?) {
        IndexLookup::Index(index) => Ok(*index),
        IndexLookup::AllTaken(taken) => Err(index::Error::IndexNamesTaken { branch, taken }.into()),
        IndexLookup::Free { .. } => Err(index::Error::NoIndex { branch }.into()),
    }
}

fn standing(workspace: &Workspace<'_>, name: &IndexName, config: &IndexConfig) -> Result<Standing, Error> {
    if *name == workspace.production()? {
        return Ok(Standing::Production);
    }
    Ok(standing_of(&workspace.repository_name()?.value, config.record.as_ref()))
}

fn standing_of(repository: &RepositoryName, record: Option<&Record>) -> Standing {
    let of = match record {
        None => return Standing::Foreign("it has no record".to_owned()),
        Some(Record::Production(_)) => return Standing::Production,
        Some(Record::Branch(record)) if record.repository == repository.as_str() => {
            return Standing::Branch { name: record.branch.clone(), own_commits: record.own_commits };
        }
        Some(Record::Claim(claim)) if claim.repository == repository.as_str() => {
            return Standing::Claim { branch: claim.branch.clone() };
        }
        Some(Record::Branch(record)) => (&record.repository, &record.branch),
        Some(Record::Claim(claim)) => (&claim.repository, &claim.branch),
    };
    Standing::Foreign(crate::model::names::escape_for_terminal(&format!("its record names {} of {}", of.1, of.0)))
}

/// Another index, no claim, that has `name` as a base.
fn child<'a>(indexes: &'a IndexMap, name: &IndexName) -> Option<&'a str> {
    let mut others = indexes.iter().filter(|(other, _)| *other != name.name());
    let has_it = |config: &IndexConfig| config.bases.contains(name) && !matches!(config.record, Some(Record::Claim(_)));
    others.find(|(_, config)| has_it(config)).map(|(other, _)| other.as_str())
}

/// The names that the branches of this repository, as far as this clone knows them, would like to have.
fn first_choices(workspace: &Workspace<'_>) -> Result<BTreeSet<IndexName>, Error> {
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
