//! `prune` against a server that lists what no devpi would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Sandbox;

/// The number of indexes of each kind.
const MANY: usize = 2000;

/// Answers requests until the process ends; `listing` is the user's.
fn serve(listing: Value) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let listing = json!({"type": "userconfig", "result": {"username": "acme", "indexes": listing}}).to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let listing = listing.clone();
            std::thread::spawn(move || answer(stream, &listing));
        }
    });
    url
}

fn answer(stream: TcpStream, listing: &str) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while reader.read_line(&mut head).unwrap_or(0) > 2 {}
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let _ = std::io::copy(&mut reader.by_ref().take(length.unwrap_or(0)), &mut std::io::sink());
        let Some(path) = head.split(' ').nth(1) else { return };
        let status =
            json!({"type": "apiconfig", "result": {"authstatus": ["ok", "acme", []], "features": []}}).to_string();
        let (code, body) = match path {
            "/+api" => ("200 OK", status.as_str()),
            "/+login" => ("200 OK", r#"{"type": "proxyauth", "result": {"password": "token", "expiration": 36000}}"#),
            "/acme" | "/acme/" => ("200 OK", listing),
            _ => (
                "200 OK",
                r#"{"type": "indexconfig", "result": {"type": "stage", "projects": ["../x", "a", "\u001b[31m"]}}"#,
            ),
        };
        let now =
            jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let head = format!(
            "HTTP/1.1 {code}\r\nDate: {now}\r\nX-DEVPI-API-VERSION: 2\r\nX-DEVPI-SERIAL: 7\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let whole = [head.as_bytes(), body.as_bytes()].concat();
        if reader.get_mut().write_all(&whole).is_err() {
            return;
        }
    }
}

fn record(branch: &str, created: &str) -> Value {
    json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "shiny", "branch": branch, "own_commits": true,
        "created": created}})
}

#[test]
fn prune_over_a_hostile_listing_ends_and_deletes_nothing() {
    for (readable, status) in [(0, 0), (300, 6)] {
        check(readable, status);
    }
}

/// Runs `prune` against a listing with this number of indexes whose contents are read.
fn check(readable: usize, status: i32) {
    let mut sandbox = Sandbox::new();
    sandbox.set("GIT_DEVPI_PASSWORD", "secret");
    let remote = sandbox.bare_remote("shiny.git");
    let clone = sandbox.clone_of(&remote, "clone");
    sandbox.commit_all(&clone, "First");
    sandbox.git(&clone, &["push", "--quiet", "origin", "main"]).ok();
    let mut indexes = serde_json::Map::new();
    let bases = |n: usize| json!([format!("acme/i{}", (n + 1) % MANY), format!("acme/i{n}"), "acme/", "../..", "x"]);
    for n in 0..MANY {
        // A circle of bases, and claims of claims.
        let index = json!({"type": "stage", "volatile": true, "bases": bases(n), "custom_data": record("x", "2020-01-02T03:04:05Z")});
        indexes.insert(format!("i{n}"), index);
        indexes.insert(format!("i{n}--claim-{n}--claim-{n}"), json!({"type": "stage", "bases": bases(n)}));
    }
    // Their contents are read: other names of projects, and releases that are none.
    for n in 0..readable {
        let index = json!({"type": "stage", "volatile": true, "custom_data": record("y", "2020-01-02T03:04:05Z")});
        indexes.insert(format!("j{n}"), index);
    }
    for name in ["..", ".", "a/b", "\u{1b}[31mred", "", "\u{202e}x", &"y".repeat(70_000)] {
        let hostile = record(&format!("{name}\u{1b}]0;title\u{7}"), "-009999-01-02T01:59:59Z");
        indexes.insert(name.to_owned(), json!({"type": "stage", "volatile": true, "custom_data": hostile}));
    }
    let server = format!("devpi.server={}", serve(Value::Object(indexes)));
    for words in
        [&["prune", "--dry-run"][..], &["prune", "--yes"], &["prune", "--dry-run", "--json"], &["status", "--all"]]
    {
        let started = Instant::now();
        let command = [&["-c", &server, "-c", "devpi.user=acme", "devpi"], words].concat();
        let run = sandbox.run(&clone, "git", &command);
        assert!(started.elapsed() < Duration::from_secs(60), "{words:?}: {:?}", started.elapsed());
        assert_eq!(run.status, status, "{words:?}: {}", run.stderr);
        assert!(status > 0 || words[0] == "status" || run.stderr.contains("2000 protected"), "{}", run.stderr);
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(!shown.contains(['\u{7}', '\u{202e}']) && !shown.contains("\u{1b}[31mred"), "{words:?}");
        assert!(!shown.contains("deleted i"), "{words:?}: {shown}");
    }
}
