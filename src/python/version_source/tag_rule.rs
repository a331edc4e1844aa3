//! How a tool selects version tags, and how it reads the version from a tag's name.

use std::ops::Range;
use std::str::FromStr;

use fancy_regex::{Captures, Regex};
use globset::GlobBuilder;
use pep440_rs::Version;

/// Which tags of a repository are versions of the project. Data only: the patterns are compiled when they are used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagRule {
    /// `git describe --match`: a name must match one of these globs; empty: every name does.
    pub matches: Vec<String>,
    /// `git describe --exclude`: a name must match none of these globs.
    pub excludes: Vec<String>,
    /// Which tags `git describe` considers.
    pub kinds: TagKinds,
    /// Which parents `git describe` follows.
    pub parents: Parents,
    /// A literal text before the version, which is removed before the pattern is applied.
    pub prefix: String,
    /// The pattern of the remaining name.
    pub pattern: TagPattern,
    /// The file that configures the tool.
    pub file: &'static str,
}

/// Which tags count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TagKinds {
    /// Annotated and lightweight tags (`--tags`).
    #[default]
    All,
    /// Annotated tags.
    Annotated,
}

/// Which parents of a merge commit count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parents {
    /// All of them.
    #[default]
    All,
    /// The first one (`--first-parent`).
    First,
}

/// How the version is read from a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TagPattern {
    /// The name is the version, with or without a `v`.
    #[default]
    Version,
    /// The name is the version, with one of these texts before it.
    Prefixed(Vec<String>),
    /// A Python regular expression, as setuptools-scm reads it: the only group, or the one named `version`.
    Scm(String),
    /// A Python regular expression with the group `base`, and optionally `epoch`, `stage` and `revision`, as dunamai reads it.
    Dunamai(String),
    /// What versioningit removes, and the expression that it searches for.
    Versioningit {
        /// `tag2version.rmprefix`.
        prefix: String,
        /// `tag2version.rmsuffix`.
        suffix: String,
        /// `tag2version.regex`.
        regex: Option<String>,
    },
    /// setuptools-git-versioning: an expression that selects names, and one whose group `tag` is the version.
    GitVersioning {
        /// `tag_filter`.
        filter: Option<String>,
        /// `tag_formatter`.
        formatter: Option<String>,
    },
}

/// The name of a version tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagName {
    /// The text before the version.
    pub prefix: String,
    /// The version.
    pub version: Version,
    /// The text after it.
    pub suffix: String,
}

/// The default pattern of setuptools-scm and pdm-backend.
pub(super) const SCM_PATTERN: &str = r"^(?:[\w-]+-)?(?P<version>[vV]?\d+(?:\.\d+){0,2}[^\+]*)(?:\+.*)?$";

impl TagRule {
    /// A rule with this pattern.
    pub(super) fn of(pattern: TagPattern) -> Self {
        Self { pattern, ..Self::default() }
    }

    /// A rule with these texts before the version.
    pub fn prefixed(prefixes: &[&str]) -> Self {
        Self::of(TagPattern::Prefixed(prefixes.iter().map(|prefix| (*prefix).to_owned()).collect()))
    }

    /// Checks that every pattern is supported; the error is the reason.
    pub(super) fn check(&self) -> Result<(), String> {
        let patterns = match &self.pattern {
            TagPattern::Version | TagPattern::Prefixed(_) => Vec::new(),
            TagPattern::Scm(pattern) | TagPattern::Dunamai(pattern) => vec![pattern],
            TagPattern::Versioningit { regex, .. } => regex.iter().collect(),
            TagPattern::GitVersioning { filter, formatter } => filter.iter().chain(formatter).collect(),
        };
        patterns.into_iter().try_for_each(|pattern| compile(pattern).map(drop))
    }

    /// Whether the tool takes any text before the version, so that a tag may belong to another project of the repository.
    pub fn takes_any_prefix(&self) -> bool {
        self.pattern == TagPattern::Scm(SCM_PATTERN.to_owned()) && self.prefix.is_empty()
    }

    /// Reads a tag's name; `None` if the tool does not take it as a version.
    pub fn read(&self, name: &str) -> Option<TagName> {
        let selected = self.matches.is_empty() || self.matches.iter().any(|glob| glob_matches(glob, name));
        if !selected || self.excludes.iter().any(|glob| glob_matches(glob, name)) {
            return None;
        }
        let rest = name.strip_prefix(self.prefix.as_str())?;
        let range = self.version_range(rest)?;
        let at = |offset: usize| offset + self.prefix.len();
        let text = rest[range.clone()].trim_start_matches(['v', 'V']);
        let start = at(range.end) - text.len();
        // A version may also have a leading `v` in PEP 440, so a text without a digit in front is none.
        let version = Version::from_str(text).ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
        Some(TagName { prefix: name[..start].to_owned(), version, suffix: name[at(range.end)..].to_owned() })
    }

