//! The logins that a connection obtains when a server, or a proxy in front of it, asks for one.

use std::fmt;

use secrecy::SecretString;

use super::error::Error;
use super::token::Token;
use super::token_store::StoredToken;
use crate::model::names::UserName;

/// A user and password for HTTP basic authentication at a proxy in front of the server.
#[derive(Debug, Clone)]
pub struct BasicLogin {
    /// The user, who need not exist on the server.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// A login that the server has rejected.
#[derive(Debug, Clone, Copy)]
pub struct RejectedLogin<'a> {
    /// The user.
    pub login: &'a UserName,
    /// The token.
    pub token: &'a Token,
}

/// A server's need of a login.
pub struct LoginNeed<'a> {
    /// The login that the server has rejected; `None` for a request without one.
    pub rejected: Option<RejectedLogin<'a>>,
    /// Exchanges a password for a token, with a request to the server.
    pub exchange: &'a dyn Fn(&UserName, &SecretString) -> Result<StoredToken, Error>,
}

/// Provides logins without a question. Its values may be used by several threads.
pub trait Authenticator: fmt::Debug + Send + Sync {
    /// Returns the login for the proxy in front of the server; `None` if there is no such proxy. Called once, before the first request.
    fn basic_login(&self) -> Option<BasicLogin>;

    /// The proxy rejects the login that [`Authenticator::basic_login`] returned.
    fn basic_login_rejected(&self, login: &BasicLogin);

    /// Returns a login that the server has not rejected; `None` if there is no password.
    fn log_in(&self, need: &LoginNeed<'_>) -> Result<Option<(UserName, Token)>, Error>;
}
