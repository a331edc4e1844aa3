//! One exchange with the server: what is sent, what may be followed, and what a broken line is called.
//!
//! The client is made at the first request, so that a server that is never asked costs nothing.

use std::error::Error as _;
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

use super::retry::Patience;
use super::root::Root;
use super::{Error, ServerOptions};
use crate::model::names::harmless;

/// Must never hold a word like `pip/` or `uv/`: devpi then answers with pages for installers instead of JSON.
const USER_AGENT: &str = concat!("git-devpi/", env!("CARGO_PKG_VERSION"));

/// devpi's own log-in header; it leaves `Authorization` to proxies before the server.
const AUTHORISATION: &str = "x-devpi-auth";

/// How many hops a read may be sent on.
const HOPS: usize = 5;

/// An upload slower than this many bytes per second is taken for dead.
const SLOWEST_UPLOAD: u64 = 256 * 1024;

/// What is sent along.
pub(super) enum Body<'a> {
    Nothing,
    Json(&'a Value),
    /// A form is made anew for every attempt, since sending uses it up.
    Form {
        make: &'a dyn Fn() -> Result<Form, Error>,
        size: u64,
    },
    /// The announcement of a form of that many bytes, of which next to nothing is sent.
    Announcement(u64),
}

/// How long to wait for a server that refuses a body by its announced length alone.
const EARLY_ANSWER: Duration = Duration::from_millis(700);

/// A body that says one byte, waits for an early answer, and ends before its announced length: no server takes it for whole.
struct Silence {
    spoken: bool,
}

impl std::io::Read for Silence {
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
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Body<'a>,
    /// For messages: `create the index acme/x`.
    pub(super) what: String,
    /// Whether the answer is JSON. A file must never be asked for as JSON: devpi would send its metadata instead.
    pub(super) json: bool,
}

impl Call<'_> {
    pub(super) fn get(url: Url, what: String) -> Self {
        Call { method: Method::GET, url, body: Body::Nothing, what, json: true }
    }

    /// A read of a file's own bytes.
    pub(super) fn get_file(url: Url, what: String) -> Self {
        Call { method: Method::GET, url, body: Body::Nothing, what, json: false }
    }
}

/// What the answers so far have told about the server.
#[derive(Debug, Default, Clone)]
pub(super) struct Seen {
    pub(super) time: Option<Timestamp>,
    pub(super) uuid: Option<String>,
    pub(super) version: Option<String>,
}

/// The way to one server, shared by all who talk to it.
pub(super) struct Transport {
    root: Root,
    options: ServerOptions,
    client: OnceLock<Client>,
    requests: AtomicUsize,
    serial: AtomicI64,
    seen: Mutex<Seen>,
    ends: Option<Instant>,
}

impl Transport {
    pub(super) fn new(options: &ServerOptions) -> Result<Self, Error> {
        Ok(Self {
            root: Root::new(&options.url, &options.allow_http)?,
            options: options.clone(),
            client: OnceLock::new(),
            requests: AtomicUsize::new(0),
            serial: AtomicI64::new(i64::MIN),
            seen: Mutex::default(),
            ends: options.overall.map(|overall| Instant::now() + overall),
        })
    }

    pub(super) fn root(&self) -> &Root {
        &self.root
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.options.deadline, self.ends)
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Sends `call` and gives the answer with its body unread. A read is sent on, by hand, within this server only: so no
    /// credential can leave it. A write that is sent on is an error: as a GET it would seem to succeed.
    pub(super) fn send(
        &self,
        call: &Call,
        credentials: Option<&HeaderValue>,
        patience: &Patience,
    ) -> Result<Response, Error> {
        let mut url = call.url.clone();
        for _ in 0..=HOPS {
            let response = self.send_to(&url, call, credentials, patience)?;
            let Some(target) = redirection(&response, &url) else { return Ok(response) };
            if call.method != Method::GET || !self.root.is_origin_of(&target) {
                return Err(Error::Redirected { url: shown(&url), to: shown(&target) });
            }
            url = target;
        }
        Err(Error::NotDevpi { url: shown(&call.url), why: "it sends on without end".to_owned() })
    }

