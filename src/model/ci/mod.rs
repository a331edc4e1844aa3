//! What a CI system says about a build, read from the variables that it sets.
//!
//! `table.rs` holds one row per system; this module holds what a row means. A variable that is set to nothing counts as not set, but
//! for the build number: there, an empty variable is a mistake that somebody wants to hear of.

mod event;
mod pull_request;
mod row;
mod table;
mod value;

pub use event::GithubEvent;
pub use pull_request::PullRequest;
pub use value::{CiNumberError, CiValue, Lookup};

use row::Row;

/// One build on a CI system.
///
/// Of `branch`, `pull_request` and `tag` at most one is there: what CI calls the branch of a pull request is often the *target*, and
/// that of a tag build the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiBuild {
    /// The system's name; `CI` where only that variable is set.
    pub system: &'static str,
    /// The build number, unchecked, also when it is empty.
    pub number: Option<CiValue>,
    /// The branch that is being built.
    pub branch: Option<CiValue>,
    /// The pull or merge request that is being built.
    pub pull_request: Option<PullRequest>,
    /// The tag that is being built.
    pub tag: Option<String>,
    /// The commit, in full. For pull requests often a merge commit that is on no branch.
    pub commit: Option<String>,
    /// Where people can look at the build.
    pub url: Option<String>,
    /// The repository's default branch.
    pub default_branch: Option<CiValue>,
    /// For systems without a usable number of their own: why, and what to set instead.
    pub number_hint: Option<&'static str>,
}

impl CiBuild {
    /// The build that is going on; `None` outside CI.
    ///
    /// CI is where a row of the table matches, or where `CI` is set to anything but nothing, `false` or `0`.
    pub fn detect(lookup: &Lookup<'_>) -> Option<Self> {
        let row = table::ROWS.iter().chain([&table::UNKNOWN_SYSTEM]).find(|row| row.matches(lookup))?;
        Some(Self::from_row(row, lookup))
    }

    fn from_row(row: &Row, lookup: &Lookup<'_>) -> Self {
        let pull_request = row.pull_requests.iter().find_map(|rule| PullRequest::from_rule(rule, lookup));
        let tag = if pull_request.is_none() { row::first(row.tags, lookup) } else { None };
        let is_branch_build = pull_request.is_none() && tag.is_none();
        Self {
            system: row.system,
            number: row.numbers.iter().find_map(|variable| number(variable, lookup)),
            branch: if is_branch_build { row::first(row.branches, lookup) } else { None },
            pull_request,
            tag: tag.map(|tag| tag.value),
            commit: row.commits.iter().find_map(|variable| row::commit(variable, lookup)),
            url: row.urls.iter().find_map(|template| row::url(template, lookup)),
            default_branch: row::first(row.default_branches, lookup),
            number_hint: row.number_hint,
        }
    }
}

fn number(variable: &str, lookup: &Lookup<'_>) -> Option<CiValue> {
    lookup(variable).map(|value| CiValue { variable: variable.to_owned(), value })
}

/// Every variable that the table reads, sorted: for tests that must not see the CI they run in, and for the manual.
pub fn variables() -> Vec<&'static str> {
    let mut variables: Vec<_> =
        table::ROWS.iter().chain([&table::UNKNOWN_SYSTEM]).flat_map(|row| row.variables()).collect();
    variables.sort_unstable();
    variables.dedup();
    variables
}

#[cfg(test)]
mod tests;
