//! The passwords and logins that are available without a question: from variables, the local server, and git's credential helper.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::devpi::token_store::TokenStore;
use crate::devpi::{self, Authenticator, BasicLogin, LoginNeed, Token};
use crate::git::{self, Credential, CredentialRequest};
use crate::model::names::UserName;
use crate::system::clock;
use crate::system::directories::Directories;
use crate::system::environment::{Environment, GIT_DEVPI_BASIC_AUTH_PASSWORD, GIT_DEVPI_PASSWORD};
use crate::workspace::Error;
use crate::workspace::local_users;

/// A password that is available without a prompt.
pub(crate) enum Password {
    /// From the variable, or from the local server.
    Known(SecretString),
    /// From git's credential helper, which is told whether the server accepted it.
    CredentialHelper(Credential),
}

impl Password {
    /// Returns the password.
    pub fn text(&self) -> &SecretString {
        match self {
            Self::Known(password) => password,
            Self::CredentialHelper(credential) => &credential.password,
        }
    }
}

/// Where passwords come from.
#[derive(Clone)]
pub(crate) struct PasswordSource {
    pub environment: Environment,
    pub directories: Directories,
    /// The folder whose git configuration names the helpers.
    pub folder: PathBuf,
    /// The time limit for a helper.
    pub deadline: Duration,
}

impl PasswordSource {
    /// Returns the password of `login` at `url`.
    pub fn password(&self, url: &Url, login: &UserName) -> Result<Option<Password>, Error> {
        if let Some(password) = self.environment.non_empty(GIT_DEVPI_PASSWORD) {
            return Ok(Some(Password::Known(SecretString::from(password))));
        }
        let place = (&self.directories, &self.environment);
        if let Some(password) = local_users::local_password(place, url, login)? {
            return Ok(Some(Password::Known(password)));
        }
        Ok(self.credential(url, login.as_str())?.map(Password::CredentialHelper))
    }

    /// Returns what git's credential helper has for `user` at `url`.
    pub fn credential(&self, url: &Url, user: &str) -> Result<Option<Credential>, Error> {
        let request = CredentialRequest { url: url.as_str(), username: Some(user), deadline: self.deadline };
        let found = git::fill_credential(&self.environment, &self.folder, request)?;
        Ok(found.filter(|credential| credential.username == user))
    }

    /// Tells git's credential helper whether a password was accepted.
    pub fn report(&self, url: &Url, credential: &Credential, accepted: bool) {
        let tell = if accepted { git::approve_credential } else { git::reject_credential };
        // A failure of the helper does not change the result of the login.
        let _ = tell(&self.environment, url.as_str(), credential);
    }
}

/// Whether a secret may be sent to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The user named the server, or has logged in to it.
    Trusted,
    /// Only the repository names it.
    RepositoryOnly,
}

/// The logins for one server.
pub(crate) struct ServerLogins {
    pub url: Url,
    pub trust: Trust,
    /// The user who logs in; `None` if no setting names one.
    pub login: Option<UserName>,
    /// The user at the proxy in front of the server, unless that must not get a password.
    pub basic_auth_user: Option<String>,
    pub passwords: PasswordSource,
    pub tokens: TokenStore,
}

impl fmt::Debug for ServerLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLogins").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Authenticator for ServerLogins {
    fn basic_login(&self) -> Option<BasicLogin> {
        let user = self.basic_auth_user.clone()?;
        if let Some(password) = self.passwords.environment.non_empty(GIT_DEVPI_BASIC_AUTH_PASSWORD) {
            return Some(BasicLogin { user, password: SecretString::from(password) });
        }
        let found = self.passwords.credential(&self.url, &user);
        let credential = found.inspect_err(|error| tracing::debug!(%error, "no credential")).ok().flatten()?;
        Some(BasicLogin { user, password: credential.password })
    }

    fn basic_login_rejected(&self, login: &BasicLogin) {
        if !self.passwords.environment.is_set(GIT_DEVPI_BASIC_AUTH_PASSWORD) {
            let credential = Credential { username: login.user.clone(), password: login.password.clone() };
            self.passwords.report(&self.url, &credential, false);
        }
    }

    fn log_in(&self, need: &LoginNeed<'_>) -> Result<Option<(UserName, Token)>, devpi::Error> {
        let Some(login) = need.rejected.map(|rejected| rejected.login).or(self.login.as_ref()) else { return Ok(None) };
        let stored = self.tokens.get(&self.url, login)?.map(|stored| stored.token);
        let is_other = |token: &Token| {
            need.rejected.is_none_or(|rejected| rejected.token.text.expose_secret() != token.text.expose_secret())
        };
        // Another process may have renewed the login.
        if let Some(token) = stored.filter(|token| is_other(token) && !token.has_expired(clock::now())) {
            return Ok(Some((login.clone(), token)));
        }
        if self.trust == Trust::RepositoryOnly {
            return Ok(None);
        }
        let found = self.passwords.password(&self.url, login);
        let Some(password) = found.inspect_err(|error| tracing::debug!(%error, "no password")).ok().flatten() else {
            return Ok(None);
        };
        let exchanged = (need.exchange)(login, password.text());
        if let Password::CredentialHelper(credential) = &password
            && let Ok(_) | Err(devpi::Error::WrongPassword { .. }) = &exchanged
        {
            self.passwords.report(&self.url, credential, exchanged.is_ok());
        }
        let stored = exchanged?;
        self.tokens.put(&self.url, login, &stored)?;
        Ok(Some((login.clone(), stored.token)))
    }
}
