//! What a row of the CI table is made of, and how its parts are read.

use super::super::names::CommitId;
use super::value::{CiValue, Lookup};

/// One CI system: its marks and the variables that it sets. In every list the first that holds something counts.
pub(super) struct Row {
    /// Its name, for people.
    pub system: &'static str,
    /// It is this system when one of these is so.
    pub detect: &'static [Condition],
    /// Counters that are the same for all jobs of a build and differ between builds.
    pub numbers: &'static [&'static str],
    /// Why there is no number, and what to do.
    pub number_hint: Option<&'static str>,
    /// The branch, where neither a pull request nor a tag is built.
    pub branches: &'static [Source],
    /// The tag, where one is built.
    pub tags: &'static [Source],
    /// How a build of a pull request is known.
    pub pull_requests: &'static [PullRequestRule],
    /// The commit.
    pub commits: &'static [&'static str],
    /// Where people see the build: texts with `{VARIABLE}`, all of which must be set.
    pub urls: &'static [&'static str],
    /// The repository's default branch.
    pub default_branches: &'static [Source],
}

/// A row with nothing in it, to be completed.
pub(super) const EMPTY: Row = Row {
    system: "",
    detect: &[],
    numbers: &[],
    number_hint: None,
    branches: &[],
    tags: &[],
    pull_requests: &[],
    commits: &[],
    urls: &[],
    default_branches: &[],
};

/// Something that a variable says.
pub(super) enum Condition {
    /// It is set, to something other than nothing, `false` or `0`.
    Set(&'static str),
    /// It has this value, whatever the case of its letters.
    Is(&'static str, &'static str),
    /// It begins so.
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

/// Where a branch's or a tag's name is read from.
pub(super) enum Source {
    /// The name of a branch, short or as `refs/heads/…`; any other ref is none.
    Branch(&'static str),
    /// A remote-tracking branch: `origin/x`.
    Tracking(&'static str),
    /// The name of a tag, short or as `refs/tags/…`.
    Tag(&'static str),
    /// What follows this beginning, where the variable has it.
    After(&'static str, &'static str),
    /// As it stands, but only when the condition shows.
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

/// How a build of a pull request is known, and what is said about it.
pub(super) struct PullRequestRule {
    /// It is a pull request when one of these shows.
    pub conditions: &'static [Condition],
    /// Its number: digits, or a ref that holds them.
    pub numbers: &'static [&'static str],
    /// The branch it comes from.
    pub head_branches: &'static [Source],
    /// The repository it comes from.
    pub head_repository: HeadRepository,
}

/// What tells whether a pull request comes from the repository that it goes to, or from a fork.
pub(super) enum HeadRepository {
    /// Nothing.
    Unknown,
    /// This system builds no others.
    AlwaysSame,
    /// This kind of build is only made for forks.
    AlwaysFork,
    /// A variable that is `true` for forks and `false` otherwise.
    ForkFlag(&'static str),
    /// A variable that names the fork, and is missing where there is none.
    ForkName(&'static str),
    /// Two variables that name the head's and the base's repository.
    Compare(&'static str, &'static str),
    /// A variable that names the file with GitHub's event, which somebody else has to read.
    EventFile(&'static str),
}

impl Row {
    /// Whether this is the system we run on.
    pub(super) fn matches(&self, lookup: &Lookup<'_>) -> bool {
        self.detect.iter().any(|condition| condition.holds(lookup))
    }

    /// Every variable that the row reads.
    pub(super) fn variables(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.detect.iter().map(Condition::variable).collect();
        names.extend(self.numbers.iter().chain(self.commits));
        names.extend(self.branches.iter().chain(self.tags).chain(self.default_branches).flat_map(Source::variables));
        for rule in self.pull_requests {
            names.extend(rule.conditions.iter().map(Condition::variable));
            names.extend(rule.numbers);
            names.extend(rule.head_branches.iter().flat_map(Source::variables));
            match rule.head_repository {
                HeadRepository::Unknown | HeadRepository::AlwaysSame | HeadRepository::AlwaysFork => {}
                HeadRepository::ForkFlag(name) | HeadRepository::ForkName(name) | HeadRepository::EventFile(name) => {
                    names.push(name);
                }
                HeadRepository::Compare(head, base) => names.extend([head, base]),
            }
        }
        for template in self.urls {
            names.extend(pieces(template).into_iter().filter_map(|(_, variable)| variable));
        }
        names
    }
}

/// A variable's value; `None` where it is missing or empty.
pub(super) fn text(variable: &str, lookup: &Lookup<'_>) -> Option<String> {
    lookup(variable).filter(|value| !value.is_empty())
}

/// The first source that holds something.
pub(super) fn first(sources: &[Source], lookup: &Lookup<'_>) -> Option<CiValue> {
    sources.iter().find_map(|source| source.read(lookup))
}

/// A full object name; `HEAD`, as Buildkite has it at times, is none.
pub(super) fn commit(variable: &str, lookup: &Lookup<'_>) -> Option<String> {
    let commit = CommitId::parse(&text(variable, lookup)?).ok()?;
    (!commit.is_null()).then(|| commit.as_str().to_owned())
}

/// The filled-in URL, where all its variables are set.
pub(super) fn url(template: &'static str, lookup: &Lookup<'_>) -> Option<String> {
    let mut url = String::new();
    for (literal, variable) in pieces(template) {
        url.push_str(literal);
        if let Some(variable) = variable {
            // Azure's project names may have blanks.
            url.push_str(&text(variable, lookup)?.replace(' ', "%20"));
        }
    }
    Some(url)
}

/// A template as pairs of text and the variable that follows it.
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
        // TeamCity's `<default>` stands for a branch whose name it does not tell.
        None if value.starts_with("refs/") || matches!(value, "HEAD" | "<default>") => None,
        None => Some(value),
    }
}

fn tracking(value: &str) -> Option<&str> {
    let value = value.strip_prefix("refs/remotes/").unwrap_or(value);
    let name = value.strip_prefix("origin/").unwrap_or(value);
    // What Jenkins' git plugin writes where it checked out no branch.
    if name == "detached" { None } else { branch(name) }
}
