//! The session of a hook.
//!
//! A hook never prompts: it opens a session, or it has a reason to skip its work.

use std::time::Duration;

use url::Url;

use crate::devpi::{self, Server, Session, Token};
use crate::model::names::UserName;
use crate::settings::{Key, Origin, Sourced};
use crate::system::environment::GIT_DEVPI_PASSWORD;
use crate::workspace::Error;
use crate::workspace::Workspace;
use crate::workspace::hook_backoff::{HookAccount, TokenId};

/// The time limit for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The total time limit: git's connection to the remote is open and idle in the meantime.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The time limit for git's credential helper.
const HELPER_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a hook makes no requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// git-devpi is not set up in this repository.
    #[error("no server is set")]
    NoServer,
    /// git-devpi is not set up in this repository.
    #[error("no owner is set")]
    NoOwner,
    /// The user is not the owner, and only the owner can create indexes.
    #[error("logged in as {login}, but only {owner} can create indexes of {owner}")]
    NotOwner {
        /// The user who is logged in.
        login: UserName,
        /// The owner.
        owner: UserName,
        /// The origin of the setting `login`, if that names the user.
        setting: Option<Origin>,
    },
    /// The owner is not logged in.
    #[error("not logged in to {server} as {login}")]
    NotLoggedIn {
        /// The server.
        server: Url,
        /// The user who should be logged in.
        login: UserName,
    },
    /// The login expired, and neither the environment nor a credential helper has the password.
    #[error("the login of {login} at {server} has expired")]
    LoginExpired {
        /// The server.
        server: Url,
        /// The user.
        login: UserName,
    },
    /// There is a password, but only the repository names the server.
    #[error("only the repository's settings name the server {server} ({origin}), and {login} is not logged in to it")]
    UntrustedServer {
        /// The server.
        server: Url,
        /// The user.
        login: UserName,
        /// The file that names it.
        origin: Origin,
    },
}

impl SkipReason {
    /// Returns the error if the work is required; `None` if this user has no work to do.
    pub fn into_error(self) -> Option<Error> {
        match self {
            Self::NoServer | Self::NoOwner | Self::NotOwner { .. } => None,
            Self::NotLoggedIn { server, login } => Some(Error::NotLoggedIn { server, login: Some(login) }),
            Self::LoginExpired { login, .. } => Some(devpi::Error::TokenExpired { login: login.to_string() }.into()),
            Self::UntrustedServer { server, origin, .. } => {
                Some(Error::UntrustedServer { server, place: origin.to_string() })
            }
        }
    }
}

/// How a session can be opened, as far as that is known without a request.
#[derive(Debug, Clone)]
pub enum SessionPlan {
    /// With a valid token.
    Token(UserName, Token),
    /// With a password, if there is one: there is no token, or it expired.
    Password {
        /// The user.
        login: UserName,
        /// The expired token.
        expired: Option<Token>,
    },
    /// Not at all.
    Skip(SkipReason),
}

/// The session of a hook, or the reason why there is none.
#[derive(Debug)]
pub enum HookSession {
    /// A session with the time limits of hooks.
    Open(Session),
    /// No session.
    Skipped(SkipReason),
}

