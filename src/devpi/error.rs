//! What can go wrong with a devpi server.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::names::Sha256;
use crate::system;

/// A failure of the server, of the way to it, or of what it was asked for.
///
/// Texts that came from outside are harmless for a terminal and carry no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configured URL cannot be a devpi server's.
    #[error("{url} cannot be a devpi server: {why}")]
    BadUrl {
        /// As configured.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The configured URL carries a user name or password. They would end up in logs and in other people's terminals.
    #[error("{url} carries a user name or password")]
    UserInfoInUrl {
        /// The URL without them.
        url: String,
    },
    /// Plain http to a host that is neither loopback nor allowed.
    #[error("{url} is plain http, and {host} is not among the hosts that may be spoken to without encryption")]
    HttpNotAllowed {
        /// The server.
        url: String,
        /// Its host.
        host: String,
    },
    /// The CA bundle or the client certificate is of no use.
    #[error("{} cannot be used as {purpose}: {cause}", path.display())]
    BadCertificate {
        /// The file.
        path: PathBuf,
        /// `CA bundle` or `client certificate`.
        purpose: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// No connection. Nothing was sent.
    #[error("cannot reach {url}: {cause}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the system said.
        cause: String,
    },
    /// The server's certificate is not trusted, or the two sides share no protocol.
    #[error("no secure connection to {url}: {cause}")]
    Tls {
        /// What was asked.
        url: String,
        /// What the TLS library said.
        cause: String,
    },
    /// The connection broke after it was made; a write may have happened or not.
    #[error("the connection to {url} broke: {cause}")]
    Broken {
        /// What was asked.
        url: String,
        /// What the system said.
        cause: String,
    },
    /// No whole answer within the deadline.
    #[error("no answer from {url} within {:.1} s", after.as_secs_f32())]
    DeadlineExceeded {
        /// What was asked.
        url: String,
        /// How long we waited.
        after: Duration,
    },
    /// The server points somewhere else. Writes never follow, reads never leave the server.
    #[error("{url} points to {to}, which is not followed")]
    Redirected {
        /// What was asked.
        url: String,
        /// Where it points.
        to: String,
    },
    /// Something answered, but not as a devpi server does.
    #[error("{url} does not answer like a devpi server: {why}")]
    NotDevpi {
        /// What was asked.
        url: String,
        /// What gave it away.
        why: String,
    },
    /// A replica that has not caught up with what was already observed.
    #[error("{url} is answered by a replica that has not caught up")]
    StaleReplica {
        /// What was asked.
        url: String,
    },
    /// Log-in refused.
    #[error("the server does not accept this password for {login:?}")]
    WrongPassword {
        /// Who wanted to log in.
        login: String,
    },
    /// This needs a log-in, and there is none.
    #[error("cannot {what} without a log-in")]
    NotLoggedIn {
        /// What was tried.
        what: String,
    },
    /// The server knows the log-in's token no longer.
    #[error("the log-in of {login} has run out")]
    TokenExpired {
        /// Whose token it is.
        login: String,
    },
    /// Logged in, and still not allowed.
    #[error("not allowed to {what}: {message}")]
    NotAllowed {
        /// What was tried.
        what: String,
        /// What the server said.
        message: String,
    },
    /// What was asked for is not there.
    #[error("cannot {what}: {message}")]
    NotFound {
        /// What was tried.
        what: String,
        /// What the server said.
        message: String,
    },
    /// It was there and has been deleted or overwritten.
    #[error("cannot {what}: it has been deleted from the server")]
    Gone {
        /// What was tried.
        what: String,
    },
    /// Something else is there already.
    #[error("cannot {what}: {message}")]
    Conflict {
        /// What was tried.
        what: String,
        /// What the server said.
        message: String,
    },
    /// The server, or a proxy before it, takes no body of this size.
    #[error("cannot {what}: it is larger than the server or a proxy before it accepts")]
    TooLarge {
        /// What was tried.
        what: String,
    },
    /// The server does not understand or does not accept the request.
    #[error("cannot {what}: the server refuses it: {message}")]
    BadRequest {
        /// What was tried.
        what: String,
        /// What the server said.
        message: String,
    },
    /// The server, or a proxy before it, failed.
    #[error("cannot {what}: the server failed with status {status}: {message}")]
    ServerError {
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// A file that arrived is not the one that the server lists.
    #[error("{file} arrived with the sha256 {found}, not {expected}")]
    ChecksumMismatch {
        /// The file's name.
        file: String,
        /// What the server lists.
        expected: Sha256,
        /// What came.
        found: Sha256,
    },
    /// A file of this machine could not be read or written.
    #[error(transparent)]
    System(#[from] system::Error),
}

/// Whether a failure may pass by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryClass {
    /// The same request will fail again.
    Permanent,
    /// Nothing was sent: any request may be sent again.
    NotSent,
    /// It may have been done or not: only what may be done twice may be sent again.
    MaybeProcessed,
    /// The answer is certain to be another one soon.
    Stale,
}

impl Error {
    /// Whether the same may well succeed a little later: the server is down, or failed, and nobody knows what it has done.
    pub fn is_transient(&self) -> bool {
        !matches!(self.retry_class(), RetryClass::Permanent)
    }

    pub(super) fn retry_class(&self) -> RetryClass {
        match self {
            Self::Unreachable { .. } => RetryClass::NotSent,
            Self::Broken { .. } | Self::ServerError { .. } => RetryClass::MaybeProcessed,
            Self::StaleReplica { .. } => RetryClass::Stale,
            _ => RetryClass::Permanent,
        }
    }
}
