//! The types of the CI table's rows, and their evaluation.

use super::super::names::CommitId;
use super::value::{CiValue, Lookup};

/// One CI system: how to detect it, and its variables. In each list the first entry with a value is used.
pub(super) struct Row {
    /// The name, for display.
    pub system: &'static str,
    /// The system is detected when one of these holds.
    pub detect: &'static [Condition],
    /// Build numbers: equal for all jobs of a build, different between builds.
    pub numbers: &'static [&'static str],
    /// The reason for a missing build number, and what to set instead.
    pub number_hint: Option<&'static str>,
    /// Why two builds of one branch may have the same number, and what to set instead.
    pub repeated_number_hint: Option<&'static str>,
    /// The branch of a build of neither a pull request nor a tag.
    pub branches: &'static [Source],
    /// The tag of a tag build.
    pub tags: &'static [Source],
    /// How to detect a build of a pull request.
    pub pull_requests: &'static [PullRequestRule],
    /// The commit.
    pub commits: &'static [&'static str],
    /// Templates of the build page's URL, with `{VARIABLE}` placeholders that must all be set.
    pub urls: &'static [&'static str],
    /// The repository's default branch.
    pub default_branches: &'static [Source],
}

/// An empty row, for struct update syntax.
pub(super) const EMPTY: Row = Row {
    system: "",
    detect: &[],
    numbers: &[],
    number_hint: None,
    repeated_number_hint: None,
    branches: &[],
    tags: &[],
    pull_requests: &[],
    commits: &[],
    urls: &[],
    default_branches: &[],
};

/// A condition on a variable.
pub(super) enum Condition {
    /// The variable is set and neither empty, `false` nor `0`.
    Set(&'static str),
    /// The variable has this value, ignoring case.
    Is(&'static str, &'static str),
    /// The value has this prefix.
    StartsWith(&'static str, &'static str),
}

impl Condition {
    pub(super) fn holds(&self, lookup: &Lookup<'_>) -> bool {
        match self {
            Self::Set(variable) => text(variable, lookup).is_some_and(|v| v != "0" && !v.eq_ignore_ascii_case("false")),
            Self::Is(variable, value) => text(variable, lookup).is_some_and(|v| v.eq_ignore_ascii_case(value)),
            Self::StartsWith(variable, start) => text(variable, lookup).is_some_and(|v| v.starts_with(start)),
        }
    }

    fn variable(&self) -> &'static str {
        match self {
            Self::Set(variable) | Self::Is(variable, _) | Self::StartsWith(variable, _) => variable,
        }
    }
}

