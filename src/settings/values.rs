//! Typed getters, which parse and check the values.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use globset::{Glob, GlobMatcher};
use url::{Host, Url};

use super::choices::{Builder, Format, OnError, PruneLimit, Repair};
use super::duration::parse_duration;
use super::error::Error;
use super::keys::Key;
use super::layers::Settings;
use super::origin::{Origin, Sourced};
use crate::model::ci::is_counter_name;
use crate::model::names::{BranchName, IndexName, InvalidName, RepositoryName, UserName};
use crate::model::pasted_url;
use crate::model::promotion::FlakyPolicy;
use crate::system::machine;

/// The characters that make a text a glob.
const SPECIAL: [char; 5] = ['*', '?', '[', '{', '\\'];

/// A glob of branch names, matched against the short name.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// `None` if the text is a literal name.
    matcher: Option<GlobMatcher>,
}

impl Pattern {
    /// Creates a pattern that matches only `branch`.
    pub fn exact(branch: &BranchName) -> Self {
        Self { text: branch.as_str().to_owned(), matcher: None }
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern matches `branch`.
    pub fn matches(&self, branch: &BranchName) -> bool {
        self.matches_text(branch.as_str())
    }

    /// Whether the pattern matches a text that is not a branch: the platform tag of a wheel.
    pub fn matches_text(&self, text: &str) -> bool {
        match &self.matcher {
            Some(matcher) => matcher.is_match(text),
            None => self.text == text,
        }
    }

    /// Returns the branch if the pattern is a name, not a glob.
    pub fn literal(&self) -> Option<BranchName> {
        if self.matcher.is_some() { None } else { BranchName::parse(&self.text).ok() }
    }
}

impl Settings {
    /// Returns a string; `None` if it is not set and has no default.
    pub fn text(&self, key: Key) -> Result<Option<Sourced<String>>, Error> {
        let Some(raw) = self.raw(key) else { return Ok(None) };
        match <[String; 1]>::try_from(raw.value) {
            Ok([text]) if !text.trim().is_empty() => Ok(Some(Sourced::new(text, raw.origin))),
            Ok([text]) => Err(invalid(key, &text, raw.origin, "is empty")),
            Err(several) => Err(invalid(key, &several.join(" "), raw.origin, "must be one value")),
        }
    }

    /// Returns a list, possibly empty; `None` if it is not set and has no default.
    pub fn list(&self, key: Key) -> Option<Sourced<Vec<String>>> {
        self.raw(key)
    }

    /// Returns the variables that may hold the build number, in their order.
    ///
    /// Its value becomes a part of a published version: a repository may only name variables that look like counters.
    pub fn build_number_variables(&self) -> Result<Vec<String>, Error> {
        let Some(set) = self.list(Key::BuildNumberEnv) else { return Ok(Vec::new()) };
        let is_refused = |name: &&String| set.origin.is_repository() && !is_counter_name(name);
        match set.value.iter().find(is_refused) {
            Some(name) => {
                let reason = "does not look like a counter: a repository may name variables such as BUILD_NUMBER, CI_PIPELINE_IID and GITHUB_RUN_ID";
                Err(invalid(Key::BuildNumberEnv, name, set.origin.clone(), reason))
            }
            None => Ok(set.value),
        }
    }

    /// Returns every setting with its value, for `git devpi settings`.
    pub fn rows(&self) -> impl Iterator<Item = (Key, Option<Sourced<Vec<String>>>)> + '_ {
        super::keys::KEYS.iter().map(|spec| (spec.key, self.raw(spec.key)))
    }

