//! What stands in front of a server: balancers that fail or limit, closed connections, other protocols and addresses.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use git_devpi::devpi::{Error, PushRequest, Server, ServerOptions, Session, Token};
use secrecy::SecretString;
use serde_json::json;

use crate::stub::{
    DEVPI, Reply, Request, SECRET, Stub, devpi, file_of, index, page, project, read_request, reply, user,
};

const STAGE: &str = r#"{"result": {"type": "stage"}}"#;

/// A session with a deadline that leaves time for several attempts.
fn session(url: &str) -> Session {
    let mut options = ServerOptions::new(url.parse().unwrap());
    options.deadline = Duration::from_secs(4);
    Session::new(&Server::new(&options).unwrap(), user("acme"), &Token::new(SecretString::from(SECRET)))
}

fn counted(requests: &[Request], method: &str) -> usize {
    requests.iter().filter(|request| request.method == method).count()
}

#[test]
fn a_balancer_with_a_dead_half_costs_reads_and_repeatable_writes_an_attempt() {
    let stub = Stub::start(|request, before| match (before % 2, request.method.as_str()) {
        (0, _) => page("502 Bad Gateway", "no upstream"),
        (_, "GET") => devpi("200 OK", STAGE),
        _ => devpi("200 OK", r#"{"type": "indexconfig", "result": {"type": "stage"}}"#),
    });
    let session = session(&stub.url);
    for _ in 0..3 {
        assert!(session.index(&index("acme/x")).unwrap().is_some());
    }
    session.modify_index(&index("acme/x"), &json!({ "title": "x" })).unwrap();
    session.delete_index(&index("acme/x")).unwrap();
    assert_eq!((stub.requests().len(), counted(&stub.requests(), "DELETE")), (10, 2));
}

#[test]
fn a_push_or_a_report_that_may_have_arrived_is_sent_once() {
    let stub = Stub::start(|_, _| page("502 Bad Gateway", "no upstream"));
    let session = session(&stub.url);
    let (from, to) = (index("acme/x"), index("acme/y"));
    let push = PushRequest { from, project: project("demo"), version: "1".to_owned(), to };
    let error = session.push(&push).unwrap_err();
    assert!(matches!(error, Error::ServerError { status: 502, .. }), "{error:?}");
    assert_eq!(stub.requests().len(), 1);
    let error = session.post_tox_result(&file_of(b"x"), &json!({})).unwrap_err();
    assert!(matches!(error, Error::ServerError { status: 502, .. }), "{error:?}");
    assert_eq!(stub.requests().len(), 2);
}

/// The date of a reply, and a `Retry-After` of one second later, by a clock of the server's own.
const LATER: &str = "Date: Sun, 22 Nov 2020 20:01:37 GMT\r\nRetry-After: Sun, 22 Nov 2020 20:01:38 GMT\r\n";

#[test]
fn a_limit_is_waited_for_also_by_writes() {
    for header in ["Retry-After: 1\r\n", LATER] {
        let stub = Stub::start(move |request, before| match (before % 2, request.method.as_str()) {
            (0, _) => reply("429 Too Many Requests", header, b"slow down"),
            (_, "GET") => devpi("200 OK", STAGE),
            _ => devpi("200 OK", r#"{"result": "/x"}"#),
        });
        let session = session(&stub.url);
        let started = Instant::now();
        assert!(session.index(&index("acme/x")).unwrap().is_some());
        session.post_tox_result(&file_of(b"x"), &json!({})).unwrap();
        let waited = started.elapsed();
        assert!((2.0..3.5).contains(&waited.as_secs_f64()), "{header} {waited:?}");
        assert_eq!(counted(&stub.requests(), "POST"), 2);
    }
}

#[test]
fn a_limit_beyond_the_deadline_is_an_error_at_once() {
    const FAR: &str = "Date: Sun, 22 Nov 2020 20:01:37 GMT\r\nRetry-After: Sun, 22 Nov 2020 20:31:37 GMT\r\n";
    for (header, text) in [("Retry-After: 120\r\n", "after 120 s"), (FAR, "after 1800 s")] {
        let stub = Stub::start(move |_, _| reply("429 Too Many Requests", header, b""));
        let started = Instant::now();
        let error = session(&stub.url).index(&index("acme/x")).unwrap_err();
        assert!(matches!(error, Error::TooManyRequests { .. }) && error.to_string().ends_with(text), "{error}");
        assert!(started.elapsed() < Duration::from_secs(1) && stub.requests().len() == 1);
    }
    // Without a time, or with one that cannot be read, attempts go on with growing pauses, and the limit is the error.
    for header in ["", "Retry-After: soon\r\n", "Retry-After: 99999999999999999999\r\n"] {
        let stub = Stub::start(move |_, _| reply("429 Too Many Requests", header, b""));
        let error = stub.session().index(&index("acme/x")).unwrap_err();
        assert!(matches!(error, Error::TooManyRequests { after: None, .. }), "{error:?}");
        assert!((2..20).contains(&stub.requests().len()), "{}", stub.requests().len());
    }
}

/// What a proxy does with a connection after a reply, or with the next request on it.
#[derive(Clone, Copy, PartialEq)]
enum After {
    /// Closes it without a word, as after its own time limit.
    Closes,
    /// Reads the next request and closes the connection instead of replying.
    DropsTheNext,
}

/// A proxy that keeps connections alive for one reply; returns its URL, the requests that it read and the number of connections.
fn keep_alive(after: After) -> (String, Arc<Mutex<Vec<Request>>>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (seen, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let (requests, count) = (Arc::clone(&seen), Arc::clone(&connections));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (requests, count) = (Arc::clone(&requests), Arc::clone(&count));
            thread::spawn(move || {
                count.fetch_add(1, Ordering::SeqCst);
                answer_once(&stream, &requests);
                if after == After::DropsTheNext
                    && let Some(request) = read_request(&mut BufReader::new(&stream), true)
                {
                    requests.lock().unwrap().push(request);
                }
            });
        }
    });
    (url, seen, connections)
}

