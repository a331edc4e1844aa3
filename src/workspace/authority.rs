//! What a remote may decide about the repository's indexes, and the hash that new records name it by.
//!
//! Deletion and promotion ask this one place. Nothing that is merely committed gives a remote authority: a fork carries the same files.

use std::collections::BTreeSet;

use crate::model::authority::{Authority, WithoutHash};
use crate::model::remote_url::{RemoteHash, RemoteUrl};
use crate::settings::{Origin, Settings, Sourced};
use crate::workspace::Error;
use crate::workspace::Workspace;

/// What `remote` may decide. `gate`: the settings that are committed on its release branch, where they have been read.
///
/// The URL that counts is the one that git connects to, after `url.<base>.insteadOf`. `same-hosts` of a repository adds the one hash
/// that has all of these hosts in it, which another host's fork cannot give; set by the user, it adds the hash of each host.
pub fn of(workspace: &Workspace<'_>, remote: &Sourced<String>, gate: Option<&Settings>) -> Result<Authority, Error> {
    let repository = workspace.repository_name()?;
    if is_users_own(&repository.origin) && !remote.origin.is_repository() {
        return Ok(Authority::Declared);
    }
    let Some(url) = workspace.repository()?.remote_url(&remote.value)? else { return Ok(Authority::default()) };
    let url = RemoteUrl::parse(&url);
    let mut hashes: BTreeSet<RemoteHash> = url.hash(&[]).into_iter().collect();
    for settings in [Some(&workspace.settings), gate].into_iter().flatten() {
        let same_hosts = settings.same_hosts()?;
        hashes.extend(url.hash(&same_hosts.value));
        if is_users_own(&same_hosts.origin) {
            hashes.extend(url.hashes_of_each(&same_hosts.value));
        }
    }
    let is_by_path = url.is_local() && url.names(&repository.value);
    let without_hash = if is_by_path { WithoutHash::Decides } else { WithoutHash::DecidesNothing };
    Ok(Authority::Url { hashes, without_hash })
}

/// Whether the person at this machine said it, and not the repository.
pub fn is_users_own(origin: &Origin) -> bool {
    matches!(origin, Origin::Flag(_) | Origin::Environment(_) | Origin::GitConfig { .. })
}

impl Workspace<'_> {
    /// The hash of the remote whose branches have indexes; `None` without a remote, and for a remote on disk.
    pub fn remote_hash(&self) -> Result<Option<RemoteHash>, Error> {
        let Some(remote) = self.remote()? else { return Ok(None) };
        match self.repository()?.remote_url(&remote.value)? {
            Some(url) => self.hash_of(&url),
            None => Ok(None),
        }
    }

    /// The hash of a URL that git connects to: the second argument of a pre-push hook.
    pub fn hash_of(&self, url: &str) -> Result<Option<RemoteHash>, Error> {
        Ok(RemoteUrl::parse(url).hash(&self.settings.same_hosts()?.value))
    }
}
