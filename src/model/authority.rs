//! Which records a remote decides about: whether a branch is gone or merged, and what a promotion requires.
//!
//! A fork, or a clone from another host with the same path and the same settings, must not decide about the repository's indexes. What
//! identifies the repository is in the record, which only the owner of the index can write.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::remote_url::RemoteHash;

/// The remotes that a record may name for the asked remote to decide about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The user's own settings say that the remote is the repository: it decides about every record of the repository.
    Declared,
    /// Its URL decides.
    Url {
        /// The hashes that its URL gives. Empty for a remote on disk.
        hashes: BTreeSet<RemoteHash>,
        /// Whether it decides about records without a hash.
        without_hash: WithoutHash,
    },
}

/// Whether a remote decides about records without a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutHash {
    /// It is on disk or loopback, and its path names the repository.
    Decides,
    /// It is elsewhere, or its path names another repository.
    DecidesNothing,
}

impl Authority {
    /// Whether the remote decides about a record with this `remote`.
    pub fn decides(&self, remote: Option<&RemoteHash>) -> bool {
        match (self, remote) {
            (Self::Declared, _) => true,
            (Self::Url { hashes, .. }, Some(remote)) => hashes.contains(remote),
            (Self::Url { without_hash, .. }, None) => *without_hash == WithoutHash::Decides,
        }
    }

    /// Whether the remote decides about the oldest of a repository's `records`, given by creation and remote; also when there is none.
    ///
    /// A fork with the repository's settings creates records later. A record without a remote counts only where no other has one.
    pub fn decides_oldest<'r>(&self, records: impl IntoIterator<Item = (Timestamp, Option<&'r RemoteHash>)>) -> bool {
        let oldest = records.into_iter().min_by_key(|(created, remote)| (remote.is_none(), *created));
        oldest.is_none_or(|(_, remote)| self.decides(remote))
    }

    /// Whether there is any record that it decides about.
    pub fn decides_anything(&self) -> bool {
        match self {
            Self::Declared => true,
            Self::Url { hashes, without_hash } => !hashes.is_empty() || *without_hash == WithoutHash::Decides,
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::Url { hashes: BTreeSet::new(), without_hash: WithoutHash::DecidesNothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::remote_url::RemoteUrl;

    #[test]
    fn a_hash_decides_about_its_own_records_and_a_path_about_those_without() {
        let hash = |url: &str| RemoteUrl::parse(url).hash(&[]).unwrap();
        let (ours, theirs) = (hash("https://github.com/acme/shiny"), hash("https://evil.example/acme/shiny"));
        let url = |hashes: &[&RemoteHash], without_hash| Authority::Url {
            hashes: hashes.iter().map(|hash| (*hash).clone()).collect(),
            without_hash,
        };
        for (authority, of_ours, of_none) in [
            (Authority::Declared, true, true),
            (url(&[&ours], WithoutHash::DecidesNothing), true, false),
            (url(&[&theirs], WithoutHash::DecidesNothing), false, false),
            (url(&[&theirs], WithoutHash::Decides), false, true),
            (url(&[], WithoutHash::Decides), false, true),
            (Authority::default(), false, false),
        ] {
            assert_eq!((authority.decides(Some(&ours)), authority.decides(None)), (of_ours, of_none), "{authority:?}");
            let any = authority.decides(Some(&ours)) || authority.decides(Some(&theirs)) || authority.decides(None);
            assert_eq!(authority.decides_anything(), any, "{authority:?}");
        }
    }
    #[test]
    fn a_fork_does_not_decide_about_a_repository_with_older_records() {
        let hash = |url: &str| RemoteUrl::parse(url).hash(&[]).unwrap();
        let (ours, theirs) = (hash("https://github.com/acme/shiny"), hash("https://evil.example/acme/shiny"));
        let authority = |hash: &RemoteHash| Authority::Url {
            hashes: [hash.clone()].into(),
            without_hash: WithoutHash::DecidesNothing,
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        let records = [(at(1), None), (at(3), Some(&theirs)), (at(2), Some(&ours))];
        assert!(authority(&ours).decides_oldest(records) && !authority(&theirs).decides_oldest(records));
        assert!(authority(&theirs).decides_oldest([]));
        let unnamed = [(at(1), None)];
        assert!(!authority(&theirs).decides_oldest(unnamed) && Authority::Declared.decides_oldest(unnamed));
    }
}
