//! The HTTP client for one server.

use reqwest::{ClientBuilder, blocking};

use super::connect_error::{display_url, root_cause};
use super::error::Error;
use super::options::ServerOptions;
use super::urls::ServerUrl;

/// Must not contain `pip/` or `uv/`: devpi sends installer pages instead of JSON to such clients.
const USER_AGENT: &str = concat!("git-devpi/", env!("CARGO_PKG_VERSION"));

/// Builds the client for the server at `root`.
pub(super) fn build(root: &ServerUrl, options: &ServerOptions) -> Result<blocking::Client, Error> {
    let builder = blocking::ClientBuilder::from(builder(root, options)?);
    // Limits the response head and each read of a file's body; other requests set their own limit.
    builder.timeout(options.deadline).build().map_err(|error| unusable(root, &error))
}

/// Builds the client that sends large files.
pub(super) fn build_async(root: &ServerUrl, options: &ServerOptions) -> Result<reqwest::Client, Error> {
    builder(root, options)?.build().map_err(|error| unusable(root, &error))
}

fn unusable(root: &ServerUrl, error: &reqwest::Error) -> Error {
    Error::Tls { url: display_url(root.url()), cause: root_cause(error) }
}

/// Loads certificates only for https: reading the system's store takes longer than a request.
fn builder(root: &ServerUrl, options: &ServerOptions) -> Result<ClientBuilder, Error> {
    // An error means that a provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(options.connect_timeout);
    if root.is_loopback() {
        builder = builder.no_proxy();
    }
    if !root.is_encrypted() {
        return Ok(builder.tls_certs_only([]));
    }
    if let Some(path) = &options.ca_bundle {
        let bad = |cause: String| Error::BadCertificate { path: path.clone(), purpose: "CA bundle", cause };
        let pem = fs_err::read(path).map_err(|error| bad(error.to_string()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| bad(root_cause(&error)))?;
        if certificates.is_empty() {
            return Err(bad("it contains no certificate".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(path) = &options.client_cert {
        let bad = |cause: String| Error::BadCertificate { path: path.clone(), purpose: "client certificate", cause };
        let pem = fs_err::read(path).map_err(|error| bad(error.to_string()))?;
        builder = builder.identity(reqwest::Identity::from_pem(&pem).map_err(|error| bad(root_cause(&error)))?);
    }
    Ok(builder)
}
