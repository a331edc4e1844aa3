//! Settings of git config that apply to one server: `devpi.https://devpi.example.com/.basicAuthUser`.

use url::Url;

use super::keys::{KEYS, Key, KeySpec};
use super::origin::Origin;
use crate::git::ConfigEntry;

/// The settings about a connection.
const OF_CONNECTIONS: [Key; 5] = [Key::Login, Key::CaBundle, Key::ClientCert, Key::BasicAuthUser, Key::Deadline];

/// A value for one server.
#[derive(Debug, Clone)]
pub(super) struct ServerValue {
    pub(super) url: Url,
    pub(super) key: Key,
    pub(super) value: String,
    pub(super) origin: Origin,
}

impl ServerValue {
    /// Reads an entry, in git's spelling; `None` if it names no URL or no setting of connections.
    pub fn parse(entry: &ConfigEntry) -> Option<Self> {
        let (_, rest) = entry.key.split_once('.')?;
        let (url, variable) = rest.rsplit_once('.')?;
        let is_named = |spec: &&KeySpec| {
            let key = spec.git_config.and_then(|key| key.strip_prefix("devpi.")).unwrap_or_default();
            OF_CONNECTIONS.contains(&spec.key) && key.eq_ignore_ascii_case(variable)
        };
        Some(Self {
            url: with_slash(Url::parse(url).ok()?),
            key: KEYS.iter().find(is_named)?.key,
            value: entry.value.clone(),
            origin: Origin::GitConfig { key: entry.key.clone(), place: entry.origin.clone() },
        })
    }
}

fn with_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::ConfigScope;
    use crate::settings::{LoadRequest, RepositoryFile, Settings};
    use crate::system::environment::Environment;

    fn load(server: &str, environment: Environment) -> Settings {
        let entry = |key: &str, value: &str| ConfigEntry {
            key: key.into(),
            value: value.into(),
            origin: "file".into(),
            scope: ConfigScope::Global,
        };
        let git_config = [
            entry("devpi.server", server),
            entry("devpi.basicauthuser", "everywhere"),
            entry("devpi.https://one.example/devpi.basicauthuser", "one"),
            entry("devpi.https://two.example/.basicauthuser", "two"),
            entry("devpi.https://two.example/.login", "ci"),
            entry("devpi.https://two.example/.server", "https://three.example/"),
        ];
        let repository_file: Option<RepositoryFile> = None;
        Settings::load(LoadRequest { flags: &[], environment, git_config: &git_config, repository_file }).unwrap()
    }

    #[test]
    fn a_value_applies_to_its_server_only() {
        for (server, user, login) in [
            ("https://one.example/devpi/", "one", None),
            ("https://two.example", "two", Some("ci")),
            ("https://one.example/", "everywhere", None),
        ] {
            let settings = load(server, Environment::default());
            assert_eq!(settings.raw(Key::BasicAuthUser).unwrap().value, [user], "{server}");
            assert_eq!(settings.login().unwrap().map(|set| set.value.to_string()).as_deref(), login, "{server}");
            assert_eq!(settings.has_basic_auth_of_server(), user != "everywhere", "{server}");
            assert_eq!(settings.warnings.len(), 1, "a server has no server: {:?}", settings.warnings);
        }
        let variable = Environment::from_pairs([("GIT_DEVPI_BASIC_AUTH_USER", "variable")]);
        assert_eq!(load("https://two.example/", variable).raw(Key::BasicAuthUser).unwrap().value, ["variable"]);
    }
}
