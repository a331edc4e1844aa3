//! The logins of devpi-client: read, never written.
//!
//! A user of `devpi login` does not need a second login. devpi-client rewrites its file without a lock and not atomically, so an
//! unreadable file counts as empty.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::token::Token;
use crate::model::names::UserName;
use crate::system::environment::{DEVPI_CLIENTDIR, Environment};
use crate::system::files;

/// `auth.json`: maps the root URL to pairs of user and token.
#[derive(Deserialize)]
struct AuthFile {
    #[serde(default)]
    auth: BTreeMap<String, Vec<(String, String)>>,
}

/// Finds the logins of devpi-client for the server at `root`, newest first. They may have expired.
pub fn find(environment: &Environment, root: &Url) -> Vec<(UserName, Token)> {
    let Some(path) = auth_file(environment) else { return Vec::new() };
    let Ok(Some(bytes)) = files::read_optional(&path) else { return Vec::new() };
    let Ok(file) = serde_json::from_slice::<AuthFile>(&bytes) else { return Vec::new() };
    let of_this_server = |url: &str| Url::parse(url).is_ok_and(|url| same_root(&url, root));
    let pairs = file.auth.into_iter().filter(|(url, _)| of_this_server(url)).flat_map(|(_, pairs)| pairs);
    pairs
        .filter_map(|(user, token)| Some((UserName::parse(&user).ok()?, Token::new(SecretString::from(token)))))
        .collect()
}

/// The path of `$DEVPI_CLIENTDIR/auth.json`, else of `~/.devpi/client/auth.json`.
fn auth_file(environment: &Environment) -> Option<PathBuf> {
    let folder = match environment.non_empty(DEVPI_CLIENTDIR) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let home = environment.non_empty("HOME").or_else(|| environment.non_empty("USERPROFILE"))?;
            PathBuf::from(home).join(".devpi").join("client")
        }
    };
    Some(folder.join("auth.json"))
}

fn same_root(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.path().trim_end_matches('/') == other.path().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_found_by_root_url() {
        let dir = tempfile::tempdir().unwrap();
        let text = r#"{"auth": {"http://h:80/p/": [["bob", "devpi-x"], ["a b", "y"]], "http://h/q/": [["eve", "z"]]}, "basic_auth": {}}"#;
        std::fs::write(dir.path().join("auth.json"), text).unwrap();
        let environment = Environment::from_pairs([(DEVPI_CLIENTDIR, dir.path().to_str().unwrap())]);
        let found = |root: &str| {
            let found = find(&environment, &Url::parse(root).unwrap());
            found.into_iter().map(|(user, _)| user.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("http://h/p/"), ["bob"]);
        assert_eq!(found("http://h/"), Vec::<String>::new());
        assert_eq!(found("https://h/p/"), Vec::<String>::new());
        std::fs::write(dir.path().join("auth.json"), "{half").unwrap();
        assert_eq!(found("http://h/p/"), Vec::<String>::new());
    }
}
