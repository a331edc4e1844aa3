//! The options of a survey.

use crate::git::LsRemote;
use crate::model::staleness::{GracePeriod, ProbablyMerged};

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
    /// Those whose age decides.
    WhereAgeDecides,
    /// All whose branch is merged or gone, to show their last use.
    Candidates,
    /// None: what is asked does not depend on their age.
    Nothing,
}
