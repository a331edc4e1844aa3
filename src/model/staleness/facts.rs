//! The facts that the staleness rule takes as input.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::super::authority::Authority;
use super::super::names::{BranchName, CommitId, IndexName, RepositoryName};
use super::super::record::Record;
use super::super::remote_url::RemoteHash;
use super::clock_doubt::ClockDoubt;
use super::state::UnknownReason;

/// The number of commits that a reason names.
const MAX_SHOWN_COMMITS: usize = 3;

/// Whether one commit is an ancestor of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Containment {
    /// It is contained.
    Yes,
    /// It is not contained.
    No,
    /// Unknown: the clone is shallow or partial, or objects are missing.
    #[default]
    Unknown,
}

/// How the changes of a branch got into a release branch that does not contain its commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchMerge {
    /// As one commit.
    Squashed(CommitId),
    /// As these commits, one for each commit with changes.
    Rebased(Vec<CommitId>),
}

impl fmt::Display for PatchMerge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commits = match self {
            Self::Squashed(commit) => std::slice::from_ref(commit),
            Self::Rebased(commits) => commits,
        };
        let shown: Vec<&str> = commits.iter().take(MAX_SHOWN_COMMITS).map(CommitId::short).collect();
        write!(f, "a release branch has the same changes as {}", shown.join(", "))?;
        match commits.len().saturating_sub(MAX_SHOWN_COMMITS) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// The input that is common to all indexes of a survey.
#[derive(Debug, Clone, Copy)]
pub struct Survey<'a> {
    /// The repository whose indexes are assessed.
    pub repository: &'a RepositoryName,
    /// The remote's answer.
    pub remote: &'a RemoteAnswer,
    /// The current time by the *server's* clock, because it is compared with times from the server's log.
    pub now: Timestamp,
    /// Why the server's clock is not trusted, if it is not: then no age counts, and no index is deleted.
    pub clock_doubt: Option<ClockDoubt>,
    /// How long an index is kept after the last upload to it.
    pub keep_for: Duration,
    /// Whether `keep_for` applies.
    pub grace: GracePeriod,
    /// What happens to the index of a probably merged branch.
    pub probably_merged: ProbablyMerged,
}

/// What happens to the index of a branch whose changes are in a release branch, but whose commits are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProbablyMerged {
    /// It is kept.
    #[default]
    Kept,
    /// It counts as merged if it is 14 days old (`squash-merges`).
    MergedWhenOld,
    /// It counts as merged (`prune --include probably-merged`).
    Merged,
}

/// Whether `keep_for` applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GracePeriod {
    /// `keep_for` applies.
    #[default]
    Applies,
    /// It does not (`prune --now`). An index in use is kept all the same.
    Skipped,
}

/// The remote's answer to `git ls-remote`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteAnswer {
    /// The remote did not answer; the reason as a short phrase.
    Unreachable(String),
    /// The remote answered, but this clone cannot evaluate the answer; the reason as a clause.
    Inconclusive(String),
    /// The remote listed its refs.
    Listed(RemoteListing),
}

/// The refs of a remote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteListing {
    /// The records that this remote decides about. A listing of a fork, or of a hostile clone with the same settings, never leads to a
    /// deletion.
    pub authority: Authority,
    /// All branches.
    pub branches: BTreeSet<BranchName>,
    /// The release branches among them.
    pub release_branches: BTreeSet<BranchName>,
    /// The default branch, if the remote names one.
    pub default_branch: Option<BranchName>,
    /// Branches that the remote has and does not list.
    pub hidden: BTreeSet<BranchName>,
    /// The numbers of the pull or merge requests that have a ref, see [`pull_request_number`].
    pub pull_requests: BTreeSet<String>,
}

/// The number of the pull or merge request of a remote ref: `refs/pull/7/head` (GitHub,
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
    /// Whether `branch`, whose index's record names `remote`, exists on the remote; for `pull/N`, whether that pull request has a ref.
    pub(super) fn presence(&self, branch: &BranchName, remote: Option<&RemoteHash>) -> Presence {
        let listing = match self {
            Self::Unreachable(why) => return Presence::Undecided(UnknownReason::Unreachable(why.clone())),
            Self::Inconclusive(why) => return Presence::Undecided(UnknownReason::Inconclusive(why.clone())),
            Self::Listed(listing) => listing,
        };
        if !listing.authority.decides(remote) {
            return Presence::Undecided(match remote {
                Some(_) => UnknownReason::OtherRemote,
                None => UnknownReason::NoRemoteInRecord,
            });
        }
        if listing.branches.is_empty() {
            return Presence::Undecided(UnknownReason::NoBranches);
        }
        let is_listed = listing.branches.contains(branch);
        let default_is_listed =
            listing.default_branch.as_ref().is_none_or(|default| listing.branches.contains(default));
        if !is_listed && (listing.hidden.contains(branch) || !default_is_listed) {
            return Presence::Undecided(UnknownReason::HiddenBranches);
        }
        if listing.branches.is_disjoint(&listing.release_branches) {
            return Presence::Undecided(UnknownReason::NoReleaseBranch);
        }
        if is_listed {
            return Presence::Present;
        }
        match branch.as_str().strip_prefix("pull/") {
            Some(number) if listing.pull_requests.contains(number) => Presence::Present,
            // A remote without any pull request ref probably hides them, so this one may still be open.
            Some(_) if listing.pull_requests.is_empty() => Presence::Undecided(UnknownReason::NoPullRequests),
            _ => Presence::Absent,
        }
    }

    /// Whether the remote listed its refs and decides about a record that names `remote`.
    pub fn decides(&self, remote: Option<&RemoteHash>) -> bool {
        matches!(self, Self::Listed(listing) if listing.authority.decides(remote))
    }

    /// Whether `branch` is a release branch on the remote. Valid after [`Presence::Present`] only.
    pub(super) fn is_release_branch(&self, branch: &BranchName) -> bool {
        matches!(self, Self::Listed(listing) if listing.release_branches.contains(branch))
    }
}

/// Facts about an index, from the server.
#[derive(Debug, Clone, Copy)]
pub struct IndexFacts<'a> {
    /// Its git-devpi record, if it has one.
    pub record: Option<&'a Record>,
    /// Whether its name has the form of a claim's and it is volatile, as every claim is.
    pub is_claim_shaped: bool,
    /// Whether it is a claim whose release is on its branch's index.
    pub is_released: bool,
    /// Whether it is the production index of the settings.
    pub is_production: bool,
    /// Another index, not a claim, that has this one as a base.
    pub base_of: Option<&'a IndexName>,
    /// An active claim of its branch.
    pub claim: Option<&'a IndexName>,
    /// The last activity on it.
    pub activity: Activity,
}

/// The time of the last upload of a release or result to an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activity {
    /// Not read. Reading costs requests, and matters only when [`super::Assessment::candidate`] is set.
    #[default]
    NotRead,
    /// The index is empty.
    Empty,
    /// The time of the newest upload or result.
    Newest(Timestamp),
}

/// Facts about the branch of an index, from the repository. The default (nothing known) never leads to the deletion of the index of a
/// branch that exists on the remote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BranchFacts {
    /// Whether it is checked out in a worktree of this clone.
    pub checked_out: bool,
    /// Whether its name matches `protected`.
    pub matches_protected: bool,
    /// Whether its tip on the remote is contained in a release branch on the remote.
    pub merged: Containment,
    /// Whether it has commits of its own now; the record stores earlier observations.
    pub has_own_commits: bool,
    /// How its changes got into a release branch that does not contain its tip, if they were looked for and found.
    pub patch_merge: Option<PatchMerge>,
}