    fn send_to(
        &self,
        url: &Url,
        call: &Call,
        credentials: Option<&HeaderValue>,
        patience: &Patience,
    ) -> Result<Response, Error> {
        let left = patience.left();
        if left.is_zero() {
            return Err(Error::DeadlineExceeded { url: shown(url), after: patience.elapsed() });
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
            network_error(&error, url, patience.elapsed())
        })?;
        let status = response.status().as_u16();
        tracing::debug!(method = %call.method, url = %shown(url), status, took = ?started.elapsed(), "request");
        self.note(response.headers());
        Ok(response)
    }

    fn note(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(serial) = text("x-devpi-serial").and_then(|serial| serial.parse().ok()) {
            self.serial.fetch_max(serial, Ordering::Relaxed);
        }
        let mut seen = self.seen();
        if let Some(time) = text(DATE.as_str()).and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
            seen.time = Some(time.timestamp());
        }
        // A replica has a UUID of its own; the primary's stays the same whoever answers.
        if let Some(uuid) = text("x-devpi-primary-uuid").or_else(|| text("x-devpi-uuid")) {
            seen.uuid = Some(uuid.to_owned());
        }
        if let Some(version) = text("x-devpi-server-version") {
            seen.version = Some(harmless(version));
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
        let client = build_client(&self.root, &self.options)?;
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
        Body::Announcement(size) => {
            let body = reqwest::blocking::Body::sized(Silence { spoken: false }, *size);
            request.header(CONTENT_TYPE, "multipart/form-data; boundary=none").body(body).timeout(left)
        }
    })
}

/// Certificates are loaded only where they will be used: reading the system's store takes longer than a whole request.
fn build_client(root: &Root, options: &ServerOptions) -> Result<Client, Error> {
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
        return builder.build().map_err(|error| bad_url(root, &error));
    }
    if let Some(path) = &options.ca_bundle {
        let bad = |cause: String| Error::BadCertificate { path: path.clone(), purpose: "CA bundle", cause };
        let pem = fs_err::read(path).map_err(|error| bad(error.to_string()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| bad(cause_of(&error)))?;
        if certificates.is_empty() {
            return Err(bad("it holds no certificate".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(path) = &options.client_cert {
        let bad = |cause: String| Error::BadCertificate { path: path.clone(), purpose: "client certificate", cause };
        let pem = fs_err::read(path).map_err(|error| bad(error.to_string()))?;
        builder = builder.identity(reqwest::Identity::from_pem(&pem).map_err(|error| bad(cause_of(&error)))?);
    }
    builder.build().map_err(|error| bad_url(root, &error))
}

fn bad_url(root: &Root, error: &reqwest::Error) -> Error {
    Error::Tls { url: shown(root.url()), cause: cause_of(error) }
}

fn redirection(response: &Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

/// A URL for messages: without userinfo, query and fragment, where secrets stand.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    harmless(url.as_str())
}

/// What a failed exchange is called.
pub(super) fn network_error(error: &reqwest::Error, url: &Url, waited: Duration) -> Error {
    let cause = cause_of(error);
    let url = shown(url);
    if is_tls(error) {
        Error::Tls { url, cause }
    } else if error.is_connect() && error.is_timeout() {
        Error::Unreachable { url, cause: format!("no connection within {:.1} s", waited.as_secs_f32()) }
    } else if error.is_connect() {
        Error::Unreachable { url, cause }
    } else if error.is_timeout() {
        Error::DeadlineExceeded { url, after: waited }
    } else if cause.contains("invalid HTTP") {
        Error::NotDevpi { url, why: "it does not speak HTTP".to_owned() }
    } else {
        Error::Broken { url, cause }
    }
}

/// What a body that could not be read to its end is called.
pub(super) fn body_error(error: &std::io::Error, url: &Url, waited: Duration) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>()) {
        Some(inner) => network_error(inner, url, waited),
        None => Error::Broken { url: shown(url), cause: harmless(&error.to_string()) },
    }
}

/// The innermost text of an error: reqwest's own layers say only that something went wrong with a URL.
fn cause_of(error: &reqwest::Error) -> String {
    let mut innermost = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        innermost = inner.to_string();
        next = inner.source();
    }
    harmless(&innermost)
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(inner) = next {
        // An io::Error that wraps another error does not name it as its source.
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is::<rustls::Error>() || wrapped.is_some_and(|wrapped| wrapped.is::<rustls::Error>()) {
            return true;
        }
        next = inner.source();
    }
    false
}
