//! A response with its complete body, and the parsing of it.

use std::io::Read;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::de::DeserializeOwned;
use url::Url;

use super::connect_error::{body_error, display_url};
use super::error::Error;
use super::retry::RetryBudget;
use super::wire_format;
use crate::system::clock;

/// The maximum size of a body that is read into memory, in bytes.
pub(super) const MAX_BODY: u64 = 64 * 1024 * 1024;

/// The maximum length of a server message in an error, in characters.
const MAX_MESSAGE: usize = 300;

/// A response with its body.
pub(super) struct ServerResponse {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    /// Whether it has devpi's headers; a response of a proxy has none.
    pub(super) is_from_devpi: bool,
    /// Whether a response before the request had a higher serial: a replica lags behind.
    pub(super) is_stale: bool,
    /// How long the server asks to wait before the next request.
    pub(super) retry_after: Option<Duration>,
    /// Whether it asks for HTTP basic authentication.
    pub(super) asks_for_basic: bool,
    content_type: String,
    body: Vec<u8>,
}

impl ServerResponse {
    /// Reads the complete body. `known`: the highest serial before the request.
    pub(super) fn read(response: Response, known: Option<i64>, budget: &RetryBudget) -> Result<Self, Error> {
        Self::read_at_most(response, MAX_BODY, known, budget)
    }

    /// Does the same with another limit; a body that announces more bytes is not read.
    pub(super) fn read_at_most(
        response: Response,
        limit: u64,
        known: Option<i64>,
        budget: &RetryBudget,
    ) -> Result<Self, Error> {
        let headers = response.headers();
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let mut answer = Self {
            url: response.url().clone(),
            status: response.status(),
            is_from_devpi: headers.contains_key("x-devpi-api-version"),
            retry_after: retry_after(headers),
            asks_for_basic: asks_for_basic(headers),
            // A replica without any data sends -1.
            is_stale: serial(headers).is_some_and(|serial| serial < known.unwrap_or(0).max(0)),
            content_type,
            body: Vec::new(),
        };
        let too_large = |url: &Url| Error::BodyTooLarge { what: format!("read {}", display_url(url)), limit };
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large(&answer.url));
        }
        let failed = |error: std::io::Error| body_error(&error, &answer.url, budget.elapsed());
        response.take(limit + 1).read_to_end(&mut answer.body).map_err(failed)?;
        if answer.body.len() as u64 > limit {
            return Err(too_large(&answer.url));
        }
        Ok(answer)
    }

    /// A successful response of devpi with this body.
    #[cfg(any(test, fuzzing))]
    pub(super) fn with_body(body: &[u8]) -> Option<Self> {
        Some(Self {
            url: Url::parse("http://127.0.0.1/").ok()?,
            status: StatusCode::OK,
            is_from_devpi: true,
            is_stale: false,
            retry_after: None,
            asks_for_basic: false,
            content_type: "application/json".to_owned(),
            body: body.to_vec(),
        })
    }

    /// Parses the `result` of a successful response.
    pub(super) fn result<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let envelope: wire_format::Envelope<T> = self.json()?;
        Ok(envelope.result)
    }

    /// Parses the body as JSON, independent of its content type.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            self.not_devpi(if self.has_json() { format!("invalid JSON: {error}") } else { self.unexpected_body() })
        })
    }

    /// The error for a response that does not come from devpi.
    pub(super) fn not_devpi(&self, why: String) -> Error {
        Error::NotDevpi { url: display_url(&self.url), why }
    }

    /// The error for a response of a replica that lags behind.
    pub(super) fn stale(&self) -> Error {
        Error::StaleReplica { url: display_url(&self.url) }
    }

    /// The status and content type of a body that is not JSON: `status 404 with text/html instead of JSON`.
    pub(super) fn unexpected_body(&self) -> String {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim();
        let kind = if kind.is_empty() { "no content type" } else { kind };
        format!(
            "status {} with {} instead of JSON",
            self.status.as_u16(),
            crate::model::names::escape_for_terminal(kind)
        )
    }

    /// Whether a web server says that its port is for https (nginx, Apache, Go).
    pub(super) fn expects_https(&self) -> bool {
        const TEXTS: [&str; 3] =
            ["request was sent to https port", "ssl-enabled server port", "request to an https server"];
        let text = String::from_utf8_lossy(&self.body).to_lowercase();
        self.url.scheme() == "http" && self.status.is_client_error() && TEXTS.iter().any(|part| text.contains(part))
    }

    fn has_json(&self) -> bool {
        self.content_type.contains("json")
    }

    /// The message of an error response, in one line. It may still contain secrets.
    pub(super) fn message(&self) -> String {
        let message = match serde_json::from_slice::<wire_format::ErrorBody>(&self.body) {
            Ok(body) => {
                [body.message, body.title].into_iter().flatten().map(|text| one_line(&text)).find(|t| !t.is_empty())
            }
            Err(_) if self.content_type.contains("html") => title_of(&String::from_utf8_lossy(&self.body)),
            Err(_) => Some(one_line(&String::from_utf8_lossy(&self.body))).filter(|text| !text.is_empty()),
        };
        let message = message.unwrap_or_else(|| self.status.canonical_reason().unwrap_or("no message").to_owned());
        message.chars().take(MAX_MESSAGE).collect()
    }
}

/// The serial of the state that the server responded from.
pub(super) fn serial(headers: &HeaderMap) -> Option<i64> {
    headers.get("x-devpi-serial")?.to_str().ok()?.parse().ok()
}

/// `Retry-After`: seconds, or a date, which counts from the server's own time.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let time = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    let now = text(DATE).and_then(time).unwrap_or_else(clock::now);
    Some(Duration::try_from(time(value)?.duration_since(now)).unwrap_or_default())
}

fn asks_for_basic(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.flat_map(|value| value.split(',')).any(|text| text.trim().to_ascii_lowercase().starts_with("basic"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The title of an HTML page, as proxies send it.
fn title_of(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(one_line(&page[start..end])).filter(|title| !title.is_empty())
}
