//! Which index of another repository becomes a base of a branch's index, and which bases it loses.
//!
//! Pure rules. An index of another repository is used only when its record names that repository, the same branch, and the remote at which the
//! setting means that repository: a fork with the same settings has another remote.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{BranchName, IndexName, RepositoryName, UserName};
use super::record::BranchRecord;
use super::remote_url::RemoteHash;

/// An index that may be a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIndex {
    /// Its record, if it is a branch's index.
    pub record: Option<BranchRecord>,
    /// Its bases.
    pub bases: Vec<IndexName>,
    /// Whether it is volatile: then it is being deleted.
    pub volatile: bool,
}

/// The indexes of the users that the setting names.
pub type KnownIndexes = BTreeMap<IndexName, KnownIndex>;

/// The question for the base from one repository.
#[derive(Debug, Clone, Copy)]
pub struct BaseQuery<'a> {
    /// The owner of the other repository's indexes.
    pub user: &'a UserName,
    /// The other repository.
    pub repository: &'a RepositoryName,
    /// The hashes of the other repository's remote; empty if this repository's remote is on disk. Then records without a remote count.
    pub remotes: &'a BTreeSet<RemoteHash>,
    /// The branch.
    pub branch: &'a BranchName,
    /// The branch's own index.
    pub own: &'a IndexName,
}

/// What was found for one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundBase {
    /// The index is a base.
    Index(IndexName),
    /// The repository has no index of the branch.
    None,
    /// The record of this index names another remote, or none.
    OtherRemote(IndexName),
    /// This index is being deleted.
    BeingDeleted(IndexName),
    /// This index has the branch's own index below it. As bases of each other, neither could ever be deleted.
    Circle(IndexName),
}

/// Finds the index of the same-named branch of another repository.
pub fn find_base(query: &BaseQuery<'_>, indexes: &KnownIndexes) -> FoundBase {
    let of_branch = indexes.iter().filter_map(|(name, index)| {
        let record = index.record.as_ref()?;
        let is_meant = name.user() == query.user
            && record.repository == query.repository.as_str()
            && record.branch == query.branch.as_str()
            && name != query.own;
        is_meant.then_some((name, index, record))
    });
    let is_trusted = |record: &BranchRecord| match &record.remote {
        Some(remote) => query.remotes.contains(remote),
        None => query.remotes.is_empty(),
    };
    let (trusted, others): (Vec<_>, Vec<_>) = of_branch.partition(|(_, _, record)| is_trusted(record));
    match (trusted.first(), others.first()) {
        (Some((name, index, _)), _) if index.volatile => FoundBase::BeingDeleted((*name).clone()),
        (Some((name, _, _)), _) if closes_circle(query.own, name, indexes) => FoundBase::Circle((*name).clone()),
        (Some((name, _, _)), _) => FoundBase::Index((*name).clone()),
        (None, Some((name, _, _))) => FoundBase::OtherRemote((*name).clone()),
        (None, None) => FoundBase::None,
    }
}

/// Whether `own` would be below itself with the base `new`.
///
/// Two machines can add both directions at once. Then the index with the lower name keeps its base.
fn closes_circle(own: &IndexName, new: &IndexName, indexes: &KnownIndexes) -> bool {
    let keeps = own < new && indexes.get(own).is_some_and(|index| index.bases.contains(new));
    !keeps && is_below(own, new, indexes)
}

/// Whether `index` is among the bases of `top`, or of their bases.
fn is_below(index: &IndexName, top: &IndexName, indexes: &KnownIndexes) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![top];
    while let Some(next) = open.pop() {
        for base in indexes.get(next).into_iter().flat_map(|known| &known.bases) {
            if base == index {
                return true;
            }
            if seen.insert(base) {
                open.push(base);
            }
        }
    }
    false
}

