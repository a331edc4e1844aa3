//! What the rule must be told.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::super::names::{BranchName, IndexName, RepositoryName};
use super::super::record::Record;
use super::state::UnknownReason;

/// Whether one history contains another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Containment {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It cannot be decided: the clone is shallow or partial, or objects are missing.
    #[default]
    Unknown,
}

/// What is the same for every index that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Survey<'a> {
    /// The repository whose indexes are ours.
    pub repository: &'a RepositoryName,
    /// What the remote answered.
    pub remote: &'a RemoteAnswer,
    /// The time by the *server's* clock: what it is compared with stands in the server's log.
    pub now: Timestamp,
    /// How long an index is kept after the last upload to it.
    pub keep_for: Duration,
    /// Whether merged branches have the benefit of `keep_for`.
    pub grace: GracePeriod,
}

/// Whether merged branches have the benefit of `keep_for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GracePeriod {
    /// They have.
    #[default]
    Applies,
    /// They have not (`prune --now`). Branches that are gone have it all the same.
    SkippedForMerged,
}

/// The remote's answer to `git ls-remote`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteAnswer {
    /// It did not answer; why, in a few words.
    Unreachable(String),
    /// It answered, and what follows cannot be told in this clone; why, in half a sentence.
    Inconclusive(String),
    /// It answered.
    Listed(RemoteListing),
}

/// What a remote says that it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteListing {
    /// Whether this remote *is* the repository, by its own URL or because git config or the environment says so. A fork, or a hostile
    /// clone that carries our settings, decides nothing.
    pub is_authoritative: bool,
    /// All of its branches.
    pub branches: BTreeSet<BranchName>,
    /// Those of them that are release branches.
    pub release_branches: BTreeSet<BranchName>,
    /// The numbers of the pull or merge requests that it has a ref for, see [`pull_request_number`].
    pub pull_requests: BTreeSet<String>,
}

/// The number of the pull or merge request that a ref of a remote belongs to, as the forges name them: `refs/pull/7/head` (GitHub,
/// Gitea, Azure), `refs/merge-requests/7/head` (GitLab), `refs/pull-requests/7/from` (Bitbucket).
pub fn pull_request_number(ref_name: &str) -> Option<&str> {
    let rest = ["refs/pull/", "refs/merge-requests/", "refs/pull-requests/"]
        .iter()
        .find_map(|prefix| ref_name.strip_prefix(prefix))?;
    let (number, _) = rest.split_once('/')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// Whether a branch is on the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    Absent,
    Undecided(UnknownReason),
}

impl RemoteAnswer {
    /// Whether `branch` (or, of the name `pull/N`, that request's ref) is on the remote, if this answer may be taken for one.
    pub(super) fn presence(&self, branch: &BranchName) -> Presence {
        let listing = match self {
            Self::Unreachable(why) => return Presence::Undecided(UnknownReason::Unreachable(why.clone())),
            Self::Inconclusive(why) => return Presence::Undecided(UnknownReason::Inconclusive(why.clone())),
            Self::Listed(listing) => listing,
        };
        if !listing.is_authoritative {
            return Presence::Undecided(UnknownReason::OtherRepository);
        }
        if listing.branches.is_empty() {
            return Presence::Undecided(UnknownReason::NoBranches);
        }
        if listing.branches.is_disjoint(&listing.release_branches) {
            return Presence::Undecided(UnknownReason::NoReleaseBranch);
        }
        if listing.branches.contains(branch) {
            return Presence::Present;
        }
        match branch.as_str().strip_prefix("pull/") {
            Some(number) if listing.pull_requests.contains(number) => Presence::Present,
            // A remote that shows no request at all does not show them; that this one is closed does not follow.
            Some(_) if listing.pull_requests.is_empty() => Presence::Undecided(UnknownReason::NoPullRequests),
            _ => Presence::Absent,
        }
    }

    /// Whether `branch` is a release branch that is on the remote. Only of an answer that decides.
    pub(super) fn is_release_branch(&self, branch: &BranchName) -> bool {
        matches!(self, Self::Listed(listing) if listing.release_branches.contains(branch))
    }
}

/// What the server says about an index.
#[derive(Debug, Clone, Copy)]
pub struct IndexFacts<'a> {
    /// Its record, if it has one of ours.
    pub record: Option<&'a Record>,
    /// Whether the settings name it as the production index.
    pub is_production: bool,
    /// Another index that is no claim and has this one as a base, if there is one.
    pub base_of: Option<&'a IndexName>,
    /// When something last happened on it.
    pub activity: Activity,
}

/// When something was last uploaded to an index, a release or a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activity {
    /// Nobody has looked yet: it costs requests, and matters only where [`super::Assessment::candidate`] is set.
    #[default]
    NotRead,
    /// Nothing is on it.
    Empty,
    /// The newest upload or result is of this moment.
    Newest(Timestamp),
}

/// What the repository says about the branch of an index. The default, nothing known, never leads to a deletion of a branch that is on
/// the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BranchFacts {
    /// Whether it is checked out in a worktree of this clone.
    pub checked_out: bool,
    /// Whether its name matches `protected`.
    pub matches_protected: bool,
    /// Whether its tip on the remote is contained in a release branch on the remote.
    pub merged: Containment,
    /// Whether it has been seen just now with commits of its own; the record remembers earlier sights.
    pub has_own_commits: bool,
}
