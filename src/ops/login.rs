//! `login`, `logout`, `whoami`: the stored tokens of this user.
//!
//! A login sends a password, so it has separate steps: which source names the server, whether it is a devpi-server, and then
//! the password. The caller asks the user.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::devpi::token_store::StoredToken;
use crate::devpi::{self, AuthStatus, Server, ServerInfo, Session, Token, client_login};
use crate::git::{self, ConfigEntry, Credential};
use crate::model::names::UserName;
use crate::model::pasted_url::{self, IndexUrl};
use crate::ops::{Error, LoginError};
use crate::settings::Key;
use crate::system::clock;
use crate::workspace::session::{DEADLINE, Password};
use crate::workspace::{self, Workspace, hook_backoff};

/// A login in progress.
pub struct LoginAttempt<'w, 'p> {
    workspace: &'w Workspace<'p>,
    server: Server,
    login: UserName,
    untrusted_origin: Option<String>,
}

/// A completed login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The server.
    pub server: Url,
    /// The user.
    pub login: UserName,
    /// The expiry of the token; `None` if the token does not tell.
    pub expires: Option<Timestamp>,
    /// What a token of devpi-tokens is restricted to.
    pub restrictions: Vec<String>,
    /// The version of devpi-server.
    pub version: String,
}

/// The result of `logout`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The server.
    pub server: Url,
    /// The users whose tokens were removed.
    pub logins: Vec<UserName>,
    /// The users that devpi-client has tokens for. Its files are never changed.
    pub left_to_devpi_client: Vec<UserName>,
}

/// Returns root and index where the configured server is the URL of an index, or one below it, as people paste them.
///
/// Asks the server where its root could be a folder of that host.
pub fn pasted_index(workspace: &Workspace<'_>) -> Result<Option<IndexUrl>, Error> {
    let typed = workspace.settings.text(Key::Server).map_err(workspace::Error::from)?;
    let typed = typed.and_then(|typed| Url::parse(&typed.value).ok());
    if let Some(found) = typed.as_ref().and_then(pasted_url::below_index) {
        return Ok(Some(found));
    }
    let url = workspace.server_url()?.value;
    let Some(found) = pasted_url::as_index(&url) else { return Ok(None) };
    let server = workspace.connect(url, workspace.deadline(DEADLINE)?)?.without_renewal();
    // A closed server does not tell.
    let is_index = match server.is_index() {
        Err(devpi::Error::NotLoggedIn { .. }) => false,
        other => other?,
    };
    Ok(is_index.then_some(found))
}

impl<'w, 'p> LoginAttempt<'w, 'p> {
    /// Starts a login of `login` at the configured server. Makes no request.
    pub fn begin(workspace: &'w Workspace<'p>, login: UserName) -> Result<Self, Error> {
        let url = workspace.server_url()?;
        let is_untrusted = url.origin.is_repository() && workspace.stored_logins(&url.value)?.is_empty();
        let untrusted_origin = is_untrusted.then(|| url.origin.to_string());
        let server = workspace.connect(url.value, workspace.deadline(DEADLINE)?)?.without_renewal();
        Ok(Self { workspace, server, login, untrusted_origin })
    }

    /// The server.
    pub fn server(&self) -> &Url {
        self.server.root()
    }

    /// The user who logs in.
    pub fn login(&self) -> &UserName {
        &self.login
    }

    /// Returns where the repository names the server, if no other source does.
    ///
    /// The user must confirm the login then.
    pub fn untrusted_origin(&self) -> Option<&str> {
        self.untrusted_origin.as_deref()
    }

    /// Returns the error for a login that the user did not confirm.
    pub fn refusal(&self) -> Error {
        let place = self.untrusted_origin.clone().unwrap_or_default();
        workspace::Error::UntrustedServer { server: self.server().clone(), place }.into()
    }

