//! What a survey reads and asks.

use crate::git::LsRemote;
use crate::model::staleness::GracePeriod;

/// What is wanted of a survey.
#[derive(Debug, Clone, Copy)]
pub struct SurveyRequest {
    /// Whether merged branches have the benefit of `keep-for`.
    pub grace: GracePeriod,
    /// When the remote is asked.
    pub query: QueryRemote,
    /// How the remote is asked. Its deadline counts from the survey's beginning.
    pub how: LsRemote,
    /// What is done about commits that are missing in this clone.
    pub missing: MissingCommits,
    /// Of which indexes the contents are read.
    pub read: ReadContents,
}

/// When the remote is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryRemote {
    /// When the state of any index turns on it.
    WhenStateDependsOnIt,
    /// When an index might be deleted after it: not for release branches alone.
    WhenDeletionDependsOnIt,
}

/// What is done about commits that are missing in this clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingCommits {
    /// Nothing: what cannot be decided is unknown.
    Leave,
    /// The tips of release branches are fetched.
    Fetch,
}

/// Of which indexes the contents are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadContents {
    /// Of those whose age decides.
    WhereAgeDecides,
    /// Of all that are merged or gone, to show when they were last used.
    Candidates,
}
