//! The order of the layers: flag, environment, git config, the repository's file, default.

use std::collections::BTreeMap;

use super::error::Error;
use super::keys::{KEYS, Key, KeySpec, Kind};
use super::origin::{Origin, Sourced};
use super::repository_file::{RepositoryFile, nearest_key};
use crate::git::ConfigEntry;
use crate::system::environment::Environment;

/// What the settings are made of.
#[derive(Debug, Default)]
pub struct LoadRequest<'a> {
    /// Values of flags: the key, the flag's name, the value.
    pub flags: &'a [(Key, &'static str, String)],
    /// The environment.
    pub environment: Environment,
    /// The `devpi.*` entries of git config, lowest scope first, as git lists them.
    pub git_config: &'a [ConfigEntry],
    /// The repository's own file.
    pub repository_file: Option<RepositoryFile>,
}

/// Something that is worth a warning, once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// git config has a `devpi.*` key that no table has.
    #[error("unknown setting {key} in git config ({place})")]
    UnknownGitConfig {
        /// The key as git spells it.
        key: String,
        /// Where it stands.
        place: String,
        /// The nearest key that exists.
        did_you_mean: Option<&'static str>,
    },
}

/// Every setting that somebody made, with its origin. Values are read and checked by the typed getters.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    values: BTreeMap<Key, Sourced<Vec<String>>>,
    /// What the repository's file adds to the lists that it can only add to.
    added: BTreeMap<Key, Vec<String>>,
    /// What was noticed while loading.
    pub warnings: Vec<Warning>,
}

impl Settings {
    /// Puts the layers on top of each other.
    pub fn load(request: LoadRequest<'_>) -> Result<Self, Error> {
        let mut settings = Self::default();
        if let Some(file) = request.repository_file {
            settings.take_repository_file(file);
        }
        settings.take_git_config(request.git_config);
        settings.take_environment(&request.environment);
        for (key, flag, value) in request.flags {
            settings.set(*key, split(key.spec(), value), Origin::Flag((*flag).to_owned()));
        }
        Ok(settings)
    }

    /// The value that was set for `key`, whoever set it; the table's default otherwise.
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

    /// Whether anybody has set `key`.
    pub fn is_set(&self, key: Key) -> bool {
        self.values.contains_key(&key)
    }

    fn take_repository_file(&mut self, file: RepositoryFile) {
        for (key, values) in file.values {
            if key == Key::Protected {
                self.added.insert(key, values);
                continue;
            }
            let origin = Origin::RepositoryFile { path: file.path.clone(), key: key.name().to_owned() };
            self.set(key, values, origin);
        }
    }

    fn take_git_config(&mut self, entries: &[ConfigEntry]) {
        let ours = entries.iter().filter(|entry| entry.key.to_ascii_lowercase().starts_with("devpi."));
        let mut lists: BTreeMap<Key, (String, Vec<String>)> = BTreeMap::new();
        for entry in ours {
            let spec = KEYS.iter().find(|spec| spec.git_config.is_some_and(|key| key.eq_ignore_ascii_case(&entry.key)));
            let Some(spec) = spec else {
                self.warn_of_unknown(entry);
                continue;
            };
            // Several values of one file belong together; a file that comes later has the higher scope and replaces them.
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
    }

    fn warn_of_unknown(&mut self, entry: &ConfigEntry) {
        let name = entry.key.split_once('.').map_or("", |(_, rest)| rest);
        self.warnings.push(Warning::UnknownGitConfig {
            key: entry.key.clone(),
            place: entry.origin.clone(),
            did_you_mean: nearest_key(name),
        });
    }

    fn take_environment(&mut self, environment: &Environment) {
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

    fn set(&mut self, key: Key, values: Vec<String>, origin: Origin) {
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
