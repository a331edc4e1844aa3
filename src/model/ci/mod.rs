//! Detects the CI system and reads the current build from its environment variables.
//!
//! `table.rs` has one row for each system. An empty variable counts as unset, except for the build number, where it is an error.

mod counter_name;
mod event;
mod pull_request;
mod row;
mod table;
mod value;

pub use counter_name::is_counter_name;
pub use event::GithubEvent;
pub use pull_request::PullRequest;
pub use value::{CiNumberError, CiValue, Lookup};

use row::Row;

/// One build on a CI system.
///
/// At most one of `branch`, `pull_request` and `tag` is set: the branch variable of a pull request is often the *target*, and that of a
/// tag build the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiBuild {
    /// The system's name; `CI` when only the variable `CI` is set.
    pub system: &'static str,
    /// The build number, not validated, possibly empty.
    pub number: Option<CiValue>,
    /// The branch of a branch build.
    pub branch: Option<CiValue>,
    /// The pull or merge request of its build.
    pub pull_request: Option<PullRequest>,
    /// The tag of a tag build.
    pub tag: Option<String>,
    /// The full object name of the commit. For a pull request it is often a merge commit that no branch contains.
    pub commit: Option<String>,
    /// The URL of the build's page.
    pub url: Option<String>,
    /// The repository's default branch.
    pub default_branch: Option<CiValue>,
    /// For systems without a usable build number: the reason, and what to set instead.
    pub number_hint: Option<&'static str>,
    /// Why two builds of one branch may have the same number, and what to set instead.
    pub repeated_number_hint: Option<&'static str>,
}

impl CiBuild {
    /// Detects the current build; `None` outside CI.
    ///
    /// A build runs in CI when a row of the table matches, or when `CI` is set and neither empty, `false` nor `0`.
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
            repeated_number_hint: row.repeated_number_hint,
        }
    }
}

fn number(variable: &str, lookup: &Lookup<'_>) -> Option<CiValue> {
    lookup(variable).map(|value| CiValue { variable: variable.to_owned(), value })
}

/// All variables that the table reads, sorted. For the manual, and for tests that have to hide the CI system they run in.
pub fn variables() -> Vec<&'static str> {
    let mut variables: Vec<_> =
        table::ROWS.iter().chain([&table::UNKNOWN_SYSTEM]).flat_map(|row| row.variables()).collect();
    variables.sort_unstable();
    variables.dedup();
    variables
}

#[cfg(test)]
mod tests;
