//! Pull and merge requests. Their head repository determines the branch name of their builds.

use super::event::GithubEvent;
use super::row::{self, Condition, HeadRepository, PullRequestRule};
use super::value::{CiValue, Lookup};

/// The pull or merge request of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number, digits only.
    pub number: Option<String>,
    /// Whether its builds belong to the head branch: that is in the base repository, not in a fork, and both are counted together. `None`
    /// when the variables do not tell.
    pub same_repository: Option<bool>,
    /// The head branch, in either repository.
    pub head_branch: Option<CiValue>,
    /// The path of GitHub's event file, see [`PullRequest::with_event`].
    pub event_path: Option<String>,
}

impl PullRequest {
    pub(super) fn from_rule(rule: &PullRequestRule, lookup: &Lookup<'_>) -> Option<Self> {
        if !rule.conditions.iter().any(|condition| condition.holds(lookup)) {
            return None;
        }
        Some(Self {
            number: rule.numbers.iter().find_map(|variable| number_in(&row::text(variable, lookup)?)),
            same_repository: same_repository(&rule.head_repository, lookup),
            head_branch: row::first(rule.head_branches, lookup),
            event_path: match rule.head_repository {
                HeadRepository::EventFile(variable) => row::text(variable, lookup),
                _ => None,
            },
        })
    }

    /// Adds the fields of GitHub's event to those of the variables.
    #[must_use]
    pub fn with_event(mut self, event: &GithubEvent) -> Self {
        self.number = self.number.or_else(|| event.number.clone());
        self.same_repository = event.same_repository.or(self.same_repository);
        self
    }

    /// The branch whose index the build uses: the head branch when it is known to be in the same repository, else `pull/<number>`.
    /// `None` when both are unknown.
    pub fn branch(&self) -> Option<String> {
        match (&self.head_branch, self.same_repository) {
            (Some(head), Some(true)) => Some(head.value.clone()),
            _ => self.number.as_ref().map(|number| format!("pull/{number}")),
        }
    }
}

/// `12`, `refs/pull/12/merge`, `pr/12` → `12`
fn number_in(value: &str) -> Option<String> {
    let prefixes =
        ["refs/pull/", "refs/merge-requests/", "refs/pull-requests/", "pull/", "merge-requests/", "pr/", "PR-"];
    let rest = prefixes.iter().find_map(|prefix| value.strip_prefix(prefix)).unwrap_or(value);
    let digits = rest.split('/').next()?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_owned())
}

fn same_repository(rule: &HeadRepository, lookup: &Lookup<'_>) -> Option<bool> {
    match rule {
        HeadRepository::Unknown | HeadRepository::CountedApart | HeadRepository::EventFile(_) => None,
        HeadRepository::AlwaysSame => Some(true),
        HeadRepository::AlwaysFork => Some(false),
        HeadRepository::ForkFlag(variable) => {
            row::text(variable, lookup).map(|_| !Condition::Set(variable).holds(lookup))
        }
        HeadRepository::Compare(head, base) => {
            Some(repository_path(&row::text(head, lookup)?) == repository_path(&row::text(base, lookup)?))
        }
    }
}

/// Normalises a repository's URL to host and path, so that `git://host/acme/shiny.git` and `git@host:acme/shiny` are equal.
///
/// When two URLs of one repository compare as different, the build is treated as one of a fork, which is safe.
fn repository_path(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, address),
    };
    let rest = match rest.split_once('@') {
        Some((user, rest)) if !user.contains('/') => rest,
        _ => rest,
    };
    let path = if scheme.is_none() { rest.replacen(':', "/", 1) } else { rest.to_owned() };
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_refs() {
        for (value, number) in [
            ("12", Some("12")),
            ("refs/pull/12/merge", Some("12")),
            ("refs/merge-requests/7/head", Some("7")),
            ("pr/3", Some("3")),
            ("PR-3", Some("3")),
            ("merge-requests/7", Some("7")),
            ("refs/heads/main", None),
            ("false", None),
            ("", None),
        ] {
            assert_eq!(number_in(value).as_deref(), number, "{value}");
        }
    }

    #[test]
    fn addresses_of_one_repository_are_one() {
        for address in [
            "git@example.com:Acme/shiny.git",
            "git://example.com/acme/shiny.git",
            "https://user@example.com/acme/shiny/",
            "ssh://git@example.com/acme/shiny",
        ] {
            assert_eq!(repository_path(address), "example.com/acme/shiny", "{address}");
        }
        assert_ne!(repository_path("git@example.com:fork/shiny"), repository_path("git@example.com:acme/shiny"));
    }

    #[test]
    fn only_a_head_of_the_same_repository_lends_its_name() {
        let head_branch = Some(CiValue { variable: "GITHUB_HEAD_REF".into(), value: "main".into() });
        let request = |same_repository, number: Option<&str>| PullRequest {
            number: number.map(str::to_owned),
            same_repository,
            head_branch: head_branch.clone(),
            event_path: None,
        };
        assert_eq!(request(Some(true), Some("12")).branch().as_deref(), Some("main"));
        assert_eq!(request(Some(false), Some("12")).branch().as_deref(), Some("pull/12"));
        assert_eq!(request(None, Some("12")).branch().as_deref(), Some("pull/12"));
        assert_eq!(request(None, None).branch(), None);
        let event = GithubEvent { number: Some("9".into()), same_repository: Some(true) };
        assert_eq!(request(None, None).with_event(&event).branch().as_deref(), Some("main"));
    }
}
