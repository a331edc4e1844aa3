//! Who a hook is to the server. A hook never asks anybody: either there is a way in, or there is a reason to keep still.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::devpi::{self, Server, Session, Token};
use crate::model::names::UserName;
use crate::settings::{Key, Origin};
use crate::system::environment::GIT_DEVPI_PASSWORD;
use crate::workspace::Error;
use crate::workspace::Workspace;
use crate::workspace::hook_backoff::HookAccount;

/// How long a hook waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a hook may take in all: git's connection to the remote is open and idle in the meantime.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How long a hook waits for git's credential helper.
const HELPER_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a hook has nothing to do on the server, or no way to do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// Nobody has set this repository up.
    #[error("no server is set")]
    NoServer,
    /// Nobody has set this repository up.
    #[error("no owner is set")]
    NoOwner,
    /// Only the owner can make indexes.
    #[error("the log-in is {login}'s, and only {owner} can make indexes of {owner}")]
    NotOwner {
        /// Who is logged in.
        login: UserName,
        /// The owner.
        owner: UserName,
    },
    /// Nobody is logged in.
    #[error("{login} is not logged in to {server}")]
    NotLoggedIn {
        /// The server.
        server: Url,
        /// Who should be.
        login: UserName,
    },
    /// The log-in has run out, and neither the environment nor a credential helper has a password that renews it.
    #[error("the login of {login} at {server} has expired")]
    LoginExpired {
        /// The server.
        server: Url,
        /// The user.
        login: UserName,
    },
    /// There is a password, but only the repository names the server.
    #[error("{server} is named by the repository only ({origin}), and {login} has never logged in to it")]
    UntrustedServer {
        /// The server.
        server: Url,
        /// Who would.
        login: UserName,
        /// Where the repository names it.
        origin: Origin,
    },
}

impl SkipReason {
    /// What it is where the work is demanded; `None` where there is no work for this person at all.
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

/// The way in, as far as it can be seen without asking anybody.
#[derive(Debug, Clone)]
pub enum SessionPlan {
    /// A token that has not run out.
    Token(UserName, Token),
    /// A log-in that has run out, or none, and maybe a password.
    Password {
        /// Who.
        login: UserName,
        /// When the token ran out that there was.
        expired_at: Option<Timestamp>,
    },
    /// None.
    Skip(SkipReason),
}

/// What a hook gets.
#[derive(Debug)]
pub enum HookSession {
    /// A session that is over within the time that a hook has.
    Open(Session),
    /// Nothing.
    Skipped(SkipReason),
}

/// Looks for the owner's log-in. Asks no server and starts no process.
pub fn plan_session(workspace: &Workspace<'_>) -> Result<SessionPlan, Error> {
    let Some(url) = workspace.settings.server()? else { return Ok(SessionPlan::Skip(SkipReason::NoServer)) };
    let Some(owner) = workspace.settings.user()? else { return Ok(SessionPlan::Skip(SkipReason::NoOwner)) };
    let (owner, login) = (owner.value.clone(), workspace.settings.login()?.unwrap_or(owner).value);
    if login != owner {
        return Ok(SessionPlan::Skip(SkipReason::NotOwner { login, owner }));
    }
    if let Some((login, token)) = workspace.stored_token()? {
        return Ok(SessionPlan::Token(login, token));
    }
    let known = workspace.stored_logins(&url.value)?;
    let has_password = workspace.environment.non_empty(GIT_DEVPI_PASSWORD).is_some();
    if let Some((login, token)) = known.iter().find(|(known, _)| *known == login) {
        return Ok(SessionPlan::Password { login: login.clone(), expired_at: token.expires });
    }
    let server = url.value;
    Ok(match known.into_iter().next() {
        None if has_password && url.origin.is_repository() => {
            SessionPlan::Skip(SkipReason::UntrustedServer { server, login, origin: url.origin })
        }
        _ if has_password => SessionPlan::Password { login, expired_at: None },
        None => SessionPlan::Skip(SkipReason::NotLoggedIn { server, login }),
        Some((other, _)) => SessionPlan::Skip(SkipReason::NotOwner { login: other, owner }),
    })
}

impl SessionPlan {
    /// The account whose backoff counts.
    pub fn account(&self, workspace: &Workspace<'_>) -> Result<Option<HookAccount>, Error> {
        let (login, token_expires) = match self {
            Self::Token(login, token) => (login.clone(), token.expires),
            Self::Password { login, expired_at } => (login.clone(), *expired_at),
            Self::Skip(_) => return Ok(None),
        };
        Ok(Some(HookAccount { server: workspace.server_url()?.value, login, token_expires }))
    }

    /// Goes in.
    pub fn open(self, workspace: &Workspace<'_>) -> Result<HookSession, Error> {
        let (login, expired_at) = match self {
            Self::Skip(reason) => return Ok(HookSession::Skipped(reason)),
            Self::Token(login, token) => {
                return Ok(HookSession::Open(Session::new(&server(workspace)?, login, &token)));
            }
            Self::Password { login, expired_at } => (login, expired_at),
        };
        renew(workspace, &server(workspace)?, (login, expired_at))
    }
}

/// A session that takes the place of one whose token the server does not know any more.
pub fn reopen(workspace: &Workspace<'_>, session: &Session) -> Result<HookSession, Error> {
    let now = crate::system::clock::now();
    renew(workspace, session, (session.login_user().clone(), Some(now)))
}

fn renew(
    workspace: &Workspace<'_>,
    server: &Server,
    (login, expired_at): (UserName, Option<Timestamp>),
) -> Result<HookSession, Error> {
    let reason = |login: UserName| {
        let server = server.root().clone();
        if expired_at.is_some() {
            SkipReason::LoginExpired { server, login }
        } else {
            SkipReason::NotLoggedIn { server, login }
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

/// The server, spoken to as a hook may: 2 s for a connection, 5 s in all, from now.
pub fn server(workspace: &Workspace<'_>) -> Result<Server, Error> {
    let time_limit = workspace.settings.duration(Key::Deadline)?.map_or(TIME_LIMIT, |set| set.min(TIME_LIMIT));
    let mut options = workspace.server_options(workspace.server_url()?.value, time_limit)?;
    options.connect_timeout = CONNECT_TIMEOUT.min(time_limit);
    options.overall = Some(time_limit);
    Ok(Server::new(&options)?)
}
