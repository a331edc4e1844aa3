//! The connection options of a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::authenticator::Authenticator;

/// The connection options of a server.
///
/// Proxies come from the usual variables (`HTTPS_PROXY`, `NO_PROXY` …); loopback addresses use none.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The server's root URL.
    pub url: Url,
    /// Hosts for which plain http is allowed; loopback is always allowed.
    pub allow_http: Vec<String>,
    /// A PEM file of certificates that are trusted in addition to the system's.
    pub ca_bundle: Option<PathBuf>,
    /// A PEM file with the client certificate and its key.
    pub client_cert: Option<PathBuf>,
    /// The timeout of a connection.
    pub connect_timeout: Duration,
    /// The timeout of one operation with its retries; for a file transfer, the timeout of each read.
    pub deadline: Duration,
    /// The timeout of all operations together, from `Server::new` on (hooks have 5 s).
    pub overall: Option<Duration>,
    /// Logs in when the server, or a proxy in front of it, asks for a login; `None` for tests and for logging in itself.
    pub authenticator: Option<Arc<dyn Authenticator>>,
}

impl ServerOptions {
    /// The defaults for `url`: the system's certificates, timeouts of 10 s.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            allow_http: Vec::new(),
            ca_bundle: None,
            client_cert: None,
            connect_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(10),
            overall: None,
            authenticator: None,
        }
    }
}
