//! The connection to the server: anonymous or logged in, and the rule about which server gets
//! credentials.
//!
//! A repository can *name* a server. Credentials are sent only to a server that the user has logged in to before, or that a
//! flag, the environment or git config names.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::devpi::token_store::{StoredToken, TokenStore};
use crate::devpi::{self, Server, ServerOptions, Session, Token, client_login};
use crate::git::Credential;
use crate::model::names::UserName;
use crate::settings::{self, Key, Sourced};
use crate::system::clock;
use crate::workspace::Error;
use crate::workspace::Workspace;
use crate::workspace::passwords::{PasswordSource, ServerLogins, Trust};

/// The time limit for retries of a verb that changes something.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// The time limit for retries of a verb that only reads.
pub const READ_DEADLINE: Duration = Duration::from_secs(10);
/// The time limit for git's credential helper.
pub(in crate::workspace) const HELPER_DEADLINE: Duration = Duration::from_secs(10);

pub(crate) use crate::workspace::passwords::Password;

impl Workspace<'_> {
    /// Returns the URL of the server, and its origin.
    pub fn server_url(&self) -> Result<Sourced<Url>, Error> {
        Ok(self.settings.server()?.ok_or(settings::Error::Missing { key: Key::Server.name() })?)
    }

    /// Returns the server, with the stored login if there is one.
    ///
    /// Without one, requests are anonymous until the server asks for a login. Then a password that is available without a prompt is used.
    pub fn server(&self) -> Result<&Server, Error> {
        self.server_within(DEADLINE)
    }

    /// Returns the same for verbs that only read, with a shorter time limit.
    pub fn server_for_reading(&self) -> Result<&Server, Error> {
        self.server_within(READ_DEADLINE)
    }

    fn server_within(&self, usual: Duration) -> Result<&Server, Error> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        if self.server.get().is_none() {
            let server = self.connect(self.server_url()?.value, self.deadline(usual)?)?;
            let server = match self.stored_token()? {
                Some((login, token)) => (*Session::new(&server, login, &token)).clone(),
                None => server,
            };
            return Ok(self.server.get_or_init(|| server));
        }
        self.server.get().ok_or(Error::Settings(settings::Error::Missing { key: Key::Server.name() }))
    }

    /// Returns the logged-in server: by the stored token, else by a password from the environment
    /// or git's credential helper.
    pub fn session(&self) -> Result<&Session, Error> {
        if self.session.get().is_none() {
            let session = self.open_session(self.deadline(DEADLINE)?)?;
            return Ok(self.session.get_or_init(|| session));
        }
        self.session.get().ok_or(Error::NotLoggedIn { server: self.server_url()?.value, login: None })
    }

    /// Returns the stored token for this server, by git-devpi or devpi-client: of the configured
    /// user, else of the first logged-in user.
    pub fn stored_token(&self) -> Result<Option<(UserName, Token)>, Error> {
        let url = self.server_url()?.value;
        let mut known = self.stored_logins(&url)?;
        if let Some(user) = self.settings.login()? {
            known.retain(|(login, _)| *login == user.value);
        }
        let now = clock::now();
        Ok(known.into_iter().find(|(_, token)| !token.has_expired(now)))
    }

    /// Returns the users with stored tokens for `url`, by git-devpi first, then by devpi-client.
    ///
    /// Tokens may have expired.
    pub fn stored_logins(&self, url: &Url) -> Result<Vec<(UserName, Token)>, Error> {
        let store = self.tokens();
        let mut known = Vec::new();
        for login in store.logins(url)? {
            if let Some(stored) = store.get(url, &login)? {
                known.push((login, stored.token));
            }
        }
        known.extend(client_login::find(&self.environment, url));
        Ok(known)
    }

    /// Connects to `url` with the options of the settings.
    pub fn connect(&self, url: Url, deadline: Duration) -> Result<Server, Error> {
        Ok(Server::new(&self.server_options(url, deadline)?)?)
    }

    /// Returns the options for the connection to `url`.
    pub fn server_options(&self, url: Url, deadline: Duration) -> Result<ServerOptions, Error> {
        let logins = self.server_logins(&url, deadline)?;
        let mut options = ServerOptions::new(url);
        options.authenticator = Some(Arc::new(logins));
        options.allow_http = self.settings.list(Key::AllowHttp).map(|set| set.value).unwrap_or_default();
        options.ca_bundle = self.settings.file(Key::CaBundle)?;
        options.client_cert = self.settings.file(Key::ClientCert)?;
        options.deadline = deadline;
        options.connect_timeout = options.connect_timeout.min(deadline);
        options.overall = self.overall;
        Ok(options)
    }

    /// Limits the total time of all requests, counted from the first connection. For hooks.
    pub fn limit(&mut self, overall: Duration) {
        self.overall = Some(overall);
    }

    /// Returns git-devpi's own token store.
    pub fn tokens(&self) -> TokenStore {
        TokenStore::open(&self.directories.config)
    }

    fn server_logins(&self, url: &Url, deadline: Duration) -> Result<ServerLogins, Error> {
        let named = self.settings.server()?.filter(|set| set.value == *url);
        let is_untrusted = named.is_some_and(|set| set.origin.is_repository()) && self.stored_logins(url)?.is_empty();
        let trust = if is_untrusted { Trust::RepositoryOnly } else { Trust::Trusted };
        let user = self.settings.text(Key::BasicAuthUser)?.map(|set| set.value);
        Ok(ServerLogins {
            url: url.clone(),
            trust,
            login: self.settings.login()?.map(|set| set.value),
            basic_auth_user: user.filter(|_| !is_untrusted || self.settings.has_basic_auth_of_server()),
            passwords: self.passwords(HELPER_DEADLINE.min(deadline / 2)),
            tokens: self.tokens(),
        })
    }

    fn passwords(&self, deadline: Duration) -> PasswordSource {
        PasswordSource {
            environment: self.environment.clone(),
            directories: self.directories.clone(),
            folder: self.start().to_owned(),
            deadline,
        }
    }

    /// Logs in with `password` and stores the token.
    pub fn log_in(&self, server: &Server, login: &UserName, password: &SecretString) -> Result<Session, Error> {
        let token = if Token::needs_no_login(password) {
            Token::new(password.clone())
        } else {
            server.login(login, password)?
        };
        let stored = StoredToken { token, uuid: server.uuid() };
        self.tokens().put(server.root(), login, &stored)?;
        Ok(Session::new(server, login.clone(), &stored.token))
    }

    fn open_session(&self, deadline: Duration) -> Result<Session, Error> {
        let url = self.server_url()?;
        if let Some((login, token)) = self.stored_token()? {
            return Ok(Session::new(&self.connect(url.value, deadline)?, login, &token));
        }
        let login = self.login()?;
        if url.origin.is_repository() && self.stored_logins(&url.value)?.is_empty() {
            return Err(Error::UntrustedServer { server: url.value, place: url.origin.to_string() });
        }
        let not_logged_in = || Error::NotLoggedIn { server: url.value.clone(), login: Some(login.clone()) };
        let password = self.password_for(&url.value, &login)?.ok_or_else(not_logged_in)?;
        let server = self.connect(url.value.clone(), deadline)?;
        self.log_in_with(&server, &login, &password)
    }

    /// Logs in with a password that was available without a prompt.
    pub(crate) fn log_in_with(&self, server: &Server, login: &UserName, password: &Password) -> Result<Session, Error> {
        match password {
            Password::Known(password) => self.log_in(server, login, password),
            Password::CredentialHelper(credential) => {
                let session = self.log_in(server, login, &credential.password);
                let refused = matches!(session, Err(Error::Devpi(devpi::Error::WrongPassword { .. })));
                if session.is_ok() || refused {
                    self.report_to_helper(server.root(), credential, session.is_ok());
                }
                session
            }
        }
    }

    /// Returns a password that is available without a prompt: from the variable, the local server,
    /// or git's credential helper.
    pub(crate) fn password_for(&self, url: &Url, login: &UserName) -> Result<Option<Password>, Error> {
        self.password_within(url, login, HELPER_DEADLINE)
    }

    /// Returns such a password, with another time limit for the helper.
    pub(crate) fn password_within(
        &self,
        url: &Url,
        login: &UserName,
        deadline: Duration,
    ) -> Result<Option<Password>, Error> {
        self.passwords(deadline).password(url, login)
    }

    /// Returns the password that git's credential helper has.
    pub(crate) fn stored_password(&self, url: &Url, login: &UserName) -> Result<Option<Credential>, Error> {
        self.passwords(HELPER_DEADLINE).credential(url, login.as_str())
    }

    /// Tells git's credential helper whether the server accepted the password.
    pub(crate) fn report_to_helper(&self, url: &Url, credential: &Credential, accepted: bool) {
        self.passwords(HELPER_DEADLINE).report(url, credential, accepted);
    }

    pub(crate) fn deadline(&self, usual: Duration) -> Result<Duration, Error> {
        Ok(self.settings.duration(Key::Deadline)?.unwrap_or(usual))
    }
}
