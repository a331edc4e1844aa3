//! The states of an index and the reasons for them.

use std::fmt;

use super::super::names::{IndexName, harmless};

/// What is to become of an index. The order of the variants is the order in which the rule looks: the first that fits holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is not ours, or another repository's.
    Foreign,
    /// It is a claim.
    Claim {
        /// Whether its time has run out.
        expired: bool,
    },
    /// It stays, whatever its branch does.
    Protected(Protection),
    /// It would be merged or gone, but something happened on it just now.
    Ending,
    /// Its branch is no longer on the remote.
    Gone,
    /// It cannot be decided.
    Unknown(UnknownReason),
    /// Its branch has no commits of its own yet, so that it only looks merged.
    Fresh,
    /// Its branch had commits of its own, and all of them are in a release branch.
    Merged,
    /// Its branch is being worked on.
    Live,
}

/// Why an index stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
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

/// Why nothing can be decided about an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnknownReason {
    /// The remote did not answer; why, in a few words.
    Unreachable(String),
    /// The remote answered, and what follows cannot be told in this clone; why, in half a sentence.
    Inconclusive(String),
    /// The remote that answered is not known to be the repository.
    OtherRepository,
    /// The remote has no branches.
    NoBranches,
    /// The remote has none of the release branches.
    NoReleaseBranch,
    /// The remote shows no pull requests, so nothing follows for this one.
    NoPullRequests,
    /// Whether the branch is contained in a release branch cannot be seen from this clone.
    Ancestry,
}

/// What an index would be if nothing had happened on it lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// Its branch is gone.
    Gone,
    /// Its branch is merged.
    Merged,
}

/// The state of an index, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The state.
    pub state: State,
    /// Why, in half a sentence that is safe for a terminal.
    pub reason: String,
    /// What it will be when `keep-for` is over; set where [`Activity`](super::Activity) matters, so that only there it need be read.
    pub candidate: Option<Candidate>,
}

impl State {
    /// The state in one word, for tables and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Claim { .. } => "claim",
            Self::Protected(_) => "protected",
            Self::Ending => "ending",
            Self::Gone => "gone",
            Self::Unknown(_) => "unknown",
            Self::Fresh => "fresh",
            Self::Merged => "merged",
            Self::Live => "live",
        }
    }

    /// Whether a clean-up takes it away.
    pub fn is_deletable(&self) -> bool {
        matches!(self, Self::Claim { expired: true } | Self::Gone | Self::Merged)
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
            Self::Unreachable(why) => write!(f, "the remote did not answer: {}", harmless(why)),
            Self::Inconclusive(why) => f.write_str(&harmless(why)),
            Self::OtherRepository => f.write_str("the remote that was asked is not known to be the repository"),
            Self::NoBranches => f.write_str("the remote says that it has no branches"),
            Self::NoReleaseBranch => f.write_str("the remote says that it has none of the release branches"),
            Self::NoPullRequests => f.write_str("the remote does not show its pull requests"),
            Self::Ancestry => {
                f.write_str("whether its branch is contained in a release branch cannot be decided in this clone")
            }
        }
    }
}
