//! A web server in front of a primary and a replica: reads go to the replica, everything else to the primary. nginx where it is installed, else a
//! small one of our own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What is behind the front, and how it serves it.
#[derive(Debug, Clone)]
pub struct FrontRequest {
    /// The root of the primary.
    pub primary: String,
    /// The root of the replica.
    pub replica: String,
    /// The path before devpi's, with slashes at both ends.
    pub prefix: &'static str,
    /// The limit of a request's body in bytes.
    pub max_body: u64,
}

/// A running front.
#[derive(Debug)]
pub struct Front {
    url: String,
    max_body: Arc<AtomicU64>,
    nginx: Option<(Child, tempfile::TempDir)>,
}

impl Front {
    /// Starts one of each kind that this machine has.
    pub fn all(request: &FrontRequest) -> Vec<Self> {
        std::iter::once(Self::start(request)).chain(Self::nginx(request)).collect()
    }

    /// Starts our own, which ends with the test process.
    pub fn start(request: &FrontRequest) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), request.prefix);
        let max_body = Arc::new(AtomicU64::new(request.max_body));
        let (request, outside, limit) = (request.clone(), url.clone(), Arc::clone(&max_body));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (request, outside, limit) = (request.clone(), outside.clone(), Arc::clone(&limit));
                // A closed connection is an expected result of an outage.
                thread::spawn(move || drop(serve(stream, &request, (&outside, limit.load(Ordering::Relaxed)))));
            }
        });
        Self { url, max_body, nginx: None }
    }

    /// Starts nginx; `None` where it is not installed.
    pub fn nginx(request: &FrontRequest) -> Option<Self> {
        let program =
            ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].iter().find(|path| std::path::Path::new(path).is_file())?;
        let folder = tempfile::Builder::new().prefix("nginx-").tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}{}", request.prefix);
        std::fs::write(folder.path().join("nginx.conf"), configuration(request, port, folder.path())).unwrap();
        // It ends when the pipe closes, also when the tests are killed.
        let script = "\"$@\" & cat >/dev/null; kill $!; wait $!";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", program, "-p"]).arg(folder.path()).arg("-c").arg("nginx.conf");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "nginx did not start");
            thread::sleep(Duration::from_millis(50));
        }
        Some(Self { url, max_body: Arc::default(), nginx: Some((child, folder)) })
    }

    /// The root of devpi behind it, with a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is nginx.
    pub fn is_nginx(&self) -> bool {
        self.nginx.is_some()
    }

    /// Changes the limit of a request's body; not for nginx.
    pub fn set_max_body(&self, bytes: u64) {
        self.max_body.store(bytes, Ordering::Relaxed);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.nginx.take() {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

fn address(root: &str) -> &str {
    root.trim_start_matches("http://").trim_end_matches('/')
}

fn configuration(request: &FrontRequest, port: u16, folder: &std::path::Path) -> String {
    let FrontRequest { primary, replica, prefix, max_body } = request;
    let (primary, replica, folder) = (address(primary), address(replica), folder.display());
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
        .collect();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}
        client_max_body_size {max_body};
        upstream primary {{ server {primary} max_fails=0; }}
        upstream replica {{ server {replica} max_fails=0; }}
        map $request_method $side {{ default primary; GET replica; HEAD replica; }}
        server {{ listen 127.0.0.1:{port};
        location {prefix} {{ rewrite ^{prefix}(.*)$ /$1 break; proxy_pass http://$side; proxy_set_header Host $http_host;
        proxy_set_header X-outside-url http://$http_host{outside}; }} }} }}\n",
        outside = prefix.trim_end_matches('/'),
    )
}

/// Answers one request and closes the connection.
fn serve(mut client: TcpStream, request: &FrontRequest, (outside, max_body): (&str, u64)) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    if length > max_body {
        client.write_all(&error_page("413 Request Entity Too Large"))?;
        // As nginx does: what is still sent would otherwise reset the connection, and the answer with it.
        client.shutdown(std::net::Shutdown::Write)?;
        client.set_read_timeout(Some(Duration::from_secs(2)))?;
        return std::io::copy(&mut reader, &mut std::io::sink()).map(drop);
    }
    let Some((method, path)) = first.split_once(' ').filter(|(_, path)| path.starts_with(request.prefix)) else {
        return client.write_all(&error_page("404 Not Found"));
    };
    let mut body = vec![0; usize::try_from(length).unwrap()];
    reader.read_exact(&mut body)?;
    let upstream = if matches!(method, "GET" | "HEAD") { &request.replica } else { &request.primary };
    let outside = outside.trim_end_matches('/');
    let path = &path[request.prefix.len()..];
    let head = format!("{method} /{path}{head}X-outside-url: {outside}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let mut ask = || -> std::io::Result<()> {
        let mut server = TcpStream::connect(address(upstream))?;
        server.write_all(head.as_bytes())?;
        server.write_all(&body)?;
        server.read_to_end(&mut answer).map(drop)
    };
    match ask() {
        Ok(()) if !answer.is_empty() => client.write_all(&answer),
        _ => client.write_all(&error_page("502 Bad Gateway")),
    }
}

fn error_page(status: &str) -> Vec<u8> {
    let page = format!("<html><head><title>{status}</title></head></html>");
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
    .into_bytes()
}
