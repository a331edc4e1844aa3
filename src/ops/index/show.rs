//! `index list` and `index show`.

use std::collections::BTreeSet;

use url::Url;

use crate::index;
use crate::index::branch_index::indexes_of;
use crate::index::contents::{self, Contents};
use crate::model::names::{BranchName, IndexName};
use crate::ops::Error;
use crate::ops::index::role::{IndexRole, ListedIndex, index_of_branch, role};
use crate::workspace::Workspace;

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
