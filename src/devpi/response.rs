//! A whole answer, and what can be read from it.

use std::io::Read;

use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use url::Url;

use super::connect_error::{body_error, display_url};
use super::error::Error;
use super::retry::RetryBudget;
use super::transport::Transport;
use super::wire_format;

/// No answer that is read into memory is longer than this.
const LONGEST: u64 = 256 * 1024 * 1024;

/// No message of the server is repeated beyond this many characters.
const LONGEST_MESSAGE: usize = 300;

/// An answer with its body.
pub(super) struct ServerResponse {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    /// Whether it has devpi's headers. Proxies answer too.
    pub(super) is_from_devpi: bool,
    /// Whether an earlier answer knew more: then a "no" may be wrong.
    pub(super) is_stale: bool,
    content_type: String,
    body: Vec<u8>,
}

impl ServerResponse {
    /// Reads the body to its end.
    pub(super) fn read(response: Response, transport: &Transport, budget: &RetryBudget) -> Result<Self, Error> {
        let headers = response.headers();
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let mut answer = Self {
            url: response.url().clone(),
            status: response.status(),
            is_from_devpi: headers.contains_key("x-devpi-api-version"),
            is_stale: transport.is_stale(headers),
            content_type,
            body: Vec::new(),
        };
        let failed = |error: std::io::Error| body_error(&error, &answer.url, budget.elapsed());
        response.take(LONGEST).read_to_end(&mut answer.body).map_err(failed)?;
        Ok(answer)
    }

    /// The `result` of a good answer.
    pub(super) fn result<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let envelope: wire_format::Envelope<T> = self.json()?;
        Ok(envelope.result)
    }

    /// The body as JSON, whatever its content type says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            self.not_devpi(if self.has_json() {
                format!("its JSON cannot be read: {error}")
            } else {
                self.kind_of_body()
            })
        })
    }

    /// An error that says that this is no devpi's answer.
    pub(super) fn not_devpi(&self, why: String) -> Error {
        Error::NotDevpi { url: display_url(&self.url), why }
    }

    /// An error that says that this answer is too old to be believed.
    pub(super) fn stale(&self) -> Error {
        Error::StaleReplica { url: display_url(&self.url) }
    }

    /// `status 404 with text/html instead of JSON`
    pub(super) fn kind_of_body(&self) -> String {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim();
        let kind = if kind.is_empty() { "nothing" } else { kind };
        format!("status {} with {} instead of JSON", self.status.as_u16(), crate::model::names::harmless(kind))
    }

    fn has_json(&self) -> bool {
        self.content_type.contains("json")
    }

    /// What a refusal says, in one line. Not yet cleaned of secrets.
    pub(super) fn message(&self) -> String {
        let said = match serde_json::from_slice::<wire_format::Refusal>(&self.body) {
            Ok(refusal) => [refusal.message, refusal.title]
                .into_iter()
                .flatten()
                .map(|text| one_line(&text))
                .find(|t| !t.is_empty()),
            Err(_) if self.content_type.contains("html") => title_of(&String::from_utf8_lossy(&self.body)),
            Err(_) => Some(one_line(&String::from_utf8_lossy(&self.body))).filter(|text| !text.is_empty()),
        };
        let said = said.unwrap_or_else(|| self.status.canonical_reason().unwrap_or("no reason given").to_owned());
        said.chars().take(LONGEST_MESSAGE).collect()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The title of a proxy's page.
fn title_of(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(one_line(&page[start..end])).filter(|title| !title.is_empty())
}