fn answer_once(mut stream: &TcpStream, requests: &Mutex<Vec<Request>>) {
    let Some(request) = read_request(&mut BufReader::new(stream), true) else { return };
    let body = if request.method == "GET" { STAGE } else { r#"{"result": "/x"}"# };
    let head =
        format!("HTTP/1.1 200 OK\r\n{DEVPI}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    requests.lock().unwrap().push(request);
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

#[test]
fn a_connection_that_was_closed_while_idle_costs_nothing() {
    let (url, requests, connections) = keep_alive(After::Closes);
    let session = session(&url);
    for _ in 0..2 {
        session.index(&index("acme/x")).unwrap();
        thread::sleep(Duration::from_millis(100));
        session.post_tox_result(&file_of(b"x"), &json!({})).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    let requests = requests.lock().unwrap();
    assert_eq!((requests.len(), counted(&requests, "POST")), (4, 2));
    assert_eq!(connections.load(Ordering::SeqCst), 4);
}

#[test]
fn a_request_that_is_dropped_on_a_kept_connection_is_repeated_only_if_that_is_safe() {
    let (url, requests, _) = keep_alive(After::DropsTheNext);
    let session = session(&url);
    session.index(&index("acme/x")).unwrap();
    // Dropped on the kept connection, repeated on a new one.
    session.index(&index("acme/x")).unwrap();
    assert_eq!(requests.lock().unwrap().len(), 3);
    let error = session.post_tox_result(&file_of(b"x"), &json!({})).unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert_eq!(counted(&requests.lock().unwrap(), "POST"), 1);
}

#[test]
fn a_server_with_an_ipv6_address_is_reached() {
    // A machine without IPv6 has no such address.
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let stub = Stub::listen(listener, true, |_, _| devpi("200 OK", STAGE));
    assert!(stub.url.starts_with("http://[::1]:"), "{}", stub.url);
    let session = session(&stub.url);
    assert!(session.index(&index("acme/x")).unwrap().is_some());
    let host = stub.requests()[0].header("host").map(str::to_owned);
    assert_eq!(host, Some(stub.url["http://".len()..].trim_end_matches('/').to_owned()));
    assert_eq!(session.index_url(&index("acme/x")).as_str(), format!("{}acme/x/", stub.url));
    // Another port has no server.
    let error = Server::new(&ServerOptions {
        deadline: Duration::from_secs(1),
        ..ServerOptions::new("http://[::1]:9/".parse().unwrap())
    });
    assert!(
        matches!(error.unwrap().probe(), Err(Error::Unreachable { url, .. }) if url.starts_with("http://[::1]:9/"))
    );
}

/// A body in chunks, as a proxy sends it that has compressed or buffered it.
#[test]
fn a_body_in_chunks_is_read() {
    let chunks = |end: &'static str| -> Reply {
        let head =
            format!("HTTP/1.1 200 OK\r\n{DEVPI}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        let (first, rest) = STAGE.split_at(9);
        let body = format!("9\r\n{first}\r\n{:x}\r\n{rest}\r\n{end}", rest.len());
        vec![(Duration::ZERO, head.into_bytes()), (Duration::from_millis(20), body.into_bytes())]
    };
    let stub = Stub::start(move |_, before| chunks(if before == 0 { "" } else { "0\r\n\r\n" }));
    // The first one ends before its last chunk.
    assert!(session(&stub.url).index(&index("acme/x")).unwrap().is_some());
    assert_eq!(stub.requests().len(), 2);
}
