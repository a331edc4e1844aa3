//! Merges the layers: flag, environment, git config, repository file, default (highest first).

use std::collections::BTreeMap;

use super::error::Error;
use super::keys::{KEYS, Key, KeySpec, Kind};
use super::of_server::ServerValue;
use super::origin::{Origin, Sourced};
use super::repository_file::{RepositoryFile, nearest_key};
use crate::git::ConfigEntry;
use crate::model::url_secret::masked;
use crate::system::environment::Environment;

/// The sources of the settings.
#[derive(Debug, Default)]
pub struct LoadRequest<'a> {
    /// The flags: key, name of the flag, value.
    pub flags: &'a [(Key, &'static str, String)],
    /// The environment.
    pub environment: Environment,
    /// The `devpi.*` entries of git config in git's order, lowest scope first.
    pub git_config: &'a [ConfigEntry],
    /// The repository's settings file.
    pub repository_file: Option<RepositoryFile>,
}

/// A problem that does not prevent the use of the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// git config has an unknown `devpi.*` key.
    #[error("unknown setting {key} in git config ({place})")]
    UnknownGitConfig {
        /// The key in git's spelling.
        key: String,
        /// The file, or `command line`.
        place: String,
        /// The most similar known key.
        did_you_mean: Option<&'static str>,
    },
}

/// The settings with their origins. The typed getters parse and check the values.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    values: BTreeMap<Key, Sourced<Vec<String>>>,
    /// The values of the repository's file for lists that it can extend but not replace.
    added: BTreeMap<Key, Vec<String>>,
    /// The warnings of loading.
    pub warnings: Vec<Warning>,
}

impl Settings {
    /// Merges the layers.
    pub fn load(request: LoadRequest<'_>) -> Result<Self, Error> {
        let mut settings = Self::default();
        if let Some(file) = request.repository_file {
            settings.apply_repository_file(file);
        }
        let of_servers = settings.apply_git_config(request.git_config);
        settings.apply_environment(&request.environment);
        for (key, flag, value) in request.flags {
            settings.set(*key, split(key.spec(), value), Origin::Flag((*flag).to_owned()));
        }
        settings.apply_server_values(of_servers);
        Ok(settings)
    }

    /// Returns the unparsed value of `key`, else its default.
    pub fn raw(&self, key: Key) -> Option<Sourced<Vec<String>>> {
        let set = self.values.get(&key).cloned().or_else(|| default_of(key.spec()));
        match (set, self.added.get(&key)) {
            (Some(mut set), Some(added)) => {
                set.value.extend(added.iter().cloned());
                Some(set)
            }
            (set, _) => set,
        }
    }

    /// Whether any layer sets `key`.
    pub fn is_set(&self, key: Key) -> bool {
        self.values.contains_key(&key)
    }

    fn apply_repository_file(&mut self, file: RepositoryFile) {
        for (key, values) in file.values {
            if key == Key::Protected {
                self.added.insert(key, values);
                continue;
            }
            let origin = Origin::RepositoryFile { path: file.path.clone(), key: key.name().to_owned() };
            self.set(key, values, origin);
        }
    }

    /// Applies the values for every server, and returns those for one.
    fn apply_git_config(&mut self, entries: &[ConfigEntry]) -> Vec<ServerValue> {
        let mut of_servers = Vec::new();
        let ours = entries.iter().filter(|entry| entry.key.to_ascii_lowercase().starts_with("devpi."));
        let mut lists: BTreeMap<Key, (String, Vec<String>)> = BTreeMap::new();
        for entry in ours {
            let spec = KEYS.iter().find(|spec| spec.git_config.is_some_and(|key| key.eq_ignore_ascii_case(&entry.key)));
            let Some(spec) = spec else {
                match ServerValue::parse(entry) {
                    Some(value) => of_servers.push(value),
                    None => self.warn_of_unknown(entry),
                }
                continue;
            };
            // Values of one file form one list; a later file has the higher scope and replaces the list.
            let values = split(spec, &entry.value);
            match lists.get_mut(&spec.key) {
                Some((place, known)) if spec.kind == Kind::List && *place == entry.origin => known.extend(values),
                _ => {
                    lists.insert(spec.key, (entry.origin.clone(), values));
                }
            }
        }
        for (key, (place, values)) in lists {
            let name = key.spec().git_config.unwrap_or_default().to_owned();
            self.set(key, values, Origin::GitConfig { key: name, place });
        }
        of_servers
    }

    /// Replaces the values of git config by those for the configured server.
    fn apply_server_values(&mut self, values: Vec<ServerValue>) {
        // An unusable URL is an error where the server is used.
        let Ok(Some(server)) = self.server() else { return };
        for value in values.into_iter().filter(|value| value.url == server.value) {
            let stronger = |origin: &Origin| matches!(origin, Origin::Flag(_) | Origin::Environment(_));
            if !self.raw(value.key).is_some_and(|set| stronger(&set.origin)) {
                self.set(value.key, vec![value.value], value.origin);
            }
        }
    }