/// The bases of an index and those that it shall have.
#[derive(Debug, Clone, Copy)]
pub struct BaseChange<'a> {
    /// The bases on the server, in its spelling.
    pub current: &'a [String],
    /// The bases from other repositories.
    pub wanted: &'a [IndexName],
    /// The bases that the settings ask for besides.
    pub standard: &'a [IndexName],
    /// This repository.
    pub repository: &'a RepositoryName,
    /// The users whose indexes are known.
    pub users: &'a BTreeSet<UserName>,
}

/// Returns the new bases, in the order in which devpi resolves them; `None` if nothing changes.
///
/// New ones come first. A base goes when it is an index of a known user that does not exist any more, or the index of a branch of another
/// repository, and is not wanted. A base that the settings name, and one that a person has added, stays.
pub fn changed_bases(change: &BaseChange<'_>, indexes: &KnownIndexes) -> Option<Vec<String>> {
    let stays = |text: &&String| {
        let Ok(name) = IndexName::parse(text) else { return true };
        if change.wanted.contains(&name) || change.standard.contains(&name) || !change.users.contains(name.user()) {
            return true;
        }
        match indexes.get(&name).map(|index| &index.record) {
            // Under the name of a deleted index, everyone who may create one would offer packages.
            None => false,
            Some(Some(record)) => record.repository == change.repository.as_str(),
            Some(None) => true,
        }
    };
    let new = change.wanted.iter().map(ToString::to_string).filter(|name| !change.current.contains(name));
    let bases: Vec<String> = new.chain(change.current.iter().filter(stays).cloned()).collect();
    (bases != change.current).then_some(bases)
}

#[cfg(test)]
mod tests {
    use super::super::remote_url::RemoteUrl;
    use super::*;

    fn index(name: &str) -> IndexName {
        IndexName::parse(name).unwrap()
    }

    fn hash(url: &str) -> RemoteHash {
        RemoteUrl::parse(url).hash(&[]).unwrap()
    }

    fn known(repository: &str, remote: Option<RemoteHash>, bases: &[&str]) -> KnownIndex {
        let record = BranchRecord {
            repository: repository.into(),
            branch: "feature/x".into(),
            own_commits: true,
            created: "2026-01-02T03:04:05Z".parse().unwrap(),
            remote,
        };
        KnownIndex { record: Some(record), bases: bases.iter().map(|name| index(name)).collect(), volatile: false }
    }

    fn found(own: &str, remotes: &[RemoteHash], indexes: &[(&str, KnownIndex)]) -> FoundBase {
        let indexes = indexes.iter().map(|(name, known)| (index(name), known.clone())).collect();
        let remotes = remotes.iter().cloned().collect();
        let query = BaseQuery {
            user: &UserName::parse("acme").unwrap(),
            repository: &RepositoryName::parse("acme/server").unwrap(),
            remotes: &remotes,
            branch: &BranchName::parse("feature/x").unwrap(),
            own: &index(own),
        };
        find_base(&query, &indexes)
    }

    #[test]
    fn only_the_repositorys_own_index_of_the_branch_is_a_base() {
        let (server, fork) = (hash("https://git.example/acme/server"), hash("https://git.example/eve/server"));
        let ours = || known("acme/server", Some(server.clone()), &[]);
        let remotes = [server.clone()];
        let of = |indexes: &[(&str, KnownIndex)]| found("acme/client-x", &remotes, indexes);
        assert_eq!(of(&[("acme/server-x", ours())]), FoundBase::Index(index("acme/server-x")));
        let forked = known("acme/server", Some(fork), &[]);
        assert_eq!(of(&[("acme/a", forked.clone())]), FoundBase::OtherRemote(index("acme/a")));
        assert_eq!(of(&[("acme/a", forked), ("acme/b", ours())]), FoundBase::Index(index("acme/b")));
        assert_eq!(of(&[("acme/a", known("acme/server", None, &[]))]), FoundBase::OtherRemote(index("acme/a")));
        // Another user can write any record.
        assert_eq!(of(&[("eve/server-x", ours())]), FoundBase::None);
        let mut other_branch = ours();
        other_branch.record.as_mut().unwrap().branch = "feature/y".into();
        assert_eq!(of(&[("acme/server-y", other_branch)]), FoundBase::None);
        let deleted = KnownIndex { volatile: true, ..ours() };
        assert_eq!(of(&[("acme/server-x", deleted)]), FoundBase::BeingDeleted(index("acme/server-x")));
        assert_eq!(of(&[("acme/by-hand", KnownIndex { record: None, ..ours() })]), FoundBase::None);
    }

