//! One exchange with the server: what is sent, what may be followed, and what every answer tells beside what was asked.
//!
//! The client is made at the first request, so that a server that is never asked costs nothing.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use reqwest::blocking::multipart::Form;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION};
use serde_json::Value;
use url::Url;

use super::connect_error::{display_url, request_error};
use super::error::Error;
use super::http_client;
use super::options::ServerOptions;
use super::retry::RetryBudget;
use super::urls::ServerUrl;
use crate::model::names::harmless;

/// devpi's own log-in header; it leaves `Authorization` to proxies before the server.
const AUTHORISATION: &str = "x-devpi-auth";

/// How many hops a read may be sent on.
const HOPS: usize = 5;

/// An upload slower than this many bytes per second is taken for dead.
const SLOWEST_UPLOAD: u64 = 256 * 1024;

/// What is sent along.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Nothing,
    Json(&'a Value),
    /// A form is made anew for every attempt, since sending uses it up.
    Form {
        make: &'a dyn Fn() -> Result<Form, Error>,
        size: u64,
    },
    /// The announcement of a form of that many bytes, of which next to nothing is sent.
    LengthOnly(u64),
}

/// How long to wait for a server that refuses a body by its announced length alone.
const EARLY_ANSWER: Duration = Duration::from_millis(700);

/// A body that says one byte, waits for an early answer, and ends before its announced length: no server takes it for whole.
struct StalledBody {
    spoken: bool,
}

impl std::io::Read for StalledBody {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() || std::mem::replace(&mut self.spoken, true) {
            std::thread::sleep(EARLY_ANSWER);
            return Ok(0);
        }
        buffer[0] = b'\n';
        Ok(1)
    }
}

/// A request.
#[derive(Clone)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Body<'a>,
    /// For messages: `create the index acme/x`.
    pub(super) what: String,
    /// Whether the answer is JSON. A file must never be asked for as JSON: devpi would send its metadata instead.
    pub(super) json: bool,
}

impl<'a> Call<'a> {
    pub(super) fn get(url: Url, what: String) -> Self {
        Self { method: Method::GET, url, body: Body::Nothing, what, json: true }
    }

    pub(super) fn write(method: Method, url: Url, body: Body<'a>, what: String) -> Self {
        Self { method, url, body, what, json: true }
    }

    /// A read of a file's own bytes.
    pub(super) fn get_file(url: Url, what: String) -> Self {
        Self { method: Method::GET, url, body: Body::Nothing, what, json: false }
    }
}

/// What the answers so far have told about the server.
#[derive(Debug, Default, Clone)]
pub(super) struct ObservedState {
    pub(super) time: Option<Timestamp>,
    pub(super) uuid: Option<String>,
    pub(super) version: Option<String>,
}

/// The way to one server, shared by all who talk to it.
pub(super) struct Transport {
    root: ServerUrl,
    options: ServerOptions,
    client: OnceLock<Client>,
    requests: AtomicUsize,
    serial: AtomicI64,
    observed: Mutex<ObservedState>,
    ends: Option<Instant>,
}

impl Transport {
    pub(super) fn new(options: &ServerOptions) -> Result<Self, Error> {
        Ok(Self {
            root: ServerUrl::new(&options.url, &options.allow_http)?,
            options: options.clone(),
            client: OnceLock::new(),
            requests: AtomicUsize::new(0),
            serial: AtomicI64::new(i64::MIN),
            observed: Mutex::default(),
            ends: options.overall.map(|overall| Instant::now() + overall),
        })
    }

    pub(super) fn root(&self) -> &ServerUrl {
        &self.root
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn retry_budget(&self) -> RetryBudget {
        RetryBudget::new(self.options.deadline, self.ends).known(self.observed().time.is_some())
    }

    pub(super) fn observed(&self) -> MutexGuard<'_, ObservedState> {
        self.observed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Sends `call` and gives the answer with its body unread. A read is sent on, by hand, within this server only: so no
    /// credential can leave it. A write that is sent on is an error: as a GET it would seem to succeed.
    pub(super) fn send(
        &self,
        call: &Call,
        credentials: Option<&HeaderValue>,
        budget: &RetryBudget,
    ) -> Result<Response, Error> {
        let mut hop = call.clone();
        for _ in 0..=HOPS {
            let response = self.send_once(&hop, credentials, budget)?;
            let Some(target) = redirection(&response, &hop.url) else { return Ok(response) };
            if call.method != Method::GET || !self.root.is_origin_of(&target) {
                return Err(Error::Redirected { url: display_url(&hop.url), to: display_url(&target) });
            }
            hop.url = target;
        }
        Err(Error::NotDevpi { url: display_url(&call.url), why: "it sends on without end".to_owned() })
    }

    fn send_once(
        &self,
        call: &Call,
        credentials: Option<&HeaderValue>,
        budget: &RetryBudget,
    ) -> Result<Response, Error> {
        let url = &call.url;
        let left = budget.left();
        if left.is_zero() {
            return Err(Error::DeadlineExceeded { url: display_url(url), after: budget.elapsed() });
        }
        let client = self.client()?;
        let mut request = client.request(call.method.clone(), url.clone());
        if call.json {
            request = request.header(ACCEPT, "application/json");
        }
        if let Some(credentials) = credentials {
            request = request.header(AUTHORISATION, credentials);
        }
        let request = with_body(request, call, left)?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let response = request.send().map_err(|error| {
            if error.is_timeout() {
                // Dropping the client would wait for its thread, which may hang in a name look-up.
                std::mem::forget(client.clone());
            }
            request_error(&error, url, budget.elapsed())
        })?;
        let status = response.status().as_u16();
        tracing::debug!(method = %call.method, url = %display_url(url), status, took = ?started.elapsed(), "request");
        self.note(response.headers());
        Ok(response)
    }

    fn note(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(serial) = text("x-devpi-serial").and_then(|serial| serial.parse().ok()) {
            self.serial.fetch_max(serial, Ordering::Relaxed);
        }
        let mut observed = self.observed();
        if let Some(time) = text(DATE.as_str()).and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
            observed.time = Some(time.timestamp());
        }
        // A replica has a UUID of its own; the primary's stays the same whoever answers.
        if let Some(uuid) = text("x-devpi-primary-uuid").or_else(|| text("x-devpi-uuid")) {
            observed.uuid = Some(uuid.to_owned());
        }
        if let Some(version) = text("x-devpi-server-version") {
            observed.version = Some(harmless(version));
        }
    }

    /// Whether an answer knows less than an earlier one did: a replica that lags.
    pub(super) fn is_stale(&self, headers: &HeaderMap) -> bool {
        let serial = headers.get("x-devpi-serial").and_then(|serial| serial.to_str().ok()?.parse::<i64>().ok());
        serial.is_some_and(|serial| serial < self.serial.load(Ordering::Relaxed))
    }

    fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = http_client::build(&self.root, &self.options)?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn with_body(request: RequestBuilder, call: &Call, left: Duration) -> Result<RequestBuilder, Error> {
    Ok(match &call.body {
        Body::Nothing if !call.json => request,
        Body::Nothing => request.timeout(left),
        Body::Json(value) => request.json(value).timeout(left),
        Body::Form { make, size } => {
            request.multipart(make()?).timeout(left + Duration::from_secs(size / SLOWEST_UPLOAD))
        }
        Body::LengthOnly(size) => {
            let body = reqwest::blocking::Body::sized(StalledBody { spoken: false }, *size);
            request.header(CONTENT_TYPE, "multipart/form-data; boundary=none").body(body).timeout(left)
        }
    })
}

fn redirection(response: &Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}
