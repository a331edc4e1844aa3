//! A stub server that returns prepared responses, valid or not.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use git_devpi::devpi::{Server, ServerOptions, Session, Token};
use git_devpi::model::names::{IndexName, ProjectName, Sha256, UserName};
use git_devpi::model::release::ReleaseFile;
use secrecy::SecretString;

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The pieces of a response with the pauses before them; then the stub closes the connection.
pub type Reply = Vec<(Duration, Vec<u8>)>;

/// A running stub.
pub struct Stub {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Stub {
    /// Returns to each request the reply of `answer`, which gets the request and the number of earlier ones.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(true, answer)
    }

    /// Replies after the head of a request, and closes the connection without reading the body.
    pub fn replying_early(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(false, answer)
    }

    fn start_with(reads_body: bool, answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), reads_body, answer)
    }

    /// The same at an address of the caller's choice.
    pub fn listen(
        listener: TcpListener,
        reads_body: bool,
        answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream, reads_body, &seen, &*answer));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub fn options(&self) -> ServerOptions {
        let mut options = ServerOptions::new(self.url.parse().unwrap());
        options.deadline = Duration::from_millis(1500);
        options
    }

    pub fn server(&self) -> Server {
        Server::new(&self.options()).unwrap()
    }

    /// A client with a long deadline, for tests that count attempts.
    pub fn server_with_long_deadline(&self) -> Server {
        let mut options = self.options();
        options.deadline = Duration::from_secs(20);
        Server::new(&options).unwrap()
    }

    pub fn session(&self) -> Session {
        Session::new(&self.server(), user("acme"), &Token::new(SecretString::from(SECRET)))
    }
}

fn serve(
    stream: TcpStream,
    reads_body: bool,
    seen: &Mutex<Vec<Request>>,
    answer: &(dyn Fn(&Request, usize) -> Reply + Send + Sync),
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some(request) = read_request(&mut reader, reads_body) else { return };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let mut stream = stream;
    for (pause, piece) in answer(&request, before) {
        thread::sleep(pause);
        if stream.write_all(&piece).is_err() {
            return;
        }
    }
}

pub fn read_request(reader: &mut impl BufRead, reads_body: bool) -> Option<Request> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    if reads_body {
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}

/// The headers that every response of devpi has.
pub const DEVPI: &str = "Date: Sun, 22 Nov 2026 20:01:37 GMT\r\nX-Devpi-Api-Version: 2\r\nX-Devpi-Serial: 7\r\n\
    X-Devpi-Server-Version: 6.20.3\r\nX-Devpi-Uuid: abc\r\nX-Devpi-Primary-Uuid: abc\r\n";

/// A JSON response of devpi.
pub fn devpi(status: &str, json: &str) -> Reply {
    reply(status, &format!("{DEVPI}Content-Type: application/json\r\n"), json.as_bytes())
}

/// An HTML page of a proxy.
pub fn page(status: &str, title: &str) -> Reply {
    let body = format!("<html><head><title>{title}</title></head></html>");
    reply(status, "Content-Type: text/html\r\n", body.as_bytes())
}

/// A response with any headers and body.
pub fn reply(status: &str, headers: &str, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    vec![(Duration::ZERO, [head.as_bytes(), body].concat())]
}

/// The token of [`Stub::session`].
pub const SECRET: &str = r#"["acme", [], true].awMnrw.hush-hush"#;

pub fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

pub fn index(name: &str) -> IndexName {
    IndexName::parse(name).unwrap()
}

pub fn project(name: &str) -> ProjectName {
    ProjectName::parse(name).unwrap()
}

/// A file that the server would list with the sha256 of `bytes`.
pub fn file_of(bytes: &[u8]) -> ReleaseFile {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x"), bytes).unwrap();
    let sha256: Sha256 = git_devpi::system::files::sha256_of_file(&dir.path().join("x")).unwrap();
    ReleaseFile {
        file_name: "demo-1-py3-none-any.whl".into(),
        sha256,
        path: "acme/dev/+f/abc/def/demo-1-py3-none-any.whl".into(),
        log: Vec::new(),
    }
}
