//! The HTTP client for one server.

use reqwest::blocking::Client;

use super::connect_error::{display_url, root_cause};
use super::error::Error;
use super::options::ServerOptions;
use super::urls::ServerUrl;

/// Must never hold a word like `pip/` or `uv/`: devpi then answers with pages for installers instead of JSON.
const USER_AGENT: &str = concat!("git-devpi/", env!("CARGO_PKG_VERSION"));

/// Certificates are loaded only where they will be used: reading the system's store takes longer than a whole request.
pub(super) fn build(root: &ServerUrl, options: &ServerOptions) -> Result<Client, Error> {
    let unusable = |error| Error::Tls { url: display_url(root.url()), cause: root_cause(&error) };
    // An error means that a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(options.connect_timeout)
        // Counts for the head of an answer and for every piece of a file's body; other requests set a limit of their own.
        .timeout(options.deadline);
    if root.is_loopback() {
        builder = builder.no_proxy();
    }
    if !root.is_encrypted() {
        builder = builder.tls_certs_only([]);
        return builder.build().map_err(unusable);
    }
    if let Some(path) = &options.ca_bundle {
        let bad = |cause: String| Error::BadCertificate { path: path.clone(), purpose: "CA bundle", cause };
        let pem = fs_err::read(path).map_err(|error| bad(error.to_string()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| bad(root_cause(&error)))?;
        if certificates.is_empty() {
            return Err(bad("it holds no certificate".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(path) = &options.client_cert {
        let bad = |cause: String| Error::BadCertificate { path: path.clone(), purpose: "client certificate", cause };
        let pem = fs_err::read(path).map_err(|error| bad(error.to_string()))?;
        builder = builder.identity(reqwest::Identity::from_pem(&pem).map_err(|error| bad(root_cause(&error)))?);
    }
    builder.build().map_err(unusable)
}
