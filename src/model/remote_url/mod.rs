//! Identifies a repository by the URL of its remote.
//!
//! A name alone (`acme/shiny`) does not identify a repository: another host can serve the same path. The hash of host and path does, and
//! is public without naming the host.

mod location;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Host;

use super::names::RepositoryName;
use location::{Location, folder_parts, location, path_parts};

/// How many hexadecimal digits of the sha256 a record holds.
const HASH_DIGITS: usize = 16;

/// The host of Azure DevOps, which all of its other names stand for.
const AZURE: &str = "dev.azure.com";

/// Second names of hosts.
const SAME_HOSTS: [(&str, &str); 5] = [
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
    ("ssh.dev.azure.com", AZURE),
    ("vs-ssh.visualstudio.com", AZURE),
];

/// The identity of a repository in a record: the first 16 hexadecimal digits of sha256(host, NUL, path).
///
/// A text of another form, from a record that was edited, equals no hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RemoteHash(String);

impl RemoteHash {
    fn of(host: &str, path: &str) -> Self {
        let digest = Sha256::new().chain_update(host).chain_update([0]).chain_update(path).finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(hex[..HASH_DIGITS].to_owned())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::names::escape_for_terminal(&self.0))
    }
}

/// The URL of a remote as git understands it: a folder, a path on a host, or the address of a transport helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    location: Location,
}

impl RemoteUrl {
    /// Reads a URL, an scp-like `host:path`, a path, or `helper::address`. Never fails: what is none of the others is a path.
    pub fn parse(url: &str) -> Self {
        Self { location: location(url.trim()) }
    }

    /// Returns the repository's name in lower case: `acme/shiny` for `https://host/scm/Acme/Shiny.git`.
    ///
    /// The name is the URL's path without `.git`, the prefixes of forges (`scm/`, `a/`, `r/`, `v3/`) and Azure's `/_git`. For a folder
    /// or a `file://` URL it is the folder's name. Returns `None` if the result is empty, as for `/` or `..`.
    pub fn repository_name(&self) -> Option<String> {
        let mut location = &self.location;
        while let Location::Helper(address) = location {
            location = address;
        }
        let name = match location {
            Location::Folder(path) => folder_parts(path).last().cloned().unwrap_or_default(),
            Location::Host { path, .. } => {
                let mut parts = path_parts(path);
                if parts.len() > 1 && parts[0].starts_with('~') {
                    parts.remove(0);
                }
                parts.join("/")
            }
            Location::Helper(_) => String::new(),
        };
        let usable = !name.is_empty() && !name.chars().any(char::is_control);
        usable.then_some(name)
    }

    /// The hash that a new record gets. `same_hosts` are the names of one server: its members all give the same hash.
    ///
    /// Returns `None` for a folder, for a transport helper, and for a URL without a path.
    pub fn hash(&self, same_hosts: &[String]) -> Option<RemoteHash> {
        let (host, path) = self.identity()?;
        Some(RemoteHash::of(&group(same_hosts).filter(|group| group.contains(&host)).map_or(host, joined), &path))
    }

    /// The hashes of the same path on each host of `same_hosts`, if this URL's host is one of them.
    pub fn hashes_of_each(&self, same_hosts: &[String]) -> BTreeSet<RemoteHash> {
        let Some((host, path)) = self.identity() else { return BTreeSet::new() };
        let group = group(same_hosts).filter(|group| group.contains(&host)).unwrap_or_default();
        group.iter().map(|host| RemoteHash::of(host, &path)).collect()
    }

    /// Returns the URL of another repository on the same host; `None` for a folder and a transport helper.
    pub fn on_same_host(&self, repository: &RepositoryName) -> Option<Self> {
        let Location::Host { host, .. } = &self.location else { return None };
        let path = repository.as_str().to_owned();
        Some(Self { location: Location::Host { host: host.clone(), path } })
    }

    /// Whether the remote is a folder or on a loopback address. Another machine may have another repository there.
    pub fn is_local(&self) -> bool {
        match &self.location {
            Location::Folder(_) => true,
            Location::Host { host, .. } => is_loopback(host),
            Location::Helper(_) => false,
        }
    }

    /// Whether the URL's path is `repository`: for a folder, whether its path ends with these parts.
    pub fn names(&self, repository: &RepositoryName) -> bool {
        match &self.location {
            Location::Folder(path) => {
                let (have, want) = (folder_parts(path), repository.as_str().split('/').collect::<Vec<_>>());
                have.len() >= want.len() && have[have.len() - want.len()..] == want
            }
            _ => self.repository_name().is_some_and(|name| name == repository.as_str()),
        }
    }

    /// The canonical host and the path.
    fn identity(&self) -> Option<(String, String)> {
        let Location::Host { host, path } = &self.location else { return None };
        let mut parts = path_parts(path);
        let organisation = host.strip_suffix(".visualstudio.com").filter(|_| host != "vs-ssh.visualstudio.com");
        if let Some(organisation) = organisation {
            parts.retain(|part| part != "defaultcollection");
            parts.insert(0, organisation.to_owned());
        }
        let host = if organisation.is_some() { AZURE.to_owned() } else { canonical_host(host) };
        // Azure leaves out the project where the repository has its name: org/_git/shiny is org/shiny/_git/shiny.
        if host == AZURE && parts.len() == 2 {
            parts.push(parts[1].clone());
        }
        let is_usable = !host.is_empty() && !parts.is_empty();
        is_usable.then(|| (host, parts.join("/")))
    }
}

/// The canonical names of several hosts that are one server; `None` where there are not several.
fn group(same_hosts: &[String]) -> Option<BTreeSet<String>> {
    let hosts: BTreeSet<String> = same_hosts.iter().map(|host| canonical_host(host)).collect();
    (hosts.len() > 1).then_some(hosts)
}

/// The group as the host of a hash. All names are in it, so that a host that is not among them cannot give this hash, whatever settings
/// its repository carries.
fn joined(group: BTreeSet<String>) -> String {
    group.into_iter().collect::<Vec<_>>().join(" ")
}

/// Lower case, without a dot at the end, IDNA and IP addresses in one form, second names replaced.
fn canonical_host(host: &str) -> String {
    let host = match Host::parse(host) {
        Ok(host) => host.to_string(),
        Err(_) => host.to_lowercase(),
    };
    let host = host.trim_end_matches('.');
    SAME_HOSTS.iter().find(|(other, _)| *other == host).map_or(host, |(_, first)| first).to_owned()
}

fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Ok(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
