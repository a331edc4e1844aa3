//! The stored tokens of the user's logins: one file that only its owner can read.
//!
//! The key of a token is the root URL *with its path*, since several servers may share a host, and the UUID of the server: another
//! server at the same URL does not get the token. Writes are atomic and hold a lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::Error;
use super::token::Token;
use crate::model::names::UserName;
use crate::system::files::{self, Access, FileLock};

/// The token file and its lock.
#[derive(Debug, Clone)]
pub struct TokenStore {
    file: PathBuf,
    lock: PathBuf,
}

/// A token with the server that issued it.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// The token. It may have expired.
    pub token: Token,
    /// The UUID of the server that issued it.
    pub uuid: Option<String>,
}

/// Maps root URL to user name to entry.
type Logins = BTreeMap<String, BTreeMap<String, Entry>>;

#[derive(Serialize, Deserialize)]
struct Entry {
    token: String,
    /// For readers of the file; the program reads the expiry from the token itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
}

impl TokenStore {
    /// Opens the store in `folder`, which the first write creates.
    pub fn open(folder: &Path) -> Self {
        Self { file: folder.join("tokens.json"), lock: folder.join("tokens.lock") }
    }

    /// Reads the token of `login` at `root`.
    pub fn get(&self, root: &Url, login: &UserName) -> Result<Option<StoredToken>, Error> {
        let mut logins = self.read()?;
        let entry = logins.get_mut(root.as_str()).and_then(|tokens| tokens.remove(login.as_str()));
        Ok(entry.map(|entry| StoredToken { token: Token::new(SecretString::from(entry.token)), uuid: entry.uuid }))
    }

    /// Lists the root URLs with a token.
    pub fn servers(&self) -> Result<Vec<String>, Error> {
        Ok(self.read()?.into_keys().collect())
    }

    /// Lists the users with a token at `root`.
    pub fn logins(&self, root: &Url) -> Result<Vec<UserName>, Error> {
        let logins = self.read()?;
        let names = logins.get(root.as_str()).into_iter().flat_map(BTreeMap::keys);
        Ok(names.filter_map(|name| UserName::parse(name).ok()).collect())
    }

    /// Stores a token and replaces an older one.
    pub fn put(&self, root: &Url, login: &UserName, stored: &StoredToken) -> Result<(), Error> {
        let entry = Entry {
            token: stored.token.text.expose_secret().to_owned(),
            expires: stored.token.expires,
            uuid: stored.uuid.clone(),
        };
        self.change(|logins| {
            logins.entry(root.as_str().to_owned()).or_default().insert(login.to_string(), entry);
            true
        })
    }

    /// Removes a token; returns whether it existed.
    pub fn remove(&self, root: &Url, login: &UserName) -> Result<bool, Error> {
        let mut removed = false;
        self.change(|logins| {
            removed = logins.get_mut(root.as_str()).is_some_and(|tokens| tokens.remove(login.as_str()).is_some());
            logins.retain(|_, tokens| !tokens.is_empty());
            removed
        })?;
        Ok(removed)
    }

    /// Removes the tokens at `root` that another server than `uuid` issued; returns whether there were any.
    pub fn drop_foreign(&self, root: &Url, uuid: &str) -> Result<bool, Error> {
        let is_foreign = |entry: &Entry| entry.uuid.as_deref().is_some_and(|of_entry| of_entry != uuid);
        // Usually there is none: then a read without the lock is enough.
        if !self.read()?.get(root.as_str()).is_some_and(|tokens| tokens.values().any(is_foreign)) {
            return Ok(false);
        }
        self.change(|logins| {
            if let Some(tokens) = logins.get_mut(root.as_str()) {
                tokens.retain(|_, entry| !is_foreign(entry));
            }
            true
        })?;
        Ok(true)
    }

    /// Reads the file. An invalid one counts as empty, so that the user logs in again.
    fn read(&self) -> Result<Logins, Error> {
        let Some(bytes) = files::read_optional(&self.file)? else { return Ok(Logins::new()) };
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(path = %self.file.display(), %error, "the token file is not valid JSON");
            Logins::new()
        }))
    }

    fn change(&self, change: impl FnOnce(&mut Logins) -> bool) -> Result<(), Error> {
        let _lock = FileLock::acquire(&self.lock)?;
        let mut logins = self.read()?;
        if change(&mut logins) {
            // Maps with string keys always serialise.
            let bytes = serde_json::to_vec_pretty(&logins).unwrap_or_default();
            files::write_atomic(&self.file, &bytes, Access::Private)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str, uuid: Option<&str>) -> StoredToken {
        StoredToken { token: Token::new(SecretString::from(text)), uuid: uuid.map(str::to_owned) }
    }

    fn text(stored: Option<StoredToken>) -> Option<String> {
        stored.map(|stored| stored.token.text.expose_secret().to_owned())
    }

    #[test]
    fn tokens_are_kept_apart_by_root_and_login() {
        let dir = tempfile::tempdir().unwrap();
        let store = TokenStore::open(&dir.path().join("config"));
        let [a, b] = ["http://h/a/", "http://h/b/"].map(|url| Url::parse(url).unwrap());
        let [bob, eve] = ["bob", "eve"].map(|name| UserName::parse(name).unwrap());
        assert!(store.get(&a, &bob).unwrap().is_none());
        store.put(&a, &bob, &stored(r#"["bob", [], true].awMnrw.x"#, Some("1"))).unwrap();
        store.put(&a, &eve, &stored("2", None)).unwrap();
        assert_eq!(text(store.get(&a, &bob).unwrap()).as_deref(), Some(r#"["bob", [], true].awMnrw.x"#));
        assert!(store.get(&a, &bob).unwrap().unwrap().token.expires.is_some());
        assert!(store.get(&b, &bob).unwrap().is_none());
        assert_eq!(store.logins(&a).unwrap(), [bob.clone(), eve.clone()]);
        assert!(store.remove(&a, &eve).unwrap());
        assert!(!store.remove(&a, &eve).unwrap());
        assert!(!store.drop_foreign(&a, "1").unwrap());
        assert!(store.drop_foreign(&a, "9").unwrap());
        assert!(store.get(&a, &bob).unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_and_a_broken_one_is_no_obstacle() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let store = TokenStore::open(dir.path());
        let root = Url::parse("http://h/").unwrap();
        let bob = UserName::parse("bob").unwrap();
        std::fs::write(dir.path().join("tokens.json"), "{half").unwrap();
        assert!(store.get(&root, &bob).unwrap().is_none());
        store.put(&root, &bob, &stored("t", None)).unwrap();
        let mode = std::fs::metadata(dir.path().join("tokens.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn writers_do_not_lose_each_others_tokens() {
        let dir = tempfile::tempdir().unwrap();
        let store = TokenStore::open(dir.path());
        let root = Url::parse("http://h/").unwrap();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (store, root) = (&store, &root);
                let login = UserName::parse(&format!("u{n}")).unwrap();
                scope.spawn(move || store.put(root, &login, &stored("t", None)).unwrap());
            }
        });
        assert_eq!(store.logins(&root).unwrap().len(), 8);
    }
}
