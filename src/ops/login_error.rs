//! Errors of a login that are neither the server's nor the settings'.

use url::Url;

use crate::model::names::UserName;

/// A login is not possible as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The text from stdin has not the form of a token.
    #[error("the text on stdin is no token of devpi or devpi-tokens")]
    NoToken,
    /// The token from stdin is that of another user.
    #[error("the token is that of {user}, not of {login}")]
    TokenOfOther {
        /// The user that the token names.
        user: UserName,
        /// The user who was to log in.
        login: UserName,
    },
    /// git has no credential helper that could keep the password.
    #[error("git has no credential helper for {server}, which would keep the password")]
    NoCredentialHelper {
        /// The server.
        server: Url,
    },
    /// The credential helper does not return the password that it was given.
    #[error("git's credential helper {helper:?} did not keep the password; the login itself succeeded")]
    PasswordNotKept {
        /// The helper, as configured.
        helper: String,
    },
}
