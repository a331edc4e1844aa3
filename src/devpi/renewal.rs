//! Sending a request, and sending it once more with another login where the server asks for one.
//!
//! A closed server rejects every request without a login: devpi itself with 401, or 403 for an index, devpi-lockdown's nginx with a redirect to
//! the login page, other proxies with an HTML page. devpi takes an expired token for none. So the connection logs in, or renews the login, and
//! repeats the request, whichever verb sent it.

use reqwest::StatusCode;
use reqwest::blocking::Response;

use secrecy::SecretString;

use super::authenticator::{LoginNeed, RejectedLogin};
use super::credentials::Credentials;
use super::error::Error;
use super::retry::RetryBudget;
use super::server::{AuthStatus, Server};
use super::token_store::StoredToken;
use super::transport::Call;
use crate::model::names::UserName;

/// How a server asks for a login.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Denial {
    /// No login is good enough, as far as the response tells: 403.
    Forbidden,
    /// A login is missing, or is not valid: 401, or the login page.
    Unauthorized,
}

impl Server {
    /// Sends `call` and returns the response with its body unread. A request that needs another login is sent twice.
    pub(super) fn send(&self, call: &Call, budget: &RetryBudget) -> Result<Response, Error> {
        let (credentials, generation) = self.login.current();
        let sent = self.send_as(credentials.as_deref(), call, budget);
        let denial = match &sent {
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED => Denial::Unauthorized,
            Ok(response) if response.status() == StatusCode::FORBIDDEN => Denial::Forbidden,
            Err(Error::NotLoggedIn { .. } | Error::TokenExpired { .. }) => Denial::Unauthorized,
            _ => return sent,
        };
        if !self.renew(generation, denial)? {
            return sent;
        }
        drop(sent);
        self.send_as(self.login.current().0.as_deref(), call, budget)
    }

    fn send_as(&self, login: Option<&Credentials>, call: &Call, budget: &RetryBudget) -> Result<Response, Error> {
        let sent = self.transport.send(call, login.map(|credentials| &credentials.header), budget);
        match (sent, login) {
            // The login page, in spite of a login.
            (Err(Error::NotLoggedIn { .. }), Some(credentials)) => {
                Err(Error::TokenExpired { login: credentials.login.to_string() })
            }
            (sent, _) => sent,
        }
    }

    /// Replaces the login of this `generation`, and returns whether there is another one now.
    fn renew(&self, generation: u32, denial: Denial) -> Result<bool, Error> {
        let Some(authenticator) = self.transport.authenticator().filter(|_| self.login.renews) else {
            return Ok(false);
        };
        let _lock = self.login.lock_renewal();
        let state = self.login.state().clone();
        if state.generation != generation {
            return Ok(true);
        }
        if !state.may_renew() || self.is_valid(denial) {
            return Ok(false);
        }
        let of = |credentials: &Credentials| (credentials.login.clone(), credentials.token.clone());
        let rejected = state.credentials.as_deref().map(of);
        let rejected = rejected.as_ref().map(|(login, token)| RejectedLogin { login, token });
        let anonymous = self.without_login();
        let exchange = |login: &UserName, password: &SecretString| {
            let token = anonymous.login(login, password)?;
            Ok(StoredToken { token, uuid: anonymous.uuid() })
        };
        let found = authenticator.log_in(&LoginNeed { rejected, exchange: &exchange });
        let new = found.as_ref().ok().and_then(Option::as_ref).map(|(login, token)| Credentials::new(login, token));
        let is_renewed = new.is_some();
        self.login.state().renew(new);
        found?;
        Ok(is_renewed)
    }

    /// Whether the server says that the login is valid, so that the user lacks the right. One request, once for each login.
    fn is_valid(&self, denial: Denial) -> bool {
        if self.login_name().is_none() {
            return false;
        }
        if self.login.state().is_confirmed {
            return true;
        }
        let is_valid = match self.without_renewal().who_am_i() {
            Ok(AuthStatus::User(_)) => true,
            Ok(AuthStatus::Anonymous) | Err(Error::TokenExpired { .. }) => false,
            // A proxy that answers for everything below the root.
            Err(_) => denial == Denial::Forbidden,
        };
        self.login.state().is_confirmed = is_valid;
        is_valid
    }
}
