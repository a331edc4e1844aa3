//! A web server in front of a real devpi-server that answers no request without a login, as companies put it there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;

/// How it is closed.
#[derive(Debug, Clone)]
pub enum Closure {
    /// As nginx is by the configuration of devpi-lockdown 2.0: the plugin's `/+authcheck` decides, and a request without a login is
    /// redirected to the login page. The server needs the plugin.
    Lockdown,
    /// Everything but the login is a 401 with a page in HTML, also `/+api`.
    Page,
    /// HTTP basic authentication with a user and password of its own. It is not passed on.
    Basic(&'static str, &'static str),
}

/// A running front; it ends with the test process.
pub struct ClosedFront {
    url: String,
    requests: Arc<Mutex<Vec<(String, u16)>>>,
}

/// A request: its first line, its other lines, its body.
struct Request {
    first: String,
    lines: Vec<String>,
    body: Vec<u8>,
}

impl ClosedFront {
    /// Starts a front for the server at `url`.
    pub fn start(url: &str, closure: Closure) -> Self {
        let upstream = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (upstream, closure, seen) = (upstream.clone(), closure.clone(), Arc::clone(&seen));
                // A client may close its connection at any time.
                thread::spawn(move || drop(serve(stream, (&upstream, &closure), &seen)));
            }
        });
        Self { url, requests }
    }

    /// Its root, with a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Method, path and status of every request since the last call.
    pub fn take_requests(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn serve(
    mut client: TcpStream,
    (upstream, closure): (&str, &Closure),
    seen: &Mutex<Vec<(String, u16)>>,
) -> std::io::Result<()> {
    let Some(mut request) = Request::read(&mut BufReader::new(client.try_clone()?))? else { return Ok(()) };
    let answer = match request.rejection(upstream, closure)? {
        Some(rejection) => rejection,
        None => {
            if matches!(closure, Closure::Basic(..)) {
                request.lines.retain(|line| !line.to_ascii_lowercase().starts_with("authorization:"));
            }
            forward(upstream, &request.first, &request.lines, &request.body)?
        }
    };
    let status = status_of(&answer);
    seen.lock().unwrap().push((request.first.trim_end_matches(" HTTP/1.1").to_owned(), status));
    client.write_all(&answer)
}

impl Request {
    fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut text = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim_end() {
                "" => break,
                line => text.push(line.to_owned()),
            }
        }
        let mut request = Self { first: text.remove(0), lines: text, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        reader.read_exact(&mut request.body)?;
        let hop = |line: &String| ["connection:", "expect:"].iter().any(|h| line.to_ascii_lowercase().starts_with(h));
        request.lines.retain(|line| !hop(line));
        Ok(Some(request))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&String| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        self.lines.iter().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap()
    }

    /// The answer to a request that must not pass.
    fn rejection(&self, upstream: &str, closure: &Closure) -> std::io::Result<Option<Vec<u8>>> {
        Ok(match closure {
            Closure::Lockdown => {
                let mut lines: Vec<String> = self
                    .lines
                    .iter()
                    .filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"))
                    .cloned()
                    .collect();
                lines.push(format!("X-Original-URI: {}", self.path()));
                match status_of(&forward(upstream, "GET /+authcheck HTTP/1.1", &lines, &[])?) {
                    200 => None,
                    403 => Some(page("403 Forbidden", "")),
                    _ => {
                        Some(page("302 Moved Temporarily", &format!("Location: /+login?goto_url={}\r\n", self.path())))
                    }
                }
            }
            Closure::Page if self.first.starts_with("POST /+login ") => None,
            Closure::Page => {
                let lines: Vec<String> =
                    self.lines.iter().filter(|line| line.starts_with("x-devpi-auth:")).cloned().collect();
                let answer = forward(
                    upstream,
                    "GET /+api HTTP/1.1",
                    &[&lines[..], &["Accept: application/json".to_owned()]].concat(),
                    &[],
                )?;
                let is_known = String::from_utf8_lossy(&answer).contains("\"ok\"");
                (!is_known).then(|| page("401 Unauthorized", ""))
            }
            Closure::Basic(user, password) => {
                let expected = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
                let is_right = self.header("authorization") == Some(&format!("Basic {expected}"));
                (!is_right).then(|| page("401 Unauthorized", "WWW-Authenticate: Basic realm=\"team\"\r\n"))
            }
        })
    }
}

fn forward(upstream: &str, first: &str, lines: &[String], body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream)?;
    let head: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    server.write_all(format!("{first}\r\n{head}Connection: close\r\n\r\n").as_bytes())?;
    server.write_all(body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

fn status_of(answer: &[u8]) -> u16 {
    String::from_utf8_lossy(&answer[..answer.len().min(12)])
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

/// A page of nginx.
fn page(status: &str, headers: &str) -> Vec<u8> {
    let body = format!("<html>\r\n<head><title>{status}</title></head>\r\n<body>nginx</body>\r\n</html>\r\n");
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nServer: nginx\r\n{headers}Content-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}