/// Determines how a session can be opened. Makes no request and starts no process.
pub fn plan_session(workspace: &Workspace<'_>) -> Result<SessionPlan, Error> {
    let Some(url) = workspace.settings.server()? else { return Ok(SessionPlan::Skip(SkipReason::NoServer)) };
    let Some(owner) = workspace.settings.user()? else { return Ok(SessionPlan::Skip(SkipReason::NoOwner)) };
    let Sourced { value: login, origin } = workspace.settings.login()?.unwrap_or_else(|| owner.clone());
    let owner = owner.value;
    if login != owner {
        return Ok(SessionPlan::Skip(SkipReason::NotOwner { login, owner, setting: Some(origin) }));
    }
    if let Some((login, token)) = workspace.stored_token()? {
        return Ok(SessionPlan::Token(login, token));
    }
    let known = workspace.stored_logins(&url.value)?;
    let has_password = workspace.environment.non_empty(GIT_DEVPI_PASSWORD).is_some();
    if let Some((login, token)) = known.iter().find(|(known, _)| *known == login) {
        return Ok(SessionPlan::Password { login: login.clone(), expired: Some(token.clone()) });
    }
    let server = url.value;
    Ok(match known.into_iter().next() {
        None if has_password && url.origin.is_repository() => {
            SessionPlan::Skip(SkipReason::UntrustedServer { server, login, origin: url.origin })
        }
        _ if has_password => SessionPlan::Password { login, expired: None },
        None => SessionPlan::Skip(SkipReason::NotLoggedIn { server, login }),
        Some((other, _)) => SessionPlan::Skip(SkipReason::NotOwner { login: other, owner, setting: None }),
    })
}

impl SessionPlan {
    /// Returns the account whose backoff counts.
    pub fn account(&self, workspace: &Workspace<'_>) -> Result<Option<HookAccount>, Error> {
        let (login, token) = match self {
            Self::Token(login, token) => (login.clone(), Some(token)),
            Self::Password { login, expired } => (login.clone(), expired.as_ref()),
            Self::Skip(_) => return Ok(None),
        };
        Ok(Some(HookAccount { server: workspace.server_url()?.value, login, token: token.map(TokenId::of) }))
    }

    /// Opens the session, with the time limit of hooks that git waits for.
    pub fn open(self, workspace: &Workspace<'_>) -> Result<HookSession, Error> {
        self.open_within(workspace, TIME_LIMIT)
    }

    /// Opens the session with a total time limit for its requests, which starts now.
    pub fn open_within(self, workspace: &Workspace<'_>, time_limit: Duration) -> Result<HookSession, Error> {
        let (login, login_state) = match self {
            Self::Skip(reason) => return Ok(HookSession::Skipped(reason)),
            Self::Token(login, token) => {
                return Ok(HookSession::Open(Session::new(&server(workspace, time_limit)?, login, &token)));
            }
            Self::Password { login, expired } => (login, LoginState::of(expired.as_ref())),
        };
        renew(workspace, &server(workspace, time_limit)?, (login, login_state))
    }
}

/// Whether a login is missing or has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginState {
    Missing,
    Expired,
}

impl LoginState {
    fn of(expired: Option<&Token>) -> Self {
        if expired.is_some() { Self::Expired } else { Self::Missing }
    }
}

fn renew(
    workspace: &Workspace<'_>,
    server: &Server,
    (login, state): (UserName, LoginState),
) -> Result<HookSession, Error> {
    let reason = |login: UserName| {
        let server = server.root().clone();
        match state {
            LoginState::Expired => SkipReason::LoginExpired { server, login },
            LoginState::Missing => SkipReason::NotLoggedIn { server, login },
        }
    };
    let Some(password) = workspace.password_within(server.root(), &login, HELPER_TIMEOUT)? else {
        return Ok(HookSession::Skipped(reason(login)));
    };
    match workspace.log_in_with(server, &login, &password) {
        Ok(session) => Ok(HookSession::Open(session)),
        Err(Error::Devpi(devpi::Error::WrongPassword { .. })) => Ok(HookSession::Skipped(reason(login))),
        Err(other) => Err(other),
    }
}

/// Connects with a total time limit, which starts now.
fn server(workspace: &Workspace<'_>, time_limit: Duration) -> Result<Server, Error> {
    let time_limit = workspace.settings.duration(Key::Deadline)?.map_or(time_limit, |set| set.min(time_limit));
    let mut options = workspace.server_options(workspace.server_url()?.value, time_limit)?;
    options.connect_timeout = CONNECT_TIMEOUT.min(time_limit);
    options.overall = Some(time_limit);
    Ok(Server::new(&options)?)
}
