//! The states of an index and the reasons for them.

use std::fmt;

use super::clock_doubt::ClockDoubt;

use super::super::names::{CommitId, IndexName, escape_for_terminal};

/// The state of an index. The rule checks the variants in this order and returns the first that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The index has no git-devpi record, or belongs to another repository.
    Foreign,
    /// The index is a claim.
    Claim(ClaimState),
    /// The index is kept, whatever the state of its branch.
    Protected(Protection),
    /// Merged or gone, but used or created within `keep-for`.
    Ending,
    /// The branch does not exist on the remote.
    Gone,
    /// The state cannot be determined.
    Unknown(UnknownReason),
    /// The branch has no commits of its own yet, so that its tip is contained in a release branch without a merge.
    Fresh,
    /// The branch had commits of its own, and a release branch contains all of them.
    Merged,
    /// A release branch has the changes of the branch, but not its commits: a squash merge, a rebase or cherry-picks.
    ProbablyMerged {
        /// Whether it counts as merged.
        counts: bool,
    },
    /// The branch has commits that no release branch contains.
    Live,
}

/// The state of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// Its holder is building.
    Active,
    /// It expired without a release. Its holder may be suspended and continue to write, so its name must not be used again yet.
    Expired,
    /// It expired, and its name is safe: the release is published, its build failed, or it expired a day ago.
    Obsolete,
}

/// The reason why an index is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// A build has an active claim on it.
    BeingBuilt(IndexName),
    /// Its branch is checked out in a worktree.
    CheckedOut,
    /// Another index has it as a base.
    BaseOf(IndexName),
    /// Its branch is a release branch on the remote.
    ReleaseBranch,
    /// Its branch is on the remote and matches `protected`.
    MatchesProtected,
    /// It is a production index.
    Production,
}

/// The reason why the state of an index cannot be determined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnknownReason {
    /// The remote did not answer; the reason as a short phrase.
    Unreachable(String),
    /// The remote answered, but this clone cannot evaluate the answer; the reason as a clause.
    Inconclusive(String),
    /// The record names another remote than the one that answered.
    OtherRemote,
    /// The record names no remote, and the one that answered is not known to be the repository.
    NoRemoteInRecord,
    /// The remote has no branches.
    NoBranches,
    /// The remote has none of the release branches.
    NoReleaseBranch,
    /// The remote shows no pull request refs.
    NoPullRequests,
    /// The remote does not list all of its branches.
    HiddenBranches,
    /// The server's clock is not trusted.
    Clock(ClockDoubt),
    /// This clone cannot determine whether a release branch contains the branch.
    Ancestry,
    /// The remote lacks this commit, the newest that was built on a release branch: it may lag behind.
    StaleRemote(CommitId),
    /// This clone cannot determine whether the remote contains this commit, the newest that was built on a release branch.
    RemoteAge(CommitId),
}

/// The state of an index after `keep-for` has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// Its branch is gone.
    Gone,
    /// Its branch is merged.
    Merged,
    /// Its branch is probably merged, and counts as merged.
    ProbablyMerged,
}

/// The state of an index with the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The state.
    pub state: State,
    /// The reason as a clause, escaped for terminals.
    pub reason: String,
    /// The state after `keep-for`. Set when [`Activity`](super::Activity) matters, so that callers read it for these indexes only.
    pub candidate: Option<Candidate>,
}

impl Candidate {
    /// The state as one word, as of [`State::as_str`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => State::Gone.as_str(),
            Self::Merged => State::Merged.as_str(),
            Self::ProbablyMerged => State::ProbablyMerged { counts: true }.as_str(),
        }
    }
}

impl UnknownReason {
    /// Whether the user can settle it by saying that the remote is the repository.
    pub fn is_about_authority(&self) -> bool {
        matches!(self, Self::OtherRemote | Self::NoRemoteInRecord | Self::StaleRemote(_) | Self::RemoteAge(_))
    }
}

impl Assessment {
    /// An index whose state cannot be determined.
    pub fn unknown(reason: UnknownReason) -> Self {
        let text = reason.to_string();
        Self { state: State::Unknown(reason), reason: text, candidate: None }
    }

    /// An index whose branch was reset to a commit of a release branch: what was built from it is in none.
    pub fn reset() -> Self {
        let reason = "its branch points to a commit of a release branch, and what was built from it is in none";
        Self { state: State::Fresh, reason: reason.to_owned(), candidate: None }
    }

    /// An index whose branch was created again, or reset, at a commit of a release branch that was built there before.
    pub fn fresh_again() -> Self {
        let reason = "its branch points to a commit that a release branch had before it was built here";
        Self { state: State::Fresh, reason: reason.to_owned(), candidate: None }
    }
}

impl State {
    /// The state as one word, for tables and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Claim(_) => "claim",
            Self::Protected(_) => "protected",
            Self::Ending => "ending",
            Self::Gone => "gone",
            Self::Unknown(_) => "unknown",
            Self::Fresh => "fresh",
            Self::Merged => "merged",
            Self::ProbablyMerged { .. } => "probably merged",
            Self::Live => "live",
        }
    }

    /// Whether `prune` deletes the index.
    pub fn is_deletable(&self) -> bool {
        matches!(
            self,
            Self::Claim(ClaimState::Obsolete) | Self::Gone | Self::Merged | Self::ProbablyMerged { counts: true }
        )
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeingBuilt(claim) => write!(f, "a build on it is in progress: {claim}"),
            Self::CheckedOut => f.write_str("its branch is checked out in a worktree"),
            Self::BaseOf(index) => write!(f, "{index} has it as a base"),
            Self::ReleaseBranch => f.write_str("its branch is a release branch on the remote"),
            Self::MatchesProtected => f.write_str("its branch is on the remote and matches `protected`"),
            Self::Production => f.write_str("it is a production index"),
        }
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the remote did not answer: {}", escape_for_terminal(why)),
            Self::Inconclusive(why) => f.write_str(&escape_for_terminal(why)),
            Self::OtherRemote => {
                f.write_str("its record names another remote, and this one is not known to be the repository")
            }
            Self::NoRemoteInRecord => {
                f.write_str("its record names no remote, and this one is not known to be the repository")
            }
            Self::NoBranches => f.write_str("the remote lists no branches"),
            Self::NoReleaseBranch => f.write_str("the remote lists none of the release branches"),
            Self::HiddenBranches => f.write_str("the remote does not list all of its branches"),
            Self::Clock(doubt) => doubt.fmt(f),
            Self::NoPullRequests => f.write_str("the remote lists no pull requests"),
            Self::StaleRemote(commit) => write!(
                f,
                "no release branch on the remote contains {}, the newest commit that was built on one: it may lag behind",
                commit.short()
            ),
            Self::RemoteAge(commit) => write!(
                f,
                "this clone cannot determine whether the remote contains {}, the newest commit built on a release branch",
                commit.short()
            ),
            Self::Ancestry => {
                f.write_str("this clone cannot determine whether its branch is contained in a release branch")
            }
        }
    }
}
