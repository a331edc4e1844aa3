//! The indexes that releases are promoted from: those of release branches.

use crate::devpi::Server;
use crate::index;
use crate::index::release_indexes::release_indexes;
use crate::model::names::{BranchName, IndexName};
use crate::model::record::Record;
use crate::ops::Error;
use crate::ops::promote::error;
use crate::ops::promote::request::PromoteRequest;
use crate::ops::promote::rules::Rules;
use crate::workspace::remote_gate::RemoteGate;
use crate::workspace::{self, Workspace};

/// An index, and the release branches whose releases it holds.
pub(super) struct Place {
    pub index: IndexName,
    pub branches: Vec<BranchName>,
}

/// The indexes to search, in this order; at least one.
pub(super) fn places(
    workspace: &Workspace<'_>,
    server: &Server,
    (request, gate, rules): (&PromoteRequest, &RemoteGate, &Rules),
) -> Result<Vec<Place>, Error> {
    match &request.from {
        Some(from) => {
            let index = IndexName::parse_for(&rules.owner, from)?;
            Ok(vec![named_index(workspace, server, (&index, gate))?])
        }
        None => release_places(workspace, server, gate),
    }
}

/// The index that `--from` names, with the release branch that its record names. Another index is rejected.
fn named_index(
    workspace: &Workspace<'_>,
    server: &Server,
    (index, gate): (&IndexName, &RemoteGate),
) -> Result<Place, Error> {
    let config = server.index(index)?.ok_or_else(|| index::Error::NoSuchIndex { index: index.clone() })?;
    let ours = workspace.repository_name()?.value;
    let belongs_to = match config.record {
        Some(Record::Branch(record))
            if record.repository == ours.as_str() && gate.authority.decides(record.remote.as_ref()) =>
        {
            BranchName::parse(&record.branch).ok()
        }
        _ => None,
    };
    match belongs_to.filter(|branch| gate.release_branches.contains_key(branch)) {
        Some(branch) => Ok(Place { index: index.clone(), branches: vec![branch] }),
        None => Err(error::Error::NotAReleaseIndex { index: index.clone() }.into()),
    }
}

/// The index of the checked-out release branch, else of the remote's default branch, else of its first release branch; in a tag build
/// those of all release branches.
fn release_places(workspace: &Workspace<'_>, server: &Server, gate: &RemoteGate) -> Result<Vec<Place>, Error> {
    let on = workspace.branch().ok().filter(|branch| !branch.is_pull_request).map(|branch| branch.name);
    let mut branches: Vec<BranchName> = gate.release_branches.keys().cloned().collect();
    let preferred = on.filter(|branch| branches.contains(branch)).or_else(|| gate.default_branch.clone());
    branches.sort_by_key(|branch| Some(branch) != preferred.as_ref());
    if !is_tag_build(workspace) {
        branches.truncate(1);
    }
    let indexes = release_indexes(workspace, server, gate)?;
    let of = |branch: &BranchName| indexes.iter().find(|(_, of)| of == branch).map(|(index, _)| index.clone());
    let places: Vec<Place> = branches
        .iter()
        .filter_map(|branch| Some(Place { index: of(branch)?, branches: vec![branch.clone()] }))
        .collect();
    match branches.into_iter().next() {
        Some(branch) if places.is_empty() => Err(index::Error::NoIndex { branch }.into()),
        _ => Ok(places),
    }
}

/// Whether this is the build of a tag.
pub(super) fn is_tag_build(workspace: &Workspace<'_>) -> bool {
    matches!(workspace.branch(), Err(workspace::Error::TagBuild { .. }))
}
