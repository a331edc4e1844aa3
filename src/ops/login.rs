//! `login`, `logout`, `whoami`: the tokens of this user.
//!
//! A log-in is the moment in which a password leaves this machine, so it goes in steps: who names the server, is it a devpi at all, and
//! only then the password. Who is asked, and how, is the caller's business.

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::devpi::{self, AuthStatus, Server, ServerInfo, Session, Token, client_login};
use crate::git::Credential;
use crate::model::names::UserName;
use crate::ops::Error;
use crate::system::clock;
use crate::workspace::session::{DEADLINE, Password};
use crate::workspace::{self, Workspace};

/// A log-in that is being made.
pub struct LoginAttempt<'w, 'p> {
    workspace: &'w Workspace<'p>,
    server: Server,
    login: UserName,
    untrusted_origin: Option<String>,
}

/// Somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The server.
    pub server: Url,
    /// Who.
    pub login: UserName,
    /// Until when; `None` where the token does not say.
    pub expires: Option<Timestamp>,
    /// The version of devpi-server.
    pub version: String,
}

/// What `logout` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The server.
    pub server: Url,
    /// Whose tokens are gone.
    pub logins: Vec<UserName>,
    /// Who is still logged in by devpi-client, whose files are never written.
    pub left_to_devpi_client: Vec<UserName>,
}

impl<'w, 'p> LoginAttempt<'w, 'p> {
    /// Begins to log `login` in at the server that is set. Nothing is sent.
    pub fn begin(workspace: &'w Workspace<'p>, login: UserName) -> Result<Self, Error> {
        let url = workspace.server_url()?;
        let is_untrusted = url.origin.is_repository() && workspace.stored_logins(&url.value)?.is_empty();
        let untrusted_origin = is_untrusted.then(|| url.origin.to_string());
        let server = workspace.connect(url.value, workspace.deadline(DEADLINE)?)?;
        Ok(Self { workspace, server, login, untrusted_origin })
    }

    /// The server.
    pub fn server(&self) -> &Url {
        self.server.root()
    }

    /// Who is to be logged in.
    pub fn login(&self) -> &UserName {
        &self.login
    }

    /// Where the repository names the server, when nobody but the repository does: a person must agree before a password goes there.
    pub fn untrusted_origin(&self) -> Option<&str> {
        self.untrusted_origin.as_deref()
    }

    /// What to say when nobody agrees.
    pub fn refusal(&self) -> Error {
        let place = self.untrusted_origin.clone().unwrap_or_default();
        workspace::Error::UntrustedServer { server: self.server().clone(), place }.into()
    }

    /// Asks whether a devpi answers there at all.
    pub fn probe(&self) -> Result<ServerInfo, Error> {
        Ok(self.server.probe()?)
    }

    /// Whether the server has such a user at all.
    pub fn user_exists(&self) -> Result<bool, Error> {
        Ok(self.server.user_indexes(&self.login)?.is_some())
    }

    /// Whether there is a password without a question.
    pub fn has_stored_password(&self) -> Result<bool, Error> {
        Ok(self.workspace.password_for(self.server(), &self.login)?.is_some())
    }

    /// Makes the user with the password that is at hand, or with `typed`. That it exists by now is as good.
    pub fn create_user(&self, typed: Option<&SecretString>) -> Result<(), Error> {
        let at_hand = if typed.is_none() { self.workspace.password_for(self.server(), &self.login)? } else { None };
        let none = || Error::NoPassword { server: self.server().clone(), login: self.login.clone() };
        let password = typed.or(at_hand.as_ref().map(Password::text)).ok_or_else(none)?;
        self.server.create_user(&self.login, password)?;
        Ok(())
    }

    /// Logs in with a password that is there without a question: GIT_DEVPI_PASSWORD, git's credential helper. `None`: there is none.
    pub fn with_stored_password(&self) -> Result<Option<LoggedIn>, Error> {
        let Some(password) = self.workspace.password_for(self.server(), &self.login)? else { return Ok(None) };
        let session = self.workspace.log_in_with(&self.server, &self.login, &password)?;
        self.finish(&session).map(Some)
    }

    /// Logs in with a password that somebody gave.
    pub fn with_password(&self, password: &SecretString) -> Result<LoggedIn, Error> {
        let session = self.workspace.log_in(&self.server, &self.login, password)?;
        self.finish(&session)
    }

    /// Hands a password that was typed, and was right, to git's credential helper: a token lasts ten hours, and the hooks renew it from
    /// there. Without a helper nothing happens.
    pub fn store_password(&self, password: &SecretString) {
        let credential = Credential { username: self.login.to_string(), password: password.clone() };
        self.workspace.report_to_helper(self.server(), &credential, true);
    }

    /// A password has been checked by the server; a token of devpi-tokens, which is used as it is, has not.
    fn finish(&self, session: &Session) -> Result<LoggedIn, Error> {
        let info = session.probe()?;
        let store = self.workspace.tokens();
        if info.auth == AuthStatus::Anonymous {
            store.remove(self.server(), &self.login)?;
            return Err(devpi::Error::WrongPassword { login: self.login.to_string() }.into());
        }
        let stored = store.get(self.server(), &self.login)?;
        Ok(LoggedIn {
            server: self.server().clone(),
            login: self.login.clone(),
            expires: stored.and_then(|stored| stored.token.expires),
            version: info.version,
        })
    }
}

/// Asks the server who the token at hand makes us. No log-in is made for it, so that the answer is about what is there.
pub fn whoami(workspace: &Workspace<'_>) -> Result<LoggedIn, Error> {
    let url = workspace.server_url()?.value;
    let (login, token) = preferred_token(workspace, &url)?;
    let run_out = || workspace::Error::Devpi(devpi::Error::TokenExpired { login: login.to_string() });
    let server = workspace.connect(url.clone(), workspace.deadline(crate::workspace::session::READ_DEADLINE)?)?;
    let session = Session::new(&server, login.clone(), &token);
    if token.has_expired(clock::now()) {
        return Err(run_out().into());
    }
    let info = session.probe()?;
    match info.auth {
        AuthStatus::User(user) if user == login.as_str() => {
            Ok(LoggedIn { server: url, login, expires: token.expires, version: info.version })
        }
        AuthStatus::User(_) | AuthStatus::Anonymous => Err(run_out().into()),
    }
}

/// The token of who is to log in, else of whoever is logged in; one that counts before one that has run out.
fn preferred_token(workspace: &Workspace<'_>, url: &Url) -> Result<(UserName, Token), Error> {
    let wanted = workspace.settings.login()?.map(|set| set.value);
    let mut known = workspace.stored_logins(url)?;
    if let Some(wanted) = &wanted {
        known.retain(|(login, _)| login == wanted);
    }
    let now = clock::now();
    known.sort_by_key(|(_, token)| token.has_expired(now));
    Ok(known.into_iter().next().ok_or_else(|| workspace::Error::NotLoggedIn { server: url.clone(), login: wanted })?)
}

/// Forgets every token of ours for the server.
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