    fn warn_of_unknown(&mut self, entry: &ConfigEntry) {
        let name = entry.key.split_once('.').map_or("", |(_, rest)| rest);
        self.warnings.push(Warning::UnknownGitConfig {
            key: entry.key.clone(),
            place: entry.origin.clone(),
            did_you_mean: nearest_key(name),
        });
    }

    fn apply_environment(&mut self, environment: &Environment) {
        if let Some(bundle) = environment.non_empty("REQUESTS_CA_BUNDLE") {
            self.set(Key::CaBundle, vec![bundle.to_owned()], Origin::Environment("REQUESTS_CA_BUNDLE".into()));
        }
        for spec in KEYS {
            let Some(name) = spec.environment else { continue };
            if let Some(value) = environment.non_empty(name) {
                self.set(spec.key, split(spec, value), Origin::Environment(name.to_owned()));
            }
        }
    }

    /// Sets a value. No setting takes a password in a URL, so it is masked before it can get into a message.
    fn set(&mut self, key: Key, values: Vec<String>, origin: Origin) {
        let values = values.iter().map(|value| masked(value)).collect();
        self.values.insert(key, Sourced::new(values, origin));
    }
}

fn default_of(spec: &KeySpec) -> Option<Sourced<Vec<String>>> {
    spec.default.map(|default| Sourced::new(split(spec, default), Origin::Default))
}

fn split(spec: &KeySpec, value: &str) -> Vec<String> {
    match spec.kind {
        Kind::List => value.split([' ', '\t', '\n', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect(),
        Kind::Text | Kind::Duration => vec![value.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::ConfigScope;

    fn entry(key: &str, value: &str, origin: &str) -> ConfigEntry {
        ConfigEntry { key: key.into(), value: value.into(), origin: origin.into(), scope: ConfigScope::Local }
    }

    fn load(flags: &[(Key, &'static str, String)], git: &[ConfigEntry], env: Environment, file: &str) -> Settings {
        let repository_file = RepositoryFile::parse(None, Some(file)).unwrap();
        Settings::load(LoadRequest { flags, environment: env, git_config: git, repository_file }).unwrap()
    }

    #[test]
    fn flag_beats_environment_beats_git_config_beats_file_beats_default() {
        let git = [entry("devpi.production", "from-git", "file:.git/config")];
        let file = "production = \"from-file\"\nuser = \"file-user\"";
        let env = || Environment::from_pairs([("GIT_DEVPI_USER", "env-user")]);
        let flags = [(Key::User, "--user", "flag-user".to_owned())];

        let user = |settings: &Settings| settings.raw(Key::User).unwrap();
        assert_eq!(user(&load(&flags, &git, env(), file)).value, ["flag-user"]);
        assert_eq!(user(&load(&[], &git, env(), file)).origin, Origin::Environment("GIT_DEVPI_USER".into()));
        assert_eq!(user(&load(&[], &git, Environment::default(), file)).value, ["file-user"]);
        assert_eq!(load(&[], &git, env(), file).raw(Key::Production).unwrap().value, ["from-git"]);
        assert_eq!(load(&[], &[], env(), file).raw(Key::Production).unwrap().value, ["from-file"]);
        let default = load(&[], &[], env(), "").raw(Key::Production).unwrap();
        assert_eq!((default.value, default.origin), (vec!["prod".to_owned()], Origin::Default));
    }

    #[test]
    fn values_of_one_file_belong_together_and_a_higher_scope_replaces_them() {
        let git = [
            entry("devpi.require", "lint", "file:/etc/gitconfig"),
            entry("devpi.require", "unit", "file:.git/config"),
            entry("devpi.require", "system docs", "file:.git/config"),
        ];
        let require = load(&[], &git, Environment::default(), "").raw(Key::Require).unwrap();
        assert_eq!(require.value, ["unit", "system", "docs"]);
    }

    #[test]
    fn a_repository_can_only_add_protected_branches() {
        let protected = load(&[], &[], Environment::default(), "protected = [\"stable\"]").raw(Key::Protected).unwrap();
        assert_eq!(protected.value, ["main", "master", "develop", "release/*", "stable"]);
    }

    #[test]
    fn an_unknown_key_in_git_config_is_a_warning() {
        let settings = load(&[], &[entry("devpi.servr", "x", "file:a")], Environment::default(), "");
        assert!(matches!(&settings.warnings[..], [Warning::UnknownGitConfig { did_you_mean: Some("server"), .. }]));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let settings = load(&[], &[], Environment::from_pairs([("GIT_DEVPI_USER", "")]), "user = \"a\"");
        assert_eq!(settings.raw(Key::User).unwrap().value, ["a"]);
    }
}
