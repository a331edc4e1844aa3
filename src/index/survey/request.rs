//! The options of a survey.

use crate::git::LsRemote;
use crate::model::staleness::{GracePeriod, ProbablyMerged};
use crate::settings::PruneLimit;

/// The default limit of deletions in one run.
const DEFAULT_LIMIT: usize = 20;
/// The number of deletions that are allowed even if they are more than half of all indexes.
const MIN_LIMIT: usize = 5;
/// How many indexes are read by a hook, and for an answer that deletes nothing.
const MAX_BOUNDED_READS: usize = 40;

/// The options of a survey.
#[derive(Debug, Clone, Copy)]
pub struct SurveyRequest {
    /// Whether `keep-for` applies.
    pub grace: GracePeriod,
    /// When the remote is asked.
    pub query: QueryRemote,
    /// How the remote is asked. The deadline counts from the start of the survey.
    pub how: LsRemote,
    /// What happens to commits that this clone does not have.
    pub missing: MissingCommits,
    /// Which indexes are read.
    pub read: ReadContents,
    /// Whether the changes of branches are looked for in release branches.
    pub patches: ComparePatches,
}

/// Whether the changes of branches with commits of their own are looked for in release branches, after a squash merge or a rebase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparePatches {
    /// They are not: it costs several processes for each branch.
    No,
    /// They are, and what is found counts as merged under this condition. `squash-merges` of the release branch may extend `Kept`.
    Yes(ProbablyMerged),
}

/// How many indexes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// How many may be deleted in this run: when one more can be, no more are read.
    pub run: RunLimit,
    /// How many are read at most.
    pub reads: usize,
}

impl ReadLimits {
    /// For a hook, and for an answer that deletes nothing: so many that it comes within a second.
    pub fn bounded(limit: PruneLimit) -> Self {
        Self { run: RunLimit::Limited(limit), reads: MAX_BOUNDED_READS }
    }
}

/// How many indexes one run may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunLimit {
    /// `prune-limit`.
    Limited(PruneLimit),
    /// All of them (`--force`).
    Unlimited,
}

impl RunLimit {
    /// The number for `total` indexes of branches: as set; else 20, but at most half of them, and at least 5.
    pub fn deletions(self, total: usize) -> usize {
        match self {
            Self::Limited(PruneLimit::Count(count)) => count,
            Self::Limited(PruneLimit::Usual) => DEFAULT_LIMIT.min((total / 2).max(MIN_LIMIT)),
            Self::Unlimited => usize::MAX,
        }
    }
}

/// When the remote is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryRemote {
    /// If the state of an index depends on it.
    WhenStateDependsOnIt,
    /// If an index might be deleted after it; not for release branches alone.
    WhenDeletionDependsOnIt,
}

/// What happens to commits that this clone does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingCommits {
    /// They stay missing: some states are unknown.
    Leave,
    /// The tips of release branches are fetched.
    Fetch,
}

/// Which indexes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadContents {
    /// Those whose branch is merged or gone, the oldest first, within these limits. The others are not deleted.
    Candidates(ReadLimits),
    /// None: what is asked does not depend on their age.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_of_all_is_too_much_unless_it_is_little() {
        let cases = [(0, 5), (5, 5), (10, 5), (11, 5), (12, 6), (30, 15), (40, 20), (400, 20)];
        for (total, expected) in cases {
            assert_eq!(RunLimit::Limited(PruneLimit::Usual).deletions(total), expected, "{total}");
        }
        assert_eq!(RunLimit::Limited(PruneLimit::Count(300)).deletions(4), 300);
    }
}