    /// Whether this user has logged in to the server before, so that it is known to be a devpi-server.
    pub fn is_known(&self) -> Result<bool, Error> {
        Ok(self.workspace.tokens().get(self.server(), &self.login)?.is_some())
    }

    /// Checks that the server is a devpi-server; `None` if it is closed even to this question.
    pub fn probe(&self) -> Result<Option<ServerInfo>, Error> {
        match self.server.probe() {
            Err(devpi::Error::NotLoggedIn { .. }) => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    /// Whether the user exists on the server. A server that is closed without a login does not tell: then it counts as existing.
    pub fn user_exists(&self) -> Result<bool, Error> {
        match self.server.user_indexes(&self.login) {
            Err(devpi::Error::NotLoggedIn { .. }) => Ok(true),
            other => Ok(other?.is_some()),
        }
    }

    /// Whether a password is available without a prompt.
    pub fn has_stored_password(&self) -> Result<bool, Error> {
        Ok(self.workspace.password_for(self.server(), &self.login)?.is_some())
    }

    /// Creates the user with the available password, or with `typed`. An existing user is success.
    pub fn create_user(&self, typed: Option<&SecretString>) -> Result<(), Error> {
        let at_hand = if typed.is_none() { self.workspace.password_for(self.server(), &self.login)? } else { None };
        let none = || Error::NoPassword { server: self.server().clone(), login: self.login.clone() };
        let password = typed.or(at_hand.as_ref().map(Password::text)).ok_or_else(none)?;
        self.server.create_user(&self.login, password)?;
        Ok(())
    }

    /// Logs in with a password that is available without a prompt, and returns that too; `None` if there is none.
    ///
    /// Sources: GIT_DEVPI_PASSWORD, the local server, git's credential helper.
    pub fn with_stored_password(&self) -> Result<Option<(LoggedIn, SecretString)>, Error> {
        let Some(password) = self.workspace.password_for(self.server(), &self.login)? else { return Ok(None) };
        let session = self.workspace.log_in_with(&self.server, &self.login, &password)?;
        self.finish(&session, password.text()).map(|done| Some((done, password.text().clone())))
    }

    /// Logs in with a token from elsewhere. It is stored only if the server accepts it for this user.
    pub fn with_token(&self, token: &Token) -> Result<LoggedIn, Error> {
        let login = self.login.to_string();
        if token.has_expired(clock::now()) {
            return Err(devpi::Error::TokenExpired { login }.into());
        }
        let info = Session::new(&self.server, self.login.clone(), token).probe()?;
        if info.auth != AuthStatus::User(login.clone()) {
            return Err(devpi::Error::WrongToken { login }.into());
        }
        let stored = StoredToken { token: token.clone(), uuid: self.server.uuid() };
        self.workspace.tokens().put(self.server(), &self.login, &stored)?;
        hook_backoff::end_after_login(self.workspace, self.server(), &self.login);
        Ok(self.logged_in(token))
    }

    /// Logs in with the given password.
    pub fn with_password(&self, password: &SecretString) -> Result<LoggedIn, Error> {
        let session = self.workspace.log_in(&self.server, &self.login, password)?;
        self.finish(&session, password)
    }

    /// Passes an accepted password to git's credential helper, if there is one.
    ///
    /// A token lasts ten hours, and the hooks get the password for a new one from the helper.
    pub fn store_password(&self, password: &SecretString) {
        let credential = Credential { username: self.login.to_string(), password: password.clone() };
        self.workspace.report_to_helper(self.server(), &credential, true);
    }

    /// Returns git's credential helper for the server; an error if none is configured.
    pub fn credential_helper(&self) -> Result<ConfigEntry, Error> {
        let url = self.server();
        let helper = git::credential_helper(&self.workspace.environment, self.workspace.start(), url.as_str())?;
        Ok(helper.ok_or_else(|| LoginError::NoCredentialHelper { server: url.clone() })?)
    }

    /// Stores an accepted password in git's credential helper, and reads it back.
    pub fn remember_password(&self, password: &SecretString, helper: &ConfigEntry) -> Result<(), Error> {
        self.store_password(password);
        let stored = self.workspace.stored_password(self.server(), &self.login)?;
        match stored {
            Some(stored) if stored.password.expose_secret() == password.expose_secret() => Ok(()),
            _ => Err(LoginError::PasswordNotKept { helper: helper.value.clone() }.into()),
        }
    }

    /// Verifies the login, and ends the backoffs of the hooks.
    ///
    /// The server has checked a password, and issued a token for it. A token of devpi-tokens, which is used as it is, costs a request.
    fn finish(&self, session: &Session, password: &SecretString) -> Result<LoggedIn, Error> {
        let info = if Token::needs_no_login(password) { Some(session.probe()?) } else { None };
        let store = self.workspace.tokens();
        if info.as_ref().is_some_and(|info| info.auth == AuthStatus::Anonymous) {
            store.remove(self.server(), &self.login)?;
            return Err(devpi::Error::WrongPassword { login: self.login.to_string() }.into());
        }
        hook_backoff::end_after_login(self.workspace, self.server(), &self.login);
        let unknown = || devpi::Error::TokenExpired { login: self.login.to_string() };
        let stored = store.get(self.server(), &self.login)?.ok_or_else(unknown)?;
        Ok(self.logged_in(&stored.token))
    }

    fn logged_in(&self, token: &Token) -> LoggedIn {
        LoggedIn {
            server: self.server().clone(),
            login: self.login.clone(),
            expires: token.expires,
            restrictions: token.restrictions(),
            version: self.server.version().unwrap_or_default(),
        }
    }
}

/// Returns the user that the stored token stands for, as the server sees it. Never logs in.
pub fn whoami(workspace: &Workspace<'_>) -> Result<LoggedIn, Error> {
    let url = workspace.server_url()?.value;
    let (login, token) = preferred_token(workspace, &url)?;
    let run_out = || workspace::Error::Devpi(devpi::Error::TokenExpired { login: login.to_string() });
    let server = workspace.connect(url.clone(), workspace.deadline(crate::workspace::session::READ_DEADLINE)?)?;
    let session = Session::new(&server.without_renewal(), login.clone(), &token);
    if token.has_expired(clock::now()) {
        return Err(run_out().into());
    }
    let info = session.probe()?;
    match info.auth {
        AuthStatus::User(user) if user == login.as_str() => {
            let restrictions = token.restrictions();
            Ok(LoggedIn { server: url, login, expires: token.expires, restrictions, version: info.version })
        }
        AuthStatus::User(_) | AuthStatus::Anonymous => Err(run_out().into()),
    }
}

/// Returns the token of the configured user, else of any user; a valid one before an expired one.
fn preferred_token(workspace: &Workspace<'_>, url: &Url) -> Result<(UserName, Token), Error> {
    let user = workspace.settings.login()?.map(|set| set.value);
    let mut known = workspace.stored_logins(url)?;
    if let Some(user) = &user {
        known.retain(|(login, _)| login == user);
    }
    let now = clock::now();
    known.sort_by_key(|(_, token)| token.has_expired(now));
    Ok(known.into_iter().next().ok_or_else(|| workspace::Error::NotLoggedIn { server: url.clone(), login: user })?)
}

/// Removes git-devpi's tokens for the server.
pub fn log_out(workspace: &Workspace<'_>) -> Result<LoggedOut, Error> {
    let server = workspace.server_url()?.value;
    let store = workspace.tokens();
    let mut logins = Vec::new();
    for login in store.logins(&server)? {
        if store.remove(&server, &login)? {
            logins.push(login);
        }
    }
    let left = client_login::find(&workspace.environment, &server).into_iter().map(|(login, _)| login).collect();
    Ok(LoggedOut { server, logins, left_to_devpi_client: left })
}
