//! Sending one request: headers, body, redirects, and the server state in the response headers.
//!
//! The first request creates the HTTP client, so a server without requests costs nothing.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::authenticator::{Authenticator, BasicLogin};
use super::connect_error::{display_url, is_handshake_cut_off, request_error};
use super::credentials::secret_header;
use super::error::{Error, Scheme};
use super::http_client;
use super::options::ServerOptions;
use super::plain_http;
use super::response::{MAX_BODY, serial};
use super::retry::RetryBudget;
use super::upload_form::{LargeUploads, UploadForm};
use super::urls::ServerUrl;
use crate::model::names::escape_for_terminal;

/// devpi's login header; it leaves `Authorization` to proxies in front of the server.
const DEVPI_AUTH: &str = "x-devpi-auth";

/// The maximum number of redirects of a read.
const MAX_REDIRECTS: usize = 5;

/// The body of a request.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Nothing,
    Json(&'a Value),
    /// JSON, sent byte for byte.
    RawJson(&'a [u8]),
    Form(&'a UploadForm<'a>),
    /// A form with a content length of that many bytes, of which only one is sent.
    LengthOnly {
        size: u64,
        /// How long the body waits for the answer before it ends.
        wait: Duration,
    },
}

/// A body of one byte that then waits for an early response and ends before its content length, so no server accepts it.
struct StalledBody {
    sent: bool,
    wait: Duration,
}

impl std::io::Read for StalledBody {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() || std::mem::replace(&mut self.sent, true) {
            std::thread::sleep(self.wait);
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
    /// The operation, for messages: `create the index acme/x`.
    pub(super) what: String,
    /// Whether to request JSON. For a file devpi would send its metadata instead of its content.
    pub(super) json: bool,
    /// The media type to request instead of plain JSON.
    pub(super) media_type: Option<&'static str>,
    /// The maximum size of the response's body, in bytes.
    pub(super) limit: u64,
}

impl<'a> Call<'a> {
    pub(super) fn get(url: Url, what: String) -> Self {
        Self::write(Method::GET, url, Body::Nothing, what)
    }

    pub(super) fn write(method: Method, url: Url, body: Body<'a>, what: String) -> Self {
        Self { method, url, body, what, json: true, media_type: None, limit: MAX_BODY }
    }

    /// A read of the headers of a file.
    pub(super) fn head_of_file(url: Url, what: String) -> Self {
        Self { method: Method::HEAD, ..Self::get_file(url, what) }
    }

    /// A read of a file's content.
    pub(super) fn get_file(url: Url, what: String) -> Self {
        Self { json: false, ..Self::get(url, what) }
    }
}

/// The server state from the headers of the responses so far.
#[derive(Debug, Default, Clone)]
pub(super) struct ObservedState {
    pub(super) time: Option<Timestamp>,
    pub(super) uuid: Option<String>,
    pub(super) version: Option<String>,
}

/// The connection to one server; all clones of a `Server` share it.
pub(super) struct Transport {
    root: ServerUrl,
    options: ServerOptions,
    client: OnceLock<Client>,
    large_uploads: OnceLock<LargeUploads>,
    /// The login for the proxy in front of the server, with its header.
    basic: OnceLock<Option<(BasicLogin, HeaderValue)>>,
    requests: AtomicUsize,
    serial: AtomicI64,
    observed: Mutex<ObservedState>,
    /// Whether changes of index configurations wait for each other.
    is_serialized: AtomicBool,
    index_writes: Mutex<()>,
    ends: Option<Instant>,
}

impl Transport {
    pub(super) fn new(options: &ServerOptions) -> Result<Self, Error> {
        Ok(Self {
            root: ServerUrl::new(&options.url, &options.allow_http)?,
            options: options.clone(),
            client: OnceLock::new(),
            large_uploads: OnceLock::new(),
            basic: OnceLock::new(),
            requests: AtomicUsize::new(0),
            serial: AtomicI64::new(i64::MIN),
            observed: Mutex::default(),
            is_serialized: AtomicBool::new(false),
            index_writes: Mutex::default(),
            ends: options.overall.map(|overall| Instant::now() + overall),
        })
    }

    pub(super) fn root(&self) -> &ServerUrl {
        &self.root
    }

    pub(super) fn authenticator(&self) -> Option<&Arc<dyn Authenticator>> {
        self.options.authenticator.as_ref()
    }

    /// The login for the proxy in front of the server, with its header.
    pub(super) fn basic(&self) -> Option<&(BasicLogin, HeaderValue)> {
        let find = || {
            let login = self.authenticator()?.basic_login()?;
            let header = secret_header(&format!("Basic {}", encoded(&login)));
            Some((login, header))
        };
        self.basic.get_or_init(find).as_ref()
    }

    /// The texts of that login that messages must not contain.
    pub(super) fn secrets(&self) -> Vec<String> {
        let login = self.basic.get().and_then(Option::as_ref).map(|(login, _)| login);
        login.into_iter().flat_map(|login| [encoded(login), login.password.expose_secret().to_owned()]).collect()
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn retry_budget(&self) -> RetryBudget {
        RetryBudget::new(self.options.deadline, self.ends).known(self.observed().time.is_some())
    }

    pub(super) fn serialize_index_writes(&self) {
        self.is_serialized.store(true, Ordering::Relaxed);
    }

    /// Held during a change of an index's configuration, if such changes wait for each other.
    pub(super) fn index_write(&self) -> Option<MutexGuard<'_, ()>> {
        let is_serialized = self.is_serialized.load(Ordering::Relaxed);
        is_serialized.then(|| self.index_writes.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(super) fn observed(&self) -> MutexGuard<'_, ObservedState> {
        self.observed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Sends `call` and returns the response with its body unread.
    ///
    /// Follows redirects of reads within the origin only, so credentials stay with the server. A redirect of a write is an error: as
    /// a GET it would seem to succeed.
    pub(super) fn send(
        &self,
        call: &Call,
        credentials: Option<&HeaderValue>,
        budget: &RetryBudget,
    ) -> Result<Response, Error> {
        let mut hop = call.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&hop, credentials, budget)?;
            let Some(target) = redirection(&response, &hop.url) else { return Ok(response) };
            if self.root.is_login_page(&target) {
                return Err(Error::NotLoggedIn { what: call.what.clone() });
            }
            if !matches!(call.method, Method::GET | Method::HEAD) || !self.root.is_origin_of(&target) {
                return Err(Error::Redirected { url: display_url(&hop.url), to: display_url(&target) });
            }
            hop.url = target;
        }
        Err(Error::NotDevpi { url: display_url(&call.url), why: "too many redirects".to_owned() })
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
            request = request.header(ACCEPT, call.media_type.unwrap_or("application/json"));
        }
        if let Some(credentials) = credentials {
            request = request.header(DEVPI_AUTH, credentials);
        }
        if let Some((_, basic)) = self.basic() {
            request = request.header(AUTHORIZATION, basic);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let response = self.dispatch(request, call, left)?.map_err(|error| {
            if error.is_timeout() {
                // Dropping the client would wait for its thread, which may hang in a DNS lookup.
                std::mem::forget(client.clone());
            }
            if error.is_connect()
                && self.root.is_encrypted()
                && is_handshake_cut_off(&error)
                && plain_http::is_spoken_by(url)
            {
                let url = display_url(self.root.url());
                return Error::WrongScheme { url, other: Scheme::Http, why: "it answers plain http" };
            }
            self.about_root(request_error(&error, url, budget.elapsed()))
        })?;
        let status = response.status().as_u16();
        tracing::debug!(method = %call.method, url = %display_url(url), status, took = ?started.elapsed(), "request");
        self.record_state(response.headers());
        Ok(response)
    }

    /// Sends the request with its body. The inner error is that of the connection.
    fn dispatch(
        &self,
        request: RequestBuilder,
        call: &Call,
        left: Duration,
    ) -> Result<Result<Response, reqwest::Error>, Error> {
        match &call.body {
            Body::Form(form) if form.is_large() => match request.build() {
                Ok(request) => self.large_uploads()?.send(&request, form, left + form.extra_time()),
                Err(error) => Ok(Err(error)),
            },
            _ => Ok(with_body(request, call, left)?.send()),
        }
    }

    fn large_uploads(&self) -> Result<&LargeUploads, Error> {
        if let Some(uploads) = self.large_uploads.get() {
            return Ok(uploads);
        }
        let uploads = LargeUploads::new(&self.root, &self.options)?;
        Ok(self.large_uploads.get_or_init(|| uploads))
    }

    /// Names the server's root in the errors that concern its address as a whole.
    fn about_root(&self, mut error: Error) -> Error {
        if let Error::WrongScheme { url, .. } | Error::NotHttp { url } | Error::ProxyLogin { url } = &mut error {
            *url = display_url(self.root.url());
        }
        error
    }

    fn record_state(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(serial) = serial(headers) {
            self.serial.fetch_max(serial, Ordering::Relaxed);
        }
        let mut observed = self.observed();
        if let Some(time) = text(DATE.as_str()).and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
            observed.time = Some(time.timestamp());
        }
        // A replica has its own UUID; the UUID of the primary is the same in all responses.
        if let Some(uuid) = text("x-devpi-primary-uuid").or_else(|| text("x-devpi-uuid")) {
            observed.uuid = Some(uuid.to_owned());
        }
        if let Some(version) = text("x-devpi-server-version") {
            observed.version = Some(escape_for_terminal(version));
        }
    }

    /// The highest serial of the responses so far; `None` before the first one with a serial.
    pub(super) fn serial(&self) -> Option<i64> {
        Some(self.serial.load(Ordering::Relaxed)).filter(|serial| *serial != i64::MIN)
    }

    fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = http_client::build(&self.root, &self.options)?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn encoded(login: &BasicLogin) -> String {
    STANDARD.encode(format!("{}:{}", login.user, login.password.expose_secret()))
}

fn with_body(request: RequestBuilder, call: &Call, left: Duration) -> Result<RequestBuilder, Error> {
    Ok(match &call.body {
        Body::Nothing if !call.json => request,
        Body::Nothing => request.timeout(left),
        Body::Json(value) => request.json(value).timeout(left),
        Body::RawJson(bytes) => request.header(CONTENT_TYPE, "application/json").body(bytes.to_vec()).timeout(left),
        Body::Form(form) => request.multipart(form.to_blocking()?).timeout(left + form.extra_time()),
        Body::LengthOnly { size, wait } => {
            let body = reqwest::blocking::Body::sized(StalledBody { sent: false, wait: *wait }, *size);
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
