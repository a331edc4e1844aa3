//! The errors of requests to a devpi server.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::names::Sha256;
use crate::model::size::size_text;
use crate::system;

/// A failed request: bad configuration, a connection failure, or an error response.
///
/// Texts of the server contain no control characters and no secrets.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Error {
    /// The configured URL is not valid for a devpi server.
    #[error("{url} is not a valid server URL: {why}")]
    BadUrl {
        /// As configured.
        url: String,
        /// The reason.
        why: String,
    },
    /// The configured URL contains a user name or password, which would appear in logs.
    #[error("{url} contains a user name or password")]
    UserInfoInUrl {
        /// The URL without user name and password.
        url: String,
    },
    /// The URL uses plain http, and the host is neither loopback nor allowed.
    #[error("{url} uses plain http, which is not allowed for {host}")]
    HttpNotAllowed {
        /// The server's URL.
        url: String,
        /// Its host.
        host: String,
    },
    /// The CA bundle or the client certificate is invalid.
    #[error("cannot use {} as {purpose}: {cause}", path.display())]
    BadCertificate {
        /// The file.
        path: PathBuf,
        /// `CA bundle` or `client certificate`.
        purpose: &'static str,
        /// The reason.
        cause: String,
    },
    /// The connection failed. The client sent nothing.
    #[error("cannot reach {url}: {cause}")]
    Unreachable {
        /// The requested URL.
        url: String,
        /// The operating system's message.
        cause: String,
    },
    /// The server's certificate is not trusted, or the two sides share no protocol.
    #[error("no secure connection to {url}: {cause}")]
    #[strum(serialize = "tls-failed")]
    Tls {
        /// The requested URL.
        url: String,
        /// The TLS library's message.
        cause: String,
    },
    /// The server does not speak the scheme of its URL, but the other one of http and https.
    #[error("{url} does not speak {}: {why}", if *.other == Scheme::Http { "https" } else { "http" })]
    WrongScheme {
        /// The server's URL.
        url: String,
        /// The scheme that the server speaks.
        other: Scheme,
        /// What the server sent.
        why: &'static str,
    },
    /// The server sends no HTTP over plain http. It may speak https, or another protocol.
    #[error("{url} is not a devpi server: the response is not HTTP")]
    NotHttp {
        /// The server's URL.
        url: String,
    },
    /// The proxy from the environment asks for a login.
    #[error("the proxy on the way to {url} asks for a user name and a password")]
    ProxyLogin {
        /// The server's URL.
        url: String,
    },
    /// The connection closed during the request; the server may or may not have processed a write.
    #[error("the connection to {url} was lost: {cause}")]
    #[strum(serialize = "broken-connection")]
    Broken {
        /// The requested URL.
        url: String,
        /// The operating system's message.
        cause: String,
    },
    /// The complete response did not arrive within the deadline.
    #[error("no response from {url} within {:.1} s", after.as_secs_f32())]
    DeadlineExceeded {
        /// The requested URL.
        url: String,
        /// The time since the start of the operation.
        after: Duration,
    },
    /// The server redirects. Writes follow no redirect, reads none to another server.
    #[error("{url} redirects to {to}, which git-devpi does not follow")]
    Redirected {
        /// The requested URL.
        url: String,
        /// The target of the redirect.
        to: String,
    },
    /// The response does not come from a devpi server.
    #[error("{url} is not a devpi server: {why}")]
    NotDevpi {
        /// The requested URL.
        url: String,
        /// What is wrong with the response.
        why: String,
    },
    /// The response comes from a replica with a lower serial than an earlier response.
    #[error("{url} was answered by a replica that lags behind")]
    StaleReplica {
        /// The requested URL.
        url: String,
    },
    /// The server rejects the password.
    #[error("the server rejects the password of {login:?}")]
    WrongPassword {
        /// The user name.
        login: String,
    },
    /// The server does not accept the token.
    #[error("the server rejects the token of {login}")]
    WrongToken {
        /// The user name.
        login: String,
    },
    /// The request needs a login, and the client has none.
    #[error("cannot {what} without a login")]
    NotLoggedIn {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
    },
    /// A proxy in front of the server asks for HTTP basic authentication, and no login is set for it.
    #[error("a proxy in front of {url} asks for a user and password of its own")]
    ProxyNeedsLogin {
        /// The server's root.
        url: String,
    },
    /// A proxy in front of the server rejects the login that is set for it.
    #[error("the proxy in front of {url} rejects the password of {user}")]
    ProxyRejectsLogin {
        /// The server's root.
        url: String,
        /// The user.
        user: String,
    },
    /// The token of the login has expired.
    #[error("the login of {login} has expired")]
    TokenExpired {
        /// The user name.
        login: String,
    },
    /// The user is logged in but lacks the permission.
    #[error("not allowed to {what}: {message}")]
    NotAllowed {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The server's message.
        message: String,
    },
    /// The server responds with 404.
    #[error("cannot {what}: {message}")]
    NotFound {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The server's message.
        message: String,
    },
    /// The file or release was deleted or overwritten.
    #[error("cannot {what}: it has been deleted from the server")]
    Gone {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
    },
    /// The server responds with 409.
    #[error("cannot {what}: {message}")]
    Conflict {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The server's message.
        message: String,
    },
    /// The request exceeds the size limit of the server or of a proxy in front of it.
    #[error("cannot {what}: {} exceeds the size limit of the server or of a proxy", .size.map_or_else(|| "the file".to_owned(), |size| format!("a file of {}", size_text(size))))]
    TooLarge {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The size of the file in bytes, if it is known.
        size: Option<u64>,
    },
    /// The server rejects the request.
    #[error("cannot {what}: the server rejects the request: {message}")]
    BadRequest {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The server's message.
        message: String,
    },
    /// The server, or a proxy before it, limits the number of requests. It has not processed this one.
    #[error("cannot {what}: the server allows no more requests now{}", wait(*.after))]
    TooManyRequests {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The time after which the server allows the next request (`Retry-After`).
        after: Option<Duration>,
    },
    /// The server, or a proxy before it, failed.
    #[error("cannot {what}: the server failed with status {status}: {message}")]
    ServerError {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The server's message.
        message: String,
    },
    /// The checksum of a downloaded file differs from the one that the server lists.
    #[error("{file} has sha256 {found}, expected {expected}")]
    ChecksumMismatch {
        /// The file's name.
        file: String,
        /// The checksum that the server lists.
        expected: Sha256,
        /// The checksum of the downloaded file.
        found: Sha256,
    },
    /// A body is larger than the client reads.
    #[error("cannot {what}: it is larger than {limit} bytes")]
    BodyTooLarge {
        /// The operation, as a verb phrase: `create the index acme/x`.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A local file could not be read or written.
    #[error(transparent)]
    System(#[from] system::Error),
}

/// The scheme of a server's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain http.
    Http,
    /// https.
    Https,
}

/// Whether and when a failed request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryClass {
    /// The same request fails again.
    Permanent,
    /// The client sent nothing: any request may be sent again.
    NotSent,
    /// The server may have processed the request: only idempotent requests may be sent again.
    MaybeProcessed,
    /// A replica lags behind: the response will change soon.
    Stale,
    /// The client must wait this long before it sends any request again; without a time, as long as it likes.
    Limited(Option<Duration>),
}

fn wait(after: Option<Duration>) -> String {
    after.map_or_else(String::new, |after| format!(", and again after {} s", after.as_secs()))
}

impl Error {
    /// Whether the same request may succeed later: the server is down, failed, or lags behind.
    pub fn is_transient(&self) -> bool {
        !matches!(self.retry_class(), RetryClass::Permanent)
    }

    pub(super) fn retry_class(&self) -> RetryClass {
        match self {
            Self::Unreachable { .. } => RetryClass::NotSent,
            Self::Broken { .. } | Self::ServerError { .. } => RetryClass::MaybeProcessed,
            Self::StaleReplica { .. } => RetryClass::Stale,
            Self::TooManyRequests { after, .. } => RetryClass::Limited(*after),
            _ => RetryClass::Permanent,
        }
    }
}