    /// The name of a tag from which the tool reads exactly `version`, like the existing tag `like`; `None` if there is none.
    pub fn name_for(&self, version: &Version, like: Option<&TagName>) -> Option<String> {
        let default = self.prefix.clone() + self.default_prefix();
        let (prefix, suffix) = like.map_or((default.as_str(), ""), |name| (&name.prefix, &name.suffix));
        let candidates = [format!("{prefix}{version}{suffix}"), format!("{prefix}{version}")];
        candidates
            .into_iter()
            .find(|name| self.read(name).is_some_and(|found| found.version.to_string() == version.to_string()))
    }

    fn default_prefix(&self) -> &str {
        match &self.pattern {
            TagPattern::Prefixed(prefixes) => prefixes.first().map_or("", String::as_str),
            _ if self.prefix.is_empty() => "v",
            _ => "",
        }
    }

    fn version_range(&self, name: &str) -> Option<Range<usize>> {
        match &self.pattern {
            TagPattern::Version => Some(0..name.len()),
            TagPattern::Prefixed(prefixes) => {
                let version_follows = |prefix: &&String| {
                    name.strip_prefix(prefix.as_str())
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                };
                prefixes.iter().find(version_follows).map(|prefix| prefix.len()..name.len())
            }
            TagPattern::Scm(pattern) => scm_range(pattern, name),
            TagPattern::Dunamai(pattern) => dunamai_range(pattern, name),
            TagPattern::Versioningit { prefix, suffix, regex } => {
                let start = if name.starts_with(prefix.as_str()) { prefix.len() } else { 0 };
                let end = if name[start..].ends_with(suffix.as_str()) { name.len() - suffix.len() } else { name.len() };
                let found = regex.as_ref().and_then(|regex| {
                    let regex = compile(regex).ok()?;
                    let captures = regex.captures(&name[start..end]).ok()??;
                    captures.name("version").or_else(|| captures.get(0)).map(|group| group.range())
                });
                Some(found.map_or(start..end, |found| start + found.start..start + found.end))
            }
            TagPattern::GitVersioning { filter, formatter } => {
                if let Some(filter) = filter {
                    with_match(filter, name, |_| Some(()))?;
                }
                match formatter {
                    Some(formatter) => {
                        with_match(formatter, name, |captures| captures.name("tag").map(|group| group.range()))
                    }
                    None => Some(0..name.len()),
                }
            }
        }
    }
}

/// The range of the only group, or of the group `version`, with what follows it where both together are a version.
fn scm_range(pattern: &str, name: &str) -> Option<Range<usize>> {
    with_match(pattern, name, |captures| {
        let group = if captures.len() == 2 { captures.get(1) } else { captures.name("version") }?;
        let whole = group.start()..captures.get(0)?.end();
        let is_version = Version::from_str(name[whole.clone()].trim_start_matches(['v', 'V'])).is_ok();
        Some(if is_version { whole } else { group.range() })
    })
}

/// The range from epoch or base to the revision, or of the base where that is no version (`1.4-old`).
fn dunamai_range(pattern: &str, name: &str) -> Option<Range<usize>> {
    let regex = compile(pattern).ok()?;
    let captures = regex.captures(name).ok()??;
    let base = captures.name("base")?;
    let start = captures.name("epoch").map_or(base.start(), |epoch| epoch.start());
    let ends = ["revision", "stage"].into_iter().filter_map(|group| captures.name(group)).map(|group| group.end());
    let whole = start..ends.max().unwrap_or(base.end());
    Some(if Version::from_str(&name[whole.clone()]).is_ok() { whole } else { base.range() })
}

