//! How to reach a server.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// How to reach a server. Proxies come from the usual variables (`HTTPS_PROXY`, `NO_PROXY` …), never for this machine itself.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The server's root.
    pub url: Url,
    /// Hosts that may be spoken to in plain http; this machine always may.
    pub allow_http: Vec<String>,
    /// PEM certificates that are trusted beside the system's.
    pub ca_bundle: Option<PathBuf>,
    /// A PEM file with our certificate and its key.
    pub client_cert: Option<PathBuf>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long one operation may take, repetitions included; for a file that is transferred, how long it may stand still.
    pub deadline: Duration,
    /// How long everything together may take, from [`super::Server::new`] on (hooks have 5 s in all).
    pub overall: Option<Duration>,
}

impl ServerOptions {
    /// The defaults for `url`: system certificates, 10 s.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            allow_http: Vec::new(),
            ca_bundle: None,
            client_cert: None,
            connect_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(10),
            overall: None,
        }
    }
}
