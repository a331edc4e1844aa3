//! A form with a file, as the upload API of package indexes takes it, and the sending of large ones.
//!
//! The blocking client sends a body in pieces of 8 KiB, each with a change of thread, which costs 11 times the time of curl. Large
//! forms therefore go through the async client, in larger pieces.

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::blocking;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart;
use reqwest::{Body, Client, ResponseBuilderExt};
use tokio::runtime::Runtime;

use super::error::Error;
use super::http_client;
use super::options::ServerOptions;
use super::response::MAX_BODY;
use super::urls::ServerUrl;
use crate::system;

/// The size of a piece of a large file, in bytes.
const PIECE: usize = 64 * 1024;

/// The minimum size of a file that the async client sends, in bytes: below it, a second connection costs more than small pieces.
const LARGE: u64 = 512 * 1024;

/// The minimum speed of an upload, in bytes per second; it extends the timeout.
const MIN_SPEED: u64 = 256 * 1024;

/// The fields of a form and at most one file.
#[derive(Debug, Clone, Default)]
pub(super) struct UploadForm<'a> {
    fields: Vec<(String, String)>,
    file: Option<(&'a Path, u64)>,
}

impl<'a> UploadForm<'a> {
    /// Adds a field.
    pub(super) fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the file, which is sent as `content`.
    pub(super) fn file(mut self, path: &'a Path) -> Result<Self, Error> {
        let metadata = fs_err::metadata(path).map_err(system::Error::file("read", path))?;
        self.file = Some((path, metadata.len()));
        Ok(self)
    }

    /// The size of the file, in bytes.
    pub(super) fn file_size(&self) -> u64 {
        self.file.map_or(0, |(_, size)| size)
    }

    /// How much longer than a small request this form may take.
    pub(super) fn extra_time(&self) -> Duration {
        Duration::from_secs(self.file_size() / MIN_SPEED)
    }

    /// Whether [`LargeUploads`] sends this form.
    pub(super) fn is_large(&self) -> bool {
        self.file_size() >= LARGE
    }

    /// The form for the blocking client.
    pub(super) fn to_blocking(&self) -> Result<blocking::multipart::Form, Error> {
        let mut form = blocking::multipart::Form::new();
        for (name, value) in &self.fields {
            form = form.text(name.clone(), value.clone());
        }
        let Some((path, _)) = self.file else { return Ok(form) };
        Ok(form.file("content", path).map_err(system::Error::file("read", path))?)
    }

    fn to_streamed(&self) -> Result<multipart::Form, Error> {
        let mut form = multipart::Form::new();
        for (name, value) in &self.fields {
            form = form.text(name.clone(), value.clone());
        }
        let Some((path, size)) = self.file else { return Ok(form) };
        let file = fs_err::File::open(path).map_err(system::Error::file("read", path))?;
        let pieces = Pieces { file: file.take(size) };
        let part = multipart::Part::stream_with_length(Body::wrap_stream(futures_util::stream::iter(pieces)), size);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))]);
        Ok(form.part("content", part.file_name(name).headers(kind)))
    }
}

/// The pieces of a file.
struct Pieces {
    file: std::io::Take<fs_err::File>,
}

impl Iterator for Pieces {
    type Item = std::io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = Vec::with_capacity(PIECE);
        match self.file.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some(Ok(piece)),
            Err(error) => Some(Err(error)),
        }
    }
}

/// The async client of a server.
#[derive(Debug)]
pub(super) struct LargeUploads {
    client: Client,
}

impl LargeUploads {
    pub(super) fn new(root: &ServerUrl, options: &ServerOptions) -> Result<Self, Error> {
        Ok(Self { client: http_client::build_async(root, options)? })
    }

    /// Sends `form` with the method, URL and headers of `request`, and reads the response.
    pub(super) fn send(
        &self,
        request: &blocking::Request,
        form: &UploadForm,
        timeout: Duration,
    ) -> Result<Result<blocking::Response, reqwest::Error>, Error> {
        let builder = self.client.request(request.method().clone(), request.url().clone());
        let builder = builder.headers(request.headers().clone()).multipart(form.to_streamed()?).timeout(timeout);
        Ok(runtime()?.block_on(async {
            let mut response = builder.send().await?;
            let mut body = Vec::new();
            while body.len() as u64 <= MAX_BODY {
                let Some(piece) = response.chunk().await? else { break };
                body.extend_from_slice(&piece);
            }
            let url = response.url().clone();
            let (mut parts, ()) = http::Response::builder().url(url).body(()).unwrap_or_default().into_parts();
            parts.status = response.status();
            parts.headers = response.headers().clone();
            Ok(blocking::Response::from(http::Response::from_parts(parts, body)))
        }))
    }
}

/// The thread that drives the connections. It is never stopped: a stop would wait for a name lookup that hangs.
fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let failed = |source| system::Error::ToolUnusable { command: "a thread that sends files".to_owned(), source };
    let made = made.map_err(failed)?;
    Ok(RUNTIME.get_or_init(|| made))
}
