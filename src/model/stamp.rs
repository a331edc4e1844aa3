//! Computes the version of a build from base version, build number and kind of branch, as a canonical PEP 440 version.
//!
//! The result depends on the arguments only, so all machines compute the same version.

use std::fmt;

use pep440_rs::{LocalSegment, Version};

use super::base_version::{BaseVersion, ExtraPart};
use super::names::CommitId;

/// The template of versions on a release branch.
pub const DEFAULT_RELEASE_VERSION: &str = "{base}.{number}";
/// The template of versions on other branches. They sort after the last release and before the next.
pub const DEFAULT_BRANCH_VERSION: &str = "{base}.{number}.dev0";
/// The template of versions without a build number.
pub const DEFAULT_LOCAL_VERSION: &str = "{base}.dev0+g{commit}";

/// The maximum number of digits of a build number. uv stores a release number in 64 bits.
const MAX_DIGITS: usize = 18;
/// The number of digits of the commit in `{commit}`.
const COMMIT_DIGITS: usize = 8;
/// The maximum `n` in `{base:n}`.
const MAX_COMPONENTS: usize = 9;

/// What stands for a value in a message that must not show it.
const NOT_SHOWN: &str = "(not shown)";

/// The build number of the CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildNumber(u64);

/// An invalid build number. Callers that know the origin of the value add it
/// ([`CiValue::build_number`](super::ci::CiValue::build_number)).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildNumberError {
    /// The value is empty.
    #[error("build number is empty")]
    Empty,
    /// Something other than ASCII digits.
    #[error("build number {value:?} contains characters other than digits")]
    NotDigits {
        /// The value as given.
        value: String,
    },
    /// More digits than all tools support.
    #[error("build number {value:?} has {} digits, more than {MAX_DIGITS}", value.len())]
    TooLong {
        /// The value as given.
        value: String,
    },
}

impl BuildNumberError {
    /// Returns the error without a value that is no counter: a repository names the variable, which may hold a secret.
    #[must_use]
    pub fn without_value(self) -> Self {
        let is_counter = |value: &str| value.chars().all(|c| c.is_ascii_digit() || "._-".contains(c));
        match self {
            Self::NotDigits { value } if !is_counter(&value) => Self::NotDigits { value: NOT_SHOWN.to_owned() },
            other => other,
        }
    }

    /// Returns a valid number for a value of several counters, such as `57.2` (a run and its attempt): all but the first with three digits.
    pub fn joined(&self) -> Option<String> {
        let Self::NotDigits { value } = self else { return None };
        let parts: Vec<u64> = value.split(['.', '-', '_']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let (first, rest) = parts.split_first()?;
        let joined = rest.iter().fold(first.to_string(), |joined, part| format!("{joined}{part:03}"));
        (rest.iter().all(|part| *part < 1000) && BuildNumber::parse(&joined).is_ok()).then_some(joined)
    }
}

impl BuildNumber {
    /// Parses 1 to 18 ASCII digits; leading zeros are dropped.
    pub fn parse(text: &str) -> Result<Self, BuildNumberError> {
        if text.is_empty() {
            return Err(BuildNumberError::Empty);
        }
        let not_digits = || BuildNumberError::NotDigits { value: text.to_owned() };
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(not_digits());
        }
        if text.len() > MAX_DIGITS {
            return Err(BuildNumberError::TooLong { value: text.to_owned() });
        }
        text.parse().map(Self).map_err(|_| not_digits())
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for BuildNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kind of a build, which selects the version template, with the values of that kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildKind {
    /// On a release branch.
    Release {
        /// The build number.
        number: BuildNumber,
    },
    /// On another branch, or of a pull request.
    Branch {
        /// The build number.
        number: BuildNumber,
    },
    /// Without a build number, outside CI. Uploaded on explicit request only.
    Local {
        /// The checked-out commit.
        commit: CommitId,
        /// Whether the work tree has uncommitted changes.
        dirty: bool,
    },
}

impl BuildKind {
    /// The name of the template's setting.
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Release { .. } => "release-version",
            Self::Branch { .. } => "branch-version",
            Self::Local { .. } => "local-version",
        }
    }

    fn number(&self) -> Option<BuildNumber> {
        match self {
            Self::Release { number } | Self::Branch { number } => Some(*number),
            Self::Local { .. } => None,
        }
    }

    fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Local { commit, .. } => Some(commit),
            Self::Release { .. } | Self::Branch { .. } => None,
        }
    }
}

/// The configured version templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// `release-version`
    pub release: String,
    /// `branch-version`
    pub branch: String,
    /// `local-version`
    pub local: String,
}

impl Default for Templates {
    fn default() -> Self {
        Self {
            release: DEFAULT_RELEASE_VERSION.to_owned(),
            branch: DEFAULT_BRANCH_VERSION.to_owned(),
            local: DEFAULT_LOCAL_VERSION.to_owned(),
        }
    }
}

impl Templates {
    fn of(&self, kind: &BuildKind) -> &str {
        match kind {
            BuildKind::Release { .. } => &self.release,
            BuildKind::Branch { .. } => &self.branch,
            BuildKind::Local { .. } => &self.local,
        }
    }
}