/// Applies Python's `re.match`, which succeeds at the start only.
fn with_match<T>(pattern: &str, text: &str, get: impl FnOnce(&Captures<'_, str>) -> Option<T>) -> Option<T> {
    let regex = compile(pattern).ok()?;
    let captures = regex.captures(text).ok()??;
    captures.get(0).filter(|whole| whole.start() == 0)?;
    get(&captures)
}

/// Compiles a Python regular expression; the error is the reason.
fn compile(pattern: &str) -> Result<Regex, String> {
    let pattern = pattern.replace("\\Z", "\\z");
    Regex::new(&pattern).map_err(|error| format!("its pattern {pattern:?} is not supported ({error})"))
}

/// Whether git's glob matches the name. One that globset does not know matches: git itself decides about existing tags.
fn glob_matches(glob: &str, name: &str) -> bool {
    let glob = glob.replace("[:digit:]", "0-9").replace("[:alpha:]", "a-zA-Z").replace("[:alnum:]", "a-zA-Z0-9");
    let compiled = GlobBuilder::new(&glob).literal_separator(false).backslash_escape(true).build();
    compiled.map_or(true, |glob| glob.compile_matcher().is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: &TagRule, name: &str) -> Option<(String, String, String)> {
        rule.read(name).map(|found| (found.prefix, found.version.to_string(), found.suffix))
    }

    fn parts(prefix: &str, version: &str, suffix: &str) -> Option<(String, String, String)> {
        Some((prefix.to_owned(), version.to_owned(), suffix.to_owned()))
    }

    fn scm(pattern: &str) -> TagRule {
        TagRule::of(TagPattern::Scm(pattern.to_owned()))
    }

    #[test]
    fn the_default_pattern_of_setuptools_scm_takes_words_with_dashes() {
        let rule = scm(SCM_PATTERN);
        assert!(rule.takes_any_prefix());
        assert_eq!(read(&rule, "release-1.4"), parts("release-", "1.4", ""));
        assert_eq!(read(&rule, "my-project-v1.4rc1"), parts("my-project-v", "1.4rc1", ""));
        assert_eq!(read(&rule, "V1.4"), parts("V", "1.4", ""));
        assert_eq!(read(&rule, "1.4+linux"), parts("", "1.4+linux", ""));
        for other in ["nightly", "release/1.4", "v", "1.4-old"] {
            assert_eq!(read(&rule, other), None, "{other}");
        }
    }

    #[test]
    fn own_patterns_are_matched_as_the_tool_does() {
        assert_eq!(
            read(&scm(r"^releases/(\d[\d.]*)-final$"), "releases/1.4-final"),
            parts("releases/", "1.4", "-final")
        );
        assert_eq!(read(&scm(r"(?x) ^ py_ (?P<version> .+ ) $"), "py_2!1.4"), parts("py_", "2!1.4", ""));
        assert_eq!(read(&scm(r"(\d+\.\d+)"), "v1.4"), None, "`re.match` starts at the first character");
        let dunamai = TagRule::of(TagPattern::Dunamai(
            r"^lib_(?P<base>\d+\.\d+)(-(?P<stage>[a-z]+)(?P<revision>\d+))?".to_owned(),
        ));
        assert_eq!(read(&dunamai, "lib_1.4-rc2"), parts("lib_", "1.4rc2", ""));
        assert_eq!(read(&dunamai, "lib_1.4-old"), parts("lib_", "1.4", "-old"));
        let it = TagPattern::Versioningit {
            prefix: "rel/".to_owned(),
            suffix: "-ok".to_owned(),
            regex: Some(r"\d.*".to_owned()),
        };
        assert_eq!(read(&TagRule::of(it), "rel/x1.4-ok"), parts("rel/x", "1.4", "-ok"));
        let git = |filter: Option<&str>, formatter: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            TagRule::of(TagPattern::GitVersioning { filter: own(filter), formatter: own(formatter) })
        };
        assert_eq!(read(&git(None, None), "v1.4"), parts("v", "1.4", ""));
        assert_eq!(read(&git(None, Some("^app-(?P<tag>.*)$")), "app-1.4"), parts("app-", "1.4", ""));
        assert_eq!(read(&git(Some(r"^app-\d"), Some("^(?:app|lib)-(?P<tag>.*)$")), "lib-1.4"), None);
    }

    #[test]
    fn globs_select_as_git_describe_does() {
        let rule = |matches: &[&str], excludes: &[&str]| TagRule {
            matches: matches.iter().map(|glob| (*glob).to_owned()).collect(),
            excludes: excludes.iter().map(|glob| (*glob).to_owned()).collect(),
            ..scm(r"^(?:.*/)?v?(?P<version>\d.*)$")
        };
        let takes = |rule: TagRule, name: &str| rule.read(name).is_some();
        assert!(takes(rule(&["*/v[0-9]*"], &[]), "libs/a/v1.4"), "`*` also matches `/`");
        assert!(takes(rule(&["x*", "v[[:digit:]]*"], &[]), "v1.4"));
        assert!(!takes(rule(&["x*"], &[]), "v1.4"));
        assert!(!takes(rule(&[], &["*rc*"]), "v1.4rc1"));
    }

    #[test]
    fn a_new_tag_is_one_that_the_tool_reads_back() {
        let version = Version::from_str("1.4.57.dev0").unwrap();
        let name = |rule: &TagRule, like: &str| rule.name_for(&version, rule.read(like).as_ref());
        let default = scm(SCM_PATTERN);
        assert_eq!(name(&default, "release-1.4").as_deref(), Some("release-1.4.57.dev0"));
        assert_eq!(name(&default, "1.4+linux").as_deref(), Some("1.4.57.dev0"));
        assert_eq!(default.name_for(&version, None).as_deref(), Some("v1.4.57.dev0"));
        let suffixed = scm(r"^r/(?P<version>.*)-final$");
        assert_eq!(name(&suffixed, "r/1.4-final").as_deref(), Some("r/1.4.57.dev0-final"));
        assert_eq!(name(&scm(r"^v(\d+\.\d+)$"), "v1.4"), None, "two components only");
        let narrow = TagRule { matches: vec!["v[0-9].[0-9]".to_owned()], ..scm(SCM_PATTERN) };
        assert_eq!(name(&narrow, "v1.4"), None, "git describe would pass over it");
        assert_eq!(TagRule::prefixed(&["v", ""]).name_for(&version, None).as_deref(), Some("v1.4.57.dev0"));
    }

    #[test]
    fn a_pattern_that_is_not_supported_is_an_error() {
        assert!(scm("(").check().is_err() && scm(SCM_PATTERN).check().is_ok());
    }
}
