//! Converting failed connections and transfers to [`Error`].

use std::error::Error as _;
use std::time::Duration;

use url::Url;

use super::error::{Error, Scheme};
use crate::model::names::escape_for_terminal;

/// Formats a URL for messages: without userinfo, query and fragment, which may contain secrets.
pub(super) fn display_url(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    escape_for_terminal(url.as_str())
}

/// Converts the error of a request that got no response.
pub(super) fn request_error(error: &reqwest::Error, url: &Url, waited: Duration) -> Error {
    let cause = root_cause(error);
    let url = display_url(url);
    if any_source(error, &is_no_tls) {
        Error::WrongScheme { url, other: Scheme::Http, why: "it answers without TLS" }
    } else if any_source(error, &|cause| cause.is::<rustls::Error>()) {
        Error::Tls { url, cause }
    } else if cause.contains("proxy authorization required") {
        Error::ProxyLogin { url }
    } else if error.is_connect() && error.is_timeout() {
        Error::Unreachable { url, cause: format!("no connection within {:.1} s", waited.as_secs_f32()) }
    } else if error.is_connect() {
        Error::Unreachable { url, cause }
    } else if error.is_timeout() {
        Error::DeadlineExceeded { url, after: waited }
    } else if cause.contains("invalid HTTP") {
        Error::NotHttp { url }
    } else {
        Error::Broken { url, cause }
    }
}

/// Converts the error of a body that was not read completely.
pub(super) fn body_error(error: &std::io::Error, url: &Url, waited: Duration) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>()) {
        Some(inner) => request_error(inner, url, waited),
        None => Error::Broken { url: display_url(url), cause: escape_for_terminal(&error.to_string()) },
    }
}

/// The innermost message of an error: the outer ones of reqwest name only the URL.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let mut innermost = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        innermost = inner.to_string();
        next = inner.source();
    }
    escape_for_terminal(&innermost)
}

/// Whether a connection ended without a complete TLS handshake, though the server accepted it or may have.
pub(super) fn is_handshake_cut_off(error: &reqwest::Error) -> bool {
    error.is_timeout() || root_cause(error).contains("handshake eof")
}

/// Whether `matches` an error or one of its causes, at any depth.
fn any_source(
    error: &(dyn std::error::Error + 'static),
    matches: &dyn Fn(&(dyn std::error::Error + 'static)) -> bool,
) -> bool {
    // An io::Error does not return the error that it wraps as its source.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    matches(error)
        || wrapped.is_some_and(|wrapped| any_source(wrapped, matches))
        || error.source().is_some_and(|source| any_source(source, matches))
}

/// Whether the first bytes of a server are no TLS: `HTTP/1.1 400` for example.
fn is_no_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    use rustls::{Error, InvalidMessage};
    matches!(error.downcast_ref(), Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)))
}
