//! Converting error responses to [`Error`].

use reqwest::StatusCode;

use super::connect_error::display_url;
use super::error::{Error, Scheme};
use super::response::ServerResponse;
use super::server::{AuthStatus, Server};
use super::transport::Call;
use crate::model::names::escape_for_terminal;

/// What precedes the reason of devpi-tokens for a 403: `Token expired at 1795805849`, `Token denied access to index 'acme/y'`.
const REJECTED_MACAROON: &str = "InvalidMacaroon: ";

impl Server {
    /// Returns the response if it is a successful one of devpi.
    pub(super) fn expect(&self, answer: ServerResponse, call: &Call) -> Result<ServerResponse, Error> {
        if !answer.status.is_success() {
            return Err(self.failure(&answer, &call.what));
        }
        if !answer.is_from_devpi {
            return Err(answer.not_devpi(answer.unexpected_body()));
        }
        Ok(answer)
    }

    /// The error of a response that a web server or a proxy gives instead of devpi, whatever the request is.
    pub(super) fn front_error(&self, answer: &ServerResponse, what: &str) -> Option<Error> {
        let url = || display_url(self.root());
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            Some(Error::TooManyRequests { what: what.to_owned(), after: answer.retry_after })
        } else if answer.is_from_devpi {
            None
        } else if answer.expects_https() {
            Some(Error::WrongScheme { url: url(), other: Scheme::Https, why: "it expects https" })
        } else {
            (answer.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED).then(|| Error::ProxyLogin { url: url() })
        }
    }

    /// Converts an error response. 401 and 403 cost one more request: it tells an expired login from a missing permission.
    pub(super) fn failure(&self, answer: &ServerResponse, what: &str) -> Error {
        if let Some(error) = self.front_error(answer, what) {
            return error;
        }
        let what = what.to_owned();
        let message = self.clean(&answer.message());
        let status = answer.status.as_u16();
        match status {
            401 | 403 => self.denied(answer, what),
            413 => Error::TooLarge { what, size: None },
            500.. => Error::ServerError { what, status, message },
            _ if !answer.is_from_devpi => answer.not_devpi(answer.unexpected_body()),
            404 => Error::NotFound { what, message },
            409 => Error::Conflict { what, message },
            410 => Error::Gone { what },
            400..500 => Error::BadRequest { what, message },
            _ => answer.not_devpi(format!("status {status}")),
        }
    }

    /// Converts a 401 or 403. devpi treats an expired token as anonymous; `+api` returns the user of the token.
    fn denied(&self, answer: &ServerResponse, what: String) -> Error {
        let message = self.clean(&answer.message());
        if !answer.is_from_devpi && answer.status == StatusCode::UNAUTHORIZED && answer.asks_for_basic {
            return self.denied_by_proxy();
        }
        let Some(login) = self.login_name() else {
            return match answer.status {
                StatusCode::FORBIDDEN if !answer.is_from_devpi => Error::NotAllowed { what, message },
                _ => Error::NotLoggedIn { what },
            };
        };
        if !answer.is_from_devpi {
            return match answer.status {
                StatusCode::UNAUTHORIZED => Error::WrongToken { login: login.to_string() },
                _ => Error::NotAllowed { what, message },
            };
        }
        // devpi-tokens rejects such a token also at +api.
        if let Some((_, reason)) = message.rsplit_once(REJECTED_MACAROON) {
            if reason.starts_with("Token expired") {
                return Error::TokenExpired { login: login.to_string() };
            }
            return Error::NotAllowed { what, message: reason.to_owned() };
        }
        if message.contains("Token doesn't match user name") {
            return Error::WrongToken { login: login.to_string() };
        }
        if self.login.state().is_confirmed {
            return Error::NotAllowed { what, message };
        }
        match self.without_renewal().who_am_i() {
            Ok(AuthStatus::Anonymous) => Error::TokenExpired { login: login.to_string() },
            _ => Error::NotAllowed { what, message },
        }
    }

    /// The error for a proxy in front of the server that asks for a login of its own.
    fn denied_by_proxy(&self) -> Error {
        let url = self.root().to_string();
        let Some((login, _)) = self.transport.basic() else { return Error::ProxyNeedsLogin { url } };
        if let Some(authenticator) = self.transport.authenticator() {
            authenticator.basic_login_rejected(login);
        }
        Error::ProxyRejectsLogin { url, user: escape_for_terminal(&login.user) }
    }

    /// Removes control characters, URL credentials and the session's secrets from a text of the server.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = without_userinfo(text);
        for secret in self.secrets() {
            text = text.replace(&secret, "…");
        }
        escape_for_terminal(&text)
    }
}

/// Removes `user:password@` from URLs within a text.
fn without_userinfo(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        cleaned.push_str(head);
        let end =
            tail.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'')).unwrap_or(tail.len());
        rest = tail[..end].rfind('@').map_or(tail, |at| &tail[at + 1..]);
    }
    cleaned.push_str(rest);
    cleaned
}

#[cfg(test)]
mod tests {
    use super::without_userinfo;

    #[test]
    fn urls_in_messages_lose_their_userinfo() {
        assert_eq!(without_userinfo("see https://a:b@c/d and http://x@y"), "see https://c/d and http://y");
        assert_eq!(without_userinfo("https://c/d@e :// @"), "https://c/d@e :// @");
    }
}