    /// Returns the server's root URL, with a trailing slash.
    pub fn server(&self) -> Result<Option<Sourced<Url>>, Error> {
        let Some(text) = self.text(Key::Server)? else { return Ok(None) };
        let url = Url::parse(&text.value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(mut url) = url else {
            return Err(invalid(Key::Server, &text.value, text.origin, "is not an http or https URL"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            let shown = "(a URL with a user or password)";
            return Err(invalid(Key::Server, shown, text.origin, "must not carry credentials"));
        }
        url.set_query(None);
        url.set_fragment(None);
        // `init` and `login` say that they take the root of a pasted URL.
        if let Some(root) = pasted_url::below_index(&url).map(|pasted| pasted.root).or(pasted_url::below_root(&url)) {
            url = root;
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Some(Sourced::new(url, text.origin)))
    }

    /// Returns the owner of the indexes.
    pub fn user(&self) -> Result<Option<Sourced<UserName>>, Error> {
        self.name(Key::User, UserName::parse)
    }

    /// Returns the user who logs in: `login`, else the owner.
    pub fn login(&self) -> Result<Option<Sourced<UserName>>, Error> {
        match self.name(Key::Login, UserName::parse)? {
            Some(login) => Ok(Some(login)),
            None => self.user(),
        }
    }

    /// Returns the repository's name, if set.
    pub fn repository(&self) -> Result<Option<Sourced<RepositoryName>>, Error> {
        self.name(Key::Repository, RepositoryName::parse)
    }

    /// Returns the branch, if a flag or the environment sets it.
    pub fn branch(&self) -> Result<Option<Sourced<BranchName>>, Error> {
        self.name(Key::Branch, BranchName::parse)
    }

    /// Returns the production index; a name without user is an index of `owner`.
    pub fn production(&self, owner: &UserName) -> Result<Sourced<IndexName>, Error> {
        let production = self.name(Key::Production, |text| IndexName::parse_for(owner, text))?;
        production.ok_or(Error::Missing { key: Key::Production.name() })
    }

    /// Returns the configured bases; `None` if not set.
    pub fn bases(&self, owner: &UserName) -> Result<Option<Sourced<Vec<IndexName>>>, Error> {
        self.names(Key::Bases, |text| IndexName::parse_for(owner, text))
    }

    /// Returns the host names that are one git server; empty if not set.
    pub fn same_hosts(&self) -> Result<Sourced<Vec<String>>, Error> {
        let raw = self.raw(Key::SameHosts).unwrap_or_else(|| Sourced::new(Vec::new(), Origin::Default));
        let is_host = |text: &str| Host::parse(text).is_ok();
        match raw.value.iter().find(|text| !is_host(text)) {
            Some(text) => Err(invalid(Key::SameHosts, text, raw.origin, "is not a host name like git.example.com")),
            None => Ok(raw),
        }
    }

    /// Returns globs of branches or platforms; `None` if not set and without default.
    pub fn patterns(&self, key: Key) -> Result<Option<Sourced<Vec<Pattern>>>, Error> {
        let Some(raw) = self.raw(key) else { return Ok(None) };
        let mut patterns = Vec::new();
        for text in raw.value {
            // Compiling a glob takes about half the time of a hook.
            if !text.contains(SPECIAL) {
                patterns.push(Pattern { text, matcher: None });
                continue;
            }
            let glob = Glob::new(&text)
                .map_err(|e| invalid(key, &text, raw.origin.clone(), &format!("is not a glob: {}", e.kind())))?;
            patterns.push(Pattern { text, matcher: Some(glob.compile_matcher()) });
        }
        Ok(Some(Sourced::new(patterns, raw.origin)))
    }

    /// Returns the formats of a release, without duplicates.
    pub fn formats(&self) -> Result<Vec<Format>, Error> {
        let raw = self.raw(Key::Formats).unwrap_or_else(|| Sourced::new(vec!["wheel".into()], Origin::Default));
        let mut formats = Vec::new();
        for text in &raw.value {
            let format = match text.as_str() {
                "wheel" => Format::Wheel,
                "sdist" => Format::Sdist,
                other => return Err(invalid(Key::Formats, other, raw.origin, "is neither wheel nor sdist")),
            };
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        if formats.is_empty() {
            return Err(invalid(Key::Formats, "", raw.origin, "is empty; name wheel, sdist or both"));
        }
        Ok(formats)
    }

    /// The builder.
    pub fn builder(&self) -> Result<Builder, Error> {
        let choices = [("auto", Builder::Auto), ("uv", Builder::Uv), ("build", Builder::Build), ("pip", Builder::Pip)];
        self.choice(Key::Builder, &choices)
    }

    /// Which wheels of Linux are repaired.
    pub fn repair(&self) -> Result<Repair, Error> {
        use Repair::{Auditwheel, Auto, None};
        self.choice(Key::Repair, &[("auto", Auto), ("auditwheel", Auditwheel), ("none", None)])
    }

    /// Returns what a promotion makes of an environment that passes after a failure.
    pub fn flaky(&self) -> Result<FlakyPolicy, Error> {
        use FlakyPolicy::{Allow, Refuse, Warn};
        self.choice(Key::Flaky, &[("allow", Allow), ("warn", Warn), ("refuse", Refuse)])
    }

    /// Returns what a pre-push hook does on failure.
    pub fn on_error(&self) -> Result<OnError, Error> {
        self.choice(Key::OnError, &[("warn", OnError::Warn), ("block", OnError::Block)])
    }

    /// Returns a boolean, in any of git's spellings (git-config(1)); false if not set and without default.
    pub fn boolean(&self, key: Key) -> Result<bool, Error> {
        let Some(raw) = self.raw(key) else { return Ok(false) };
        let text = raw.value.join(" ");
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            // `git -c key=` is false for git.
            "false" | "no" | "off" | "0" | "" => Ok(false),
            _ => Err(invalid(key, &text, raw.origin, "is neither true nor false")),
        }
    }

    /// Returns a duration; `None` if not set and without default.
    pub fn duration(&self, key: Key) -> Result<Option<Duration>, Error> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match parse_duration(&text.value) {
            Some(duration) => Ok(Some(duration)),
            None => Err(invalid(key, &text.value, text.origin, "is not a duration like 90s, 15m, 2h or 14d")),
        }
    }

    /// Returns the maximum number of indexes that one cleanup deletes.
    pub fn prune_limit(&self) -> Result<PruneLimit, Error> {
        let Some(text) = self.text(Key::PruneLimit)? else { return Ok(PruneLimit::Usual) };
        let count = text.value.parse().map(PruneLimit::Count);
        count.map_err(|_| invalid(Key::PruneLimit, &text.value, text.origin, "is not a number"))
    }

    /// Returns how many projects are built at once: as set, else one for each core.
    pub fn jobs(&self) -> Result<NonZeroUsize, Error> {
        let Some(text) = self.text(Key::Jobs)? else { return Ok(machine::cores()) };
        text.value.parse().map_err(|_| invalid(Key::Jobs, &text.value, text.origin, "is not a number from 1 up"))
    }

    /// Returns the path of a file; an error if the file does not exist.
    pub fn file(&self, key: Key) -> Result<Option<PathBuf>, Error> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let path = PathBuf::from(&text.value);
        if path.is_file() { Ok(Some(path)) } else { Err(invalid(key, &text.value, text.origin, "is not a file")) }
    }

    fn name<T>(&self, key: Key, parse: impl Fn(&str) -> Result<T, InvalidName>) -> Result<Option<Sourced<T>>, Error> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match parse(&text.value) {
            Ok(value) => Ok(Some(Sourced::new(value, text.origin))),
            Err(source) => Err(Error::BadName { key: key.name(), origin: text.origin, source }),
        }
    }