    #[test]
    fn with_a_remote_on_disk_records_without_a_remote_count() {
        let local = known("acme/server", None, &[]);
        let of = |known: KnownIndex| found("acme/client-x", &[], &[("acme/server-x", known)]);
        assert_eq!(of(local), FoundBase::Index(index("acme/server-x")));
        let elsewhere = known("acme/server", Some(hash("https://git.example/acme/server")), &[]);
        assert_eq!(of(elsewhere), FoundBase::OtherRemote(index("acme/server-x")));
    }

    #[test]
    fn two_indexes_are_never_bases_of_each_other() {
        let server = |bases: &[&str]| known("acme/server", None, bases);
        let other = |bases: &[&str]| known("acme/other", None, bases);
        let circle = FoundBase::Circle(index("acme/m"));
        for own in ["acme/a", "acme/z"] {
            assert_eq!(found(own, &[], &[("acme/m", server(&[own])), (own, other(&[]))]), circle, "{own}");
            let longer = [("acme/m", server(&["acme/q"])), ("acme/q", other(&["acme/m", own])), (own, other(&[]))];
            assert_eq!(found(own, &[], &longer), circle, "{own}");
        }
        // Both were added at the same time.
        let both = |own: &str| found(own, &[], &[("acme/m", server(&[own])), (own, other(&["acme/m"]))]);
        assert_eq!((both("acme/a"), both("acme/z")), (FoundBase::Index(index("acme/m")), circle));
    }

    #[test]
    fn bases_come_and_go_and_those_of_a_person_stay() {
        let change = |current: &[&str], wanted: &[&str], indexes: &[(&str, KnownIndex)]| {
            let current: Vec<String> = current.iter().map(|name| (*name).to_owned()).collect();
            let change = BaseChange {
                current: &current,
                wanted: &wanted.iter().map(|name| index(name)).collect::<Vec<_>>(),
                standard: &[index("acme/prod"), index("root/pypi")],
                repository: &RepositoryName::parse("acme/client").unwrap(),
                users: &[UserName::parse("acme").unwrap()].into(),
            };
            let indexes = indexes.iter().map(|(name, known)| (index(name), known.clone())).collect();
            changed_bases(&change, &indexes).map(|bases| bases.join(" "))
        };
        let server = || ("acme/server-x", known("acme/server", None, &[]));
        let standard = &["acme/prod", "root/pypi"][..];
        assert_eq!(
            change(standard, &["acme/server-x"], &[server()]).as_deref(),
            Some("acme/server-x acme/prod root/pypi")
        );
        let with = &["acme/server-x", "acme/prod", "root/pypi"][..];
        assert_eq!(change(with, &["acme/server-x"], &[server()]), None);
        assert_eq!(change(&["acme/prod", "acme/server-x"], &["acme/server-x"], &[server()]), None, "the order stays");
        // Deleted on the server, or not wanted any more.
        assert_eq!(change(with, &[], &[]).as_deref(), Some("acme/prod root/pypi"));
        assert_eq!(change(with, &[], &[server()]).as_deref(), Some("acme/prod root/pypi"));
        // Of a person: without a record, of this repository, of another user, a mirror, a name outside our rules.
        let by_hand = KnownIndex { record: None, bases: vec![], volatile: false };
        let own = ("acme/stacked", known("acme/client", None, &[]));
        let kept = &["acme/by-hand", "acme/stacked", "eve/x", "strange", "acme/prod"][..];
        assert_eq!(change(kept, &[], &[("acme/by-hand", by_hand), own]), None);
    }
}