/// The version cannot be computed. `setting` names the template's setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// The base version has a part that a release branch refuses.
    #[error("base version {base:?} has a {part} part, which a release branch does not accept")]
    BaseNotFinal {
        /// The base version as written in its source.
        base: String,
        /// The refused part.
        part: ExtraPart,
    },
    /// An unknown placeholder.
    #[error(
        "{setting} {template:?} has the unknown placeholder {{{placeholder}}}; supported are {{base}}, {{base:2}}, {{number}} and {{commit}}"
    )]
    UnknownPlaceholder {
        /// The setting.
        setting: &'static str,
        /// Its value.
        template: String,
        /// The text between the braces.
        placeholder: String,
    },
    /// A placeholder without a value in this kind of build: `{number}` in local-version, `{commit}` in the others.
    #[error("{setting} {template:?} cannot use {{{placeholder}}}")]
    UnavailablePlaceholder {
        /// The setting.
        setting: &'static str,
        /// Its value.
        template: String,
        /// The text between the braces.
        placeholder: &'static str,
    },
    /// An unmatched brace.
    #[error("{setting} {template:?} has an unmatched brace")]
    UnmatchedBrace {
        /// The setting.
        setting: &'static str,
        /// Its value.
        template: String,
    },
    /// The expanded template is not a PEP 440 version.
    #[error("{setting} {template:?} gives {filled:?}, which is not a PEP 440 version")]
    NotAVersion {
        /// The setting.
        setting: &'static str,
        /// Its value.
        template: String,
        /// The expanded template.
        filled: String,
    },
    /// A release version that installers skip by default, or that public indexes reject.
    #[error("{setting} {template:?} gives {version}, which is a pre-release, development or local version")]
    ReleaseNotFinal {
        /// The setting.
        setting: &'static str,
        /// Its value.
        template: String,
        /// The expanded template.
        version: Version,
    },
}

/// Computes the version of one build.
///
/// Callers must write its canonical form (`to_string`) everywhere, because devpi treats `1.4` and `1.4.00` as two versions.
pub fn stamp(base: &BaseVersion, kind: &BuildKind, templates: &Templates) -> Result<Version, StampError> {
    let is_release = matches!(kind, BuildKind::Release { .. });
    if let (true, Some(part)) = (is_release, base.extra()) {
        return Err(StampError::BaseNotFinal { base: base.written().to_owned(), part });
    }
    let (setting, template) = (kind.setting(), templates.of(kind));
    let filled = fill(template, base, kind)?;
    let version: Version = match filled.parse() {
        Ok(version) => version,
        Err(_) => return Err(StampError::NotAVersion { setting, template: template.to_owned(), filled }),
    };
    if is_release && (version.any_prerelease() || version.is_local()) {
        return Err(StampError::ReleaseNotFinal { setting, template: template.to_owned(), version });
    }
    Ok(if matches!(kind, BuildKind::Local { dirty: true, .. }) { mark_dirty(version) } else { version })
}

/// `1.4.dev0+g01234567` → `1.4.dev0+g01234567.dirty`
fn mark_dirty(version: Version) -> Version {
    let mut local = version.local().to_vec();
    local.push(LocalSegment::String("dirty".to_owned()));
    version.with_local(local)
}

fn fill(template: &str, base: &BaseVersion, kind: &BuildKind) -> Result<String, StampError> {
    let unmatched_brace = || StampError::UnmatchedBrace { setting: kind.setting(), template: template.to_owned() };
    let mut filled = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let inside = rest[at..].strip_prefix('{').ok_or_else(unmatched_brace)?;
        let end = inside.find(['{', '}']).filter(|&end| inside[end..].starts_with('}')).ok_or_else(unmatched_brace)?;
        filled.push_str(
            &placeholder_value(&inside[..end], base, kind).map_err(|error| error.in_template(template, kind))?,
        );
        rest = &inside[end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

enum PlaceholderError {
    Unknown(String),
    UnavailablePlaceholder(&'static str),
}

impl PlaceholderError {
    fn in_template(self, template: &str, kind: &BuildKind) -> StampError {
        let (setting, template) = (kind.setting(), template.to_owned());
        match self {
            Self::Unknown(placeholder) => StampError::UnknownPlaceholder { setting, template, placeholder },
            Self::UnavailablePlaceholder(placeholder) => {
                StampError::UnavailablePlaceholder { setting, template, placeholder }
            }
        }
    }
}

fn placeholder_value(name: &str, base: &BaseVersion, kind: &BuildKind) -> Result<String, PlaceholderError> {
    match name {
        "base" => Ok(base.text()),
        "number" => kind.number().map(|n| n.to_string()).ok_or(PlaceholderError::UnavailablePlaceholder("number")),
        "commit" => {
            let commit = kind.commit().ok_or(PlaceholderError::UnavailablePlaceholder("commit"))?;
            Ok(commit.as_str().chars().take(COMMIT_DIGITS).collect())
        }
        other => other
            .strip_prefix("base:")
            .and_then(|n| n.parse().ok())
            .filter(|n| (1..=MAX_COMPONENTS).contains(n))
            .map(|n| base.first_components(n))
            .ok_or_else(|| PlaceholderError::Unknown(other.to_owned())),
    }
}

#[cfg(test)]
mod tests;