    pub(super) fn names<T>(
        &self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, InvalidName>,
    ) -> Result<Option<Sourced<Vec<T>>>, Error> {
        let Some(raw) = self.raw(key) else { return Ok(None) };
        let names = raw.value.iter().map(|text| parse(text)).collect::<Result<_, _>>();
        match names {
            Ok(value) => Ok(Some(Sourced::new(value, raw.origin))),
            Err(source) => Err(Error::BadName { key: key.name(), origin: raw.origin, source }),
        }
    }

    fn choice<T: Copy>(&self, key: Key, choices: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text(key)?.ok_or(Error::Missing { key: key.name() })?;
        let names = choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let found = choices.iter().find(|(name, _)| *name == text.value).map(|(_, choice)| *choice);
        found.ok_or_else(|| invalid(key, &text.value, text.origin, &format!("is not one of {names}")))
    }
}

pub(super) fn invalid(key: Key, value: &str, origin: Origin, reason: &str) -> Error {
    Error::BadValue { key: key.name(), value: value.to_owned(), origin, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::RepositoryFile;
    use crate::settings::testing::settings;

    #[test]
    fn the_servers_url_ends_in_a_slash_and_carries_no_credentials() {
        let server = |text: &str| settings(&format!("server = \"{text}\"")).server();
        assert_eq!(server("http://x/devpi").unwrap().unwrap().value.as_str(), "http://x/devpi/");
        for bad in ["ftp://x/", "x", "http://"] {
            assert!(matches!(server(bad), Err(Error::BadValue { key: "server", .. })), "{bad}");
        }
        let error = server("https://u:geheim@x/").unwrap_err();
        assert!(!error.to_string().contains("geheim"), "{error}");
    }

    #[test]
    fn an_error_names_value_and_origin() {
        let error = settings("keep-for = \"soon\"").duration(Key::KeepFor).unwrap_err();
        assert_eq!(
            error.to_string(),
            "keep-for = \"soon\" (keep-for in .git-devpi.toml) is not a duration like 90s, 15m, 2h or 14d"
        );
        let error = settings("formats = [\"egg\"]").formats().unwrap_err();
        assert!(error.to_string().contains("neither wheel nor sdist"), "{error}");
        let error = settings("user = \"a/b\"").user().unwrap_err();
        assert!(matches!(error, Error::BadName { key: "user", .. }));
    }

    #[test]
    fn same_hosts_are_host_names() {
        let hosts = |text: &str| settings(&format!("same-hosts = {text}")).same_hosts();
        assert_eq!(settings("").same_hosts().unwrap().value, Vec::<String>::new());
        assert_eq!(hosts("[\"a.example\", \"[::1]\"]").unwrap().value, ["a.example", "[::1]"]);
        for bad in ["https://a.example", "git@a.example", "a.example:22", "a.example/x", ""] {
            let error = hosts(&format!("[\"{bad}\"]")).unwrap_err().to_string();
            assert!(error.contains("is not a host name"), "{bad}: {error}");
        }
    }

    #[test]
    fn flaky_is_one_of_three_and_warns_by_default() {
        assert_eq!(settings("").flaky().unwrap(), FlakyPolicy::Warn);
        assert_eq!(settings("flaky = \"refuse\"").flaky().unwrap(), FlakyPolicy::Refuse);
        assert_eq!(settings("flaky = \"allow\"").flaky().unwrap(), FlakyPolicy::Allow);
        for bad in ["\"Refuse\"", "[\"allow\", \"warn\"]", "\"\"", "true"] {
            let error = settings_or_error(&format!("flaky = {bad}"));
            assert!(error.contains("flaky"), "{bad}: {error}");
        }
    }

    fn settings_or_error(file: &str) -> String {
        match RepositoryFile::parse(None, Some(file)) {
            Ok(_) => settings(file).flaky().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn patterns_match_short_names() {
        let patterns = settings("").patterns(Key::Protected).unwrap().unwrap().value;
        let hit = |name: &str| patterns.iter().any(|p| p.matches(&BranchName::parse(name).unwrap()));
        assert!(hit("main") && hit("release/1.4") && !hit("feature/main"));
        assert_eq!(patterns.iter().filter_map(Pattern::literal).count(), 3);
    }

    #[test]
    fn a_single_text_may_stand_for_a_list() {
        assert_eq!(settings("formats = \"sdist\"").formats().unwrap(), [Format::Sdist]);
    }
}
