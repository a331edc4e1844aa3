//! Failed logins: an unreachable, wrong or untrusted server, and missing values.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Run, Sandbox};

/// The certificate of tests/devpi, of an untrusted authority.
const CERTIFICATE: &[u8] = include_bytes!("../devpi/tls/server.pem");
const KEY: &[u8] = include_bytes!("../devpi/tls/server.key");

fn log_in(sandbox: &Sandbox, server: &str) -> Run {
    let words = ["git", "devpi", "login", server, "--login", "bob", "--password-stdin"];
    let run = sandbox.run_with_input(&sandbox.path("home"), &words, b"geheim\n");
    assert!(!run.stderr.contains("geheim") && !run.stdout.contains("geheim"), "{run}");
    assert!(!sandbox.path("home/git-devpi/config/tokens.json").exists(), "{run}");
    run
}

/// A server that returns `answer` to every request, and the number of POST requests that it received.
fn start_server(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let posts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&posts);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            if request[..length].starts_with(b"POST") {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, posts)
}

#[test]
fn a_login_at_an_unreachable_server_fails() {
    let sandbox = Sandbox::new();
    // A short deadline, set by the user.
    sandbox.git(&sandbox.path("home"), &["config", "--global", "devpi.deadline", "2s"]).ok();
    log_in(&sandbox, "http://127.0.0.1:9/")
        .code(6)
        .says("cannot reach http://127.0.0.1:9/")
        .says("check that the server runs");
}

#[test]
fn a_server_of_the_other_scheme_is_named() {
    let sandbox = Sandbox::new();
    let (url, _) = start_server("HTTP/1.0 400 Bad Request\r\n\r\n");
    let https = url.replace("http:", "https:");
    log_in(&sandbox, &https)
        .code(6)
        .says(&format!("{https} does not speak https"))
        .says(&format!("hint: `git config devpi.server {url}`"));
    let (url, _) = start_server("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
    let https = url.replace("http:", "https:");
    log_in(&sandbox, &url).code(6).says("it expects https").says(&format!("hint: `git config devpi.server {https}`"));
}

#[test]
fn a_server_other_than_devpi_gets_no_password() {
    let sandbox = Sandbox::new();
    let page =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\nConnection: close\r\n\r\n<html>x</html>";
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for answer in [page, missing] {
        let (url, posts) = start_server(answer);
        log_in(&sandbox, &url).code(6).says("is not a devpi server").says("without user and index");
        assert_eq!(posts.load(Ordering::SeqCst), 0, "no password was sent");
    }
}

#[test]
fn an_untrusted_certificate_gets_no_password() {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let config = Arc::new(config);
    let received = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&received);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            counter.fetch_add(stream.read(&mut [0; 4096]).unwrap_or(0), Ordering::SeqCst);
        }
    });
    let sandbox = Sandbox::new();
    log_in(&sandbox, &url).code(6).says("no secure connection").says("devpi.caBundle");
    assert_eq!(received.load(Ordering::SeqCst), 0, "the client sent nothing");
}

#[test]
fn plain_http_and_urls_with_a_password_are_rejected() {
    let sandbox = Sandbox::new();
    log_in(&sandbox, "http://devpi.example.com/").code(3).says("plain http").says("devpi.allowHttp devpi.example.com");
    log_in(&sandbox, "https://bob:hidden@devpi.example.com/").code(3).says("must not carry credentials");
    log_in(&sandbox, "devpi.example.com").code(3).says("is not an http or https URL");
}

#[test]
fn missing_values_are_named() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    for verb in ["login", "logout", "whoami"] {
        sandbox.devpi(&home, &[verb]).code(3).says("no server is set");
    }
    sandbox
        .devpi(&home, &["login", "http://127.0.0.1:9/"])
        .code(3)
        .says("no user is configured for the login")
        .says("--login USER");
    sandbox.devpi(&home, &["login", "http://127.0.0.1:9/", "--login", "a b"]).code(3);
    let server = ["--server", "http://127.0.0.1:9/"];
    sandbox.devpi(&home, &[&["whoami"], &server[..]].concat()).code(4).says("not logged in");
    let answer = sandbox.devpi(&home, &[&["logout", "--json"], &server[..]].concat()).ok().json();
    assert_eq!(answer["logged_out"], serde_json::json!([]));
}

#[test]
fn on_a_terminal_a_wait_is_shown_with_its_reason_and_length() {
    let mut sandbox = Sandbox::new();
    sandbox.set("TERM", "xterm");
    let home = sandbox.path("home");
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let (failing, _) = start_server("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad");
    for (server, reason) in [(format!("http://{closed}/"), "onnection refused"), (failing, "502")] {
        let command = ["git", "-c", "devpi.deadline=8s", "devpi", "login", &server, "--login", "bob"];
        let script = [("retrying, 2 s left", ""), ("retrying, 1 s left", "")];
        let run = sandbox.on_terminal(&home, &command, &script).code(6);
        assert!(run.stdout.contains(reason), "{run}");
        // The last words are the error itself.
        let end = run.stdout.rfind("retrying").unwrap();
        assert!(run.stdout[end..].contains("error:"), "{run}");
        let quiet = sandbox.run(&home, "git", &command[1..]).code(6);
        assert!(!quiet.stderr.contains("retrying"), "{quiet}");
    }
}
