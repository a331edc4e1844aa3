//! Proxies from the environment: their login, its absence, and the hosts that leave them out.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Run, Sandbox};

/// The password of the proxy.
const SECRET: &str = "ge%3Aheim%40proxy";
/// The same, as it is sent.
const PLAIN: &str = "ge:heim@proxy";

/// A proxy that answers each request itself; the request lines, each with its `Proxy-Authorization`.
struct Proxy {
    address: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Proxy {
    fn start(answer: fn(&str, &str) -> &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let requests = Arc::clone(&seen);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some((line, authorization)) = head(&stream) else { continue };
                let reply = answer(&line, &authorization);
                requests.lock().unwrap().push((line, authorization));
                let _ = stream.write_all(reply.as_bytes());
            }
        });
        Self { address, seen }
    }

    fn requests(&self) -> Vec<(String, String)> {
        self.seen.lock().unwrap().clone()
    }
}

fn head(stream: &TcpStream) -> Option<(String, String)> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let named =
        headers.filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    let authorization = named.collect::<Vec<_>>().into_iter().find(|(name, _)| name == "proxy-authorization");
    Some((first, authorization.map(|(_, value)| value).unwrap_or_default()))
}

const REFUSED: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n\
    Content-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const DEVPI: &str = "HTTP/1.1 200 OK\r\nX-Devpi-Api-Version: 2\r\nContent-Type: application/json\r\nContent-Length: 55\r\n\
    Connection: close\r\n\r\n{\"result\": {\"authstatus\": [\"noauth\", \"\", []]}}          ";

/// Lets in who sends the right login.
fn guarded(_: &str, authorization: &str) -> &'static str {
    // The base64 form of `me:` and the plain password.
    if authorization == "Basic bWU6Z2U6aGVpbUBwcm94eQ==" { DEVPI } else { REFUSED }
}

fn log_in(sandbox: &mut Sandbox, server: &str, variables: &[(&str, String)]) -> Run {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"] {
        sandbox.unset(name);
    }
    for (name, value) in variables {
        sandbox.set(name, value);
    }
    let home = sandbox.path("home");
    let words = ["git", "devpi", "login", server, "--login", "bob", "--password-stdin", "-vv"];
    let run = sandbox.run_with_input(&home, &words, b"secret of devpi\n");
    let shown = format!("{}{}", run.stdout, run.stderr);
    for secret in [SECRET, PLAIN, "bWU6Z2U6aGVpbUBwcm94eQ", "wrong-password", "secret of devpi"] {
        assert!(!shown.contains(secret), "{secret} in {run}");
    }
    run
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    sandbox.git(&home, &["config", "--global", "devpi.allowHttp", "devpi.invalid"]).ok();
    sandbox.git(&home, &["config", "--global", "devpi.deadline", "2s"]).ok();
    sandbox
}

#[test]
fn the_login_of_a_proxy_is_sent_to_it_for_http_and_https() {
    let mut sandbox = sandbox();
    for (variable, server, line) in [
        ("HTTP_PROXY", "http://devpi.invalid/", "GET http://devpi.invalid/+api HTTP/1.1"),
        ("HTTPS_PROXY", "https://devpi.invalid/", "CONNECT devpi.invalid:443 HTTP/1.1"),
        ("https_proxy", "https://devpi.invalid:8443/", "CONNECT devpi.invalid:8443 HTTP/1.1"),
    ] {
        let proxy = Proxy::start(guarded);
        log_in(&mut sandbox, server, &[(variable, format!("http://me:{SECRET}@{}", proxy.address))]);
        let requests = proxy.requests();
        assert!(!requests.is_empty(), "{variable}");
        for (first, authorization) in requests {
            assert!(first == line || first.starts_with("POST http://devpi.invalid/"), "{first}");
            assert_eq!(authorization, "Basic bWU6Z2U6aGVpbUBwcm94eQ==", "{first}");
        }
    }
}

#[test]
fn a_proxy_that_refuses_the_login_is_an_error_without_the_password() {
    let mut sandbox = sandbox();
    for (variable, server) in [("HTTP_PROXY", "http://devpi.invalid/"), ("HTTPS_PROXY", "https://devpi.invalid/")] {
        for login in ["", "me:wrong-password@"] {
            let proxy = Proxy::start(guarded);
            log_in(&mut sandbox, server, &[(variable, format!("http://{login}{}", proxy.address))])
                .code(6)
                .says(&format!("the proxy on the way to {server} asks for a user name and a password"))
                .says("HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT");
            // It is not tried again.
            assert_eq!(proxy.requests().len(), 1, "{variable} {login}");
        }
    }
}

#[test]
fn hosts_of_no_proxy_and_this_machine_leave_the_proxy_out() {
    let mut sandbox = sandbox();
    let server = Proxy::start(|_, _| DEVPI);
    for (server, no_proxy, is_used) in [
        ("http://devpi.invalid/".to_owned(), "devpi.invalid", false),
        ("https://devpi.invalid/".to_owned(), "other, .invalid", false),
        ("http://devpi.invalid/".to_owned(), "other", true),
        ("http://devpi.invalid/".to_owned(), "", true),
        (format!("http://{}/", server.address), "", false),
    ] {
        let proxy = Proxy::start(guarded);
        let address = format!("http://me:{SECRET}@{}", proxy.address);
        let variables = ["HTTP_PROXY", "HTTPS_PROXY"].map(|name| (name, address.clone()));
        let all = [&variables[..], &[("NO_PROXY", no_proxy.to_owned())]].concat();
        log_in(&mut sandbox, &server, &all);
        assert_eq!(!proxy.requests().is_empty(), is_used, "{server} {no_proxy}");
    }
    assert!(!server.requests().is_empty());
}

#[test]
fn a_proxy_that_does_not_run_is_unreachable_without_its_password() {
    let mut sandbox = sandbox();
    for (variable, server) in [("HTTP_PROXY", "http://devpi.invalid/"), ("HTTPS_PROXY", "https://devpi.invalid/")] {
        log_in(&mut sandbox, server, &[(variable, format!("http://me:{SECRET}@127.0.0.1:9"))])
            .code(6)
            .says(&format!("cannot reach {server}"));
    }
}