/// The source of a branch or tag name.
pub(super) enum Source {
    /// A branch, short or as `refs/heads/…`; other refs are ignored.
    Branch(&'static str),
    /// A remote-tracking branch: `origin/x`.
    Tracking(&'static str),
    /// A tag, short or as `refs/tags/…`.
    Tag(&'static str),
    /// The rest of the value after this prefix; without the prefix, nothing.
    After(&'static str, &'static str),
    /// The value, when the condition holds.
    When(Condition, &'static str),
}

impl Source {
    fn read(&self, lookup: &Lookup<'_>) -> Option<CiValue> {
        let (variable, name) = match self {
            Self::Branch(variable) => (variable, branch(&text(variable, lookup)?)?.to_owned()),
            Self::Tracking(variable) => (variable, tracking(&text(variable, lookup)?)?.to_owned()),
            Self::Tag(variable) => {
                let value = text(variable, lookup)?;
                (variable, value.strip_prefix("refs/tags/").unwrap_or(&value).to_owned())
            }
            Self::After(variable, prefix) => (variable, text(variable, lookup)?.strip_prefix(prefix)?.to_owned()),
            Self::When(condition, variable) if condition.holds(lookup) => (variable, text(variable, lookup)?),
            Self::When(..) => return None,
        };
        (!name.is_empty()).then(|| CiValue { variable: (*variable).to_owned(), value: name })
    }

    fn variables(&self) -> Vec<&'static str> {
        match self {
            Self::Branch(variable) | Self::Tracking(variable) | Self::Tag(variable) | Self::After(variable, _) => {
                vec![variable]
            }
            Self::When(condition, variable) => vec![condition.variable(), variable],
        }
    }
}

/// How to detect a build of a pull request, and its variables.
pub(super) struct PullRequestRule {
    /// The build is one of a pull request when one of these holds.
    pub conditions: &'static [Condition],
    /// The number: digits, or a ref that contains them.
    pub numbers: &'static [&'static str],
    /// The head branch.
    pub head_branches: &'static [Source],
    /// The head repository.
    pub head_repository: HeadRepository,
}

/// How to determine whether the head of a pull request is in the base repository or in a fork.
pub(super) enum HeadRepository {
    /// The system does not tell.
    Unknown,
    /// The system builds pull requests of the same repository only.
    AlwaysSame,
    /// The rule matches pull requests of forks only.
    AlwaysFork,
    /// A variable that is `true` for forks and `false` otherwise.
    ForkFlag(&'static str),
    /// The system counts the builds of a pull request apart from those of its head branch, so that equal numbers mean different commits.
    CountedApart,
    /// Two variables with the head and the base repository.
    Compare(&'static str, &'static str),
    /// A variable with the path of GitHub's event file, which the caller reads.
    EventFile(&'static str),
}

impl Row {
    /// Whether the process runs on this system.
    pub(super) fn matches(&self, lookup: &Lookup<'_>) -> bool {
        self.detect.iter().any(|condition| condition.holds(lookup))
    }

    /// All variables that the row reads.
    pub(super) fn variables(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.detect.iter().map(Condition::variable).collect();
        names.extend(self.numbers.iter().chain(self.commits));
        names.extend(self.branches.iter().chain(self.tags).chain(self.default_branches).flat_map(Source::variables));
        for rule in self.pull_requests {
            names.extend(rule.conditions.iter().map(Condition::variable));
            names.extend(rule.numbers);
            names.extend(rule.head_branches.iter().flat_map(Source::variables));
            match rule.head_repository {
                HeadRepository::Unknown
                | HeadRepository::CountedApart
                | HeadRepository::AlwaysSame
                | HeadRepository::AlwaysFork => {}
                HeadRepository::ForkFlag(name) | HeadRepository::EventFile(name) => names.push(name),
                HeadRepository::Compare(head, base) => names.extend([head, base]),
            }
        }
        for template in self.urls {
            names.extend(pieces(template).into_iter().filter_map(|(_, variable)| variable));
        }
        names
    }
}

/// A variable's value; `None` when it is unset or empty.
pub(super) fn text(variable: &str, lookup: &Lookup<'_>) -> Option<String> {
    lookup(variable).filter(|value| !value.is_empty())
}

/// The value of the first source that has one.
pub(super) fn first(sources: &[Source], lookup: &Lookup<'_>) -> Option<CiValue> {
    sources.iter().find_map(|source| source.read(lookup))
}

/// A full object name. Other values, such as Buildkite's `HEAD`, are ignored.
pub(super) fn commit(variable: &str, lookup: &Lookup<'_>) -> Option<String> {
    let commit = CommitId::parse(&text(variable, lookup)?).ok()?;
    (!commit.is_null()).then(|| commit.as_str().to_owned())
}

/// The expanded URL; `None` when a variable is unset.
pub(super) fn url(template: &'static str, lookup: &Lookup<'_>) -> Option<String> {
    let mut url = String::new();
    for (literal, variable) in pieces(template) {
        url.push_str(literal);
        if let Some(variable) = variable {
            // Azure's project names may contain spaces.
            url.push_str(&text(variable, lookup)?.replace(' ', "%20"));
        }
    }
    Some(url)
}

/// Splits a template into pairs of literal text and the variable after it.
fn pieces(template: &'static str) -> Vec<(&'static str, Option<&'static str>)> {
    template
        .split_inclusive('}')
        .map(|piece| match piece.strip_suffix('}').and_then(|piece| piece.split_once('{')) {
            Some((literal, variable)) => (literal, Some(variable)),
            None => (piece, None),
        })
        .collect()
}

fn branch(value: &str) -> Option<&str> {
    match value.strip_prefix("refs/heads/") {
        Some(name) => Some(name),
        // TeamCity's `<default>` hides the name of the default branch.
        None if value.starts_with("refs/") || matches!(value, "HEAD" | "<default>") => None,
        None => Some(value),
    }
}

fn tracking(value: &str) -> Option<&str> {
    let value = value.strip_prefix("refs/remotes/").unwrap_or(value);
    let name = value.strip_prefix("origin/").unwrap_or(value);
    // Jenkins' git plugin writes `detached` for a checkout without a branch.
    if name == "detached" { None } else { branch(name) }
}
