//! `fleet`: the repositories of an owner, with what needs attention first.
//!
//! One request lists the owner's indexes with their records. Versions, evidence and sizes are in the contents of the indexes, which are read
//! only when asked for.

mod details;
mod error;
mod remotes;

use url::Url;

use crate::model::fleet::{FleetIndex, FleetRepository, group, sort_by_attention};
use crate::model::names::{IndexName, UserName};
use crate::system::clock;
use crate::workspace::Workspace;

pub use crate::ops::fleet::error::Error;
pub use crate::ops::fleet::remotes::{ListedRemote, OpenRemotes, RemoteWorkspace, read_remotes};

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The records: one request.
    Records,
    /// The contents of the indexes too.
    Contents,
}

/// The repositories of an owner.
#[derive(Debug)]
pub struct Fleet {
    /// The owner.
    pub owner: UserName,
    /// The server.
    pub server: Url,
    /// What was read.
    pub depth: Depth,
    /// The repositories; those that need attention first.
    pub repositories: Vec<FleetRepository>,
    /// The number of the owner's indexes without a record of a repository.
    pub others: usize,
    /// The number of requests.
    pub requests: usize,
}

/// Reads the repositories of the owner. Needs no git repository.
pub fn fleet(workspace: &Workspace<'_>, depth: Depth) -> Result<Fleet, super::Error> {
    let owner = workspace.owner()?;
    let server = workspace.server_for_reading()?;
    let root = server.root().clone();
    let Some(indexes) = server.user_indexes(&owner)? else {
        return Err(super::Error::OwnerNotFound { owner, server: root });
    };
    let now = server.server_time().unwrap_or_else(clock::now);
    let named: Vec<_> =
        indexes.iter().filter_map(|(name, config)| Some((IndexName::new(&owner, name).ok()?, config))).collect();
    let entries = named.iter().map(|(name, config)| FleetIndex {
        name,
        volatile: config.volatile,
        record: config.record.as_ref(),
    });
    let (mut repositories, mut others) = group(entries, now);
    // Names that no client of ours can use.
    others += indexes.len() - named.len();
    if depth == Depth::Contents {
        details::add((workspace, server), &indexes, now, &mut repositories)?;
    }
    sort_by_attention(&mut repositories);
    Ok(Fleet { owner, server: root, depth, repositories, others, requests: server.requests_made() })
}
