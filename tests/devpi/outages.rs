//! Outages: servers that are unreachable, silent, slow, failing or lagging, and the retries and deadlines for them.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use git_devpi::devpi::{Error, Server, ServerOptions};

use crate::stub::{DEVPI, Stub, devpi, index, page, project, reply};

const STAGE: &str = r#"{"result": {"type": "stage"}}"#;

fn serial(serial: i32, status: &str, json: &str) -> crate::stub::Reply {
    let headers = format!("X-Devpi-Api-Version: 2\r\nX-Devpi-Serial: {serial}\r\nContent-Type: application/json\r\n");
    reply(status, &headers, json.as_bytes())
}

#[test]
fn a_closed_port_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut options = ServerOptions::new(format!("http://127.0.0.1:{port}/").parse().unwrap());
    options.deadline = Duration::from_secs(6);
    let started = Instant::now();
    let error = Server::new(&options).unwrap().probe().unwrap_err();
    assert!(matches!(&error, Error::Unreachable { cause, .. } if cause.contains("refused")), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn an_unknown_host_name_is_unreachable() {
    let mut options = ServerOptions::new("http://nowhere.invalid/".parse().unwrap());
    options.allow_http = vec!["nowhere.invalid".into()];
    options.deadline = Duration::from_secs(2);
    let error = Server::new(&options).unwrap().probe().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. } | Error::DeadlineExceeded { .. }), "{error:?}");
}

#[test]
fn http_and_userinfo_are_rejected_before_any_request() {
    let server = |url: &str| Server::new(&ServerOptions::new(url.parse().unwrap()));
    assert!(matches!(server("http://devpi.example/"), Err(Error::HttpNotAllowed { .. })));
    assert!(matches!(server("https://u:p@devpi.example/"), Err(Error::UserInfoInUrl { .. })));
}

#[test]
fn an_ssh_server_is_not_devpi() {
    let stub = Stub::start(|_, _| vec![(Duration::ZERO, b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())]);
    let error = stub.server().probe().unwrap_err();
    assert!(matches!(error, Error::NotHttp { .. }), "{error:?}");
}

#[test]
fn a_silent_server_is_given_up_at_the_deadline() {
    let stub = Stub::start(|_, _| vec![(Duration::from_secs(20), Vec::new())]);
    let started = Instant::now();
    let error = stub.server().probe().unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn a_response_that_trickles_is_given_up_at_the_deadline() {
    let stub = Stub::start(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\n{DEVPI}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n");
        let mut reply = vec![(Duration::ZERO, head.into_bytes())];
        reply.extend((0..100).map(|_| (Duration::from_millis(200), b" ".to_vec())));
        reply
    });
    let started = Instant::now();
    let error = stub.server().index(&index("acme/x")).unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn the_overall_limit_ends_all_operations() {
    let stub = Stub::start(|_, _| devpi("200 OK", STAGE));
    let mut options = stub.options();
    options.overall = Some(Duration::from_millis(300));
    let server = Server::new(&options).unwrap();
    server.index(&index("acme/x")).unwrap();
    std::thread::sleep(Duration::from_millis(350));
    assert!(matches!(server.index(&index("acme/x")), Err(Error::DeadlineExceeded { .. })));
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn a_read_is_retried_after_a_server_error_and_a_lost_connection() {
    let stub = Stub::start(|_, before| match before {
        0 => page("503 Service Unavailable", "starting"),
        1 => vec![(Duration::ZERO, b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{".to_vec())],
        2 => Vec::new(),
        _ => devpi("200 OK", STAGE),
    });
    assert!(stub.server_with_long_deadline().index(&index("acme/x")).unwrap().is_some());
    assert_eq!(stub.requests().len(), 4);
}

#[test]
fn a_permanent_server_error_is_reported_with_its_text() {
    let stub = Stub::start(|_, _| {
        reply("500 Internal Server Error", "Content-Type: text/plain\r\n", b"Internal\n\nServer Error")
    });
    let error = stub.server().index(&index("acme/x")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the index acme/x: the server failed with status 500: Internal Server Error"
    );
}

#[test]
fn a_read_from_a_lagging_replica_is_retried() {
    let stub = Stub::start(|_, before| match before {
        0 => serial(10, "200 OK", STAGE),
        1 => serial(9, "404 Not Found", r#"{"message": "no"}"#),
        _ => serial(10, "200 OK", STAGE),
    });
    let server = stub.server();
    server.index(&index("acme/x")).unwrap();
    assert!(server.index(&index("acme/y")).unwrap().is_some());
    assert_eq!(stub.requests().len(), 3);
}

#[test]
fn every_answer_to_a_read_from_an_older_state_is_asked_for_again() {
    let older = [("200 OK", STAGE), ("404 Not Found", "{}"), ("403 Forbidden", "{}"), ("410 Gone", "{}")];
    for (status, json) in older {
        let stub = Stub::start(move |_, before| match before {
            0 | 3 => serial(10, "200 OK", STAGE),
            _ => serial(9, status, json),
        });
        let server = stub.server();
        server.index(&index("acme/x")).unwrap();
        assert!(server.index(&index("acme/x")).unwrap().is_some(), "{status}");
        assert_eq!(stub.requests().len(), 4, "{status}");
    }
}

#[test]
fn a_replica_without_data_is_waited_for_from_the_first_request_on() {
    let stub = Stub::start(|_, before| match before {
        0 | 1 => serial(-1, "404 Not Found", r#"{"message": "no"}"#),
        _ => serial(0, "200 OK", STAGE),
    });
    assert!(stub.server().index(&index("acme/x")).unwrap().is_some());
    assert_eq!(stub.requests().len(), 3);
}

#[test]
fn the_root_with_a_path_lists_all_users() {
    let stub = Stub::start(|_, _| devpi("200 OK", r#"{"result": {}}"#));
    let mut options = stub.options();
    options.url = options.url.join("team/devpi/").unwrap();
    Server::new(&options).unwrap().all_indexes().unwrap();
    assert_eq!(stub.requests()[0].path, "/team/devpi/?no_projects=");
}

#[test]
fn a_replica_that_keeps_lagging_is_an_error() {
    let stub = Stub::start(|_, before| match before {
        0 => serial(10, "200 OK", STAGE),
        _ => serial(9, "200 OK", r#"{"result": {}}"#),
    });
    let server = stub.server();
    server.index(&index("acme/x")).unwrap();
    let error = server.releases(&index("acme/x"), &project("p")).unwrap_err();
    assert!(matches!(error, Error::StaleReplica { .. }), "{error:?}");
    let error = server.release(&index("acme/x"), &project("p"), "1").unwrap_err();
    assert!(matches!(error, Error::StaleReplica { .. }), "{error:?}");
}

#[test]
fn files_of_bases_do_not_belong_to_the_release() {
    let link = |index: &str| {
        let sha = "ab".repeat(32);
        format!(
            r#"{{"rel": "releasefile", "href": "https://outside.example/pfx/{index}/+f/aba/babababababab/p-1.whl", "hashes": {{"sha256": "{sha}"}},
              "log": [{{"what": "upload", "who": null, "when": [2026, 11, 22, 20, 8, 23], "dst": "{index}"}}]}}"#
        )
    };
    let answer = format!(r#"{{"result": {{"version": "1", "+links": [{}, {}]}}}}"#, link("acme/x"), link("root/pypi"));
    let stub = Stub::start(move |_, _| devpi("200 OK", &answer));
    let release = stub.server().release(&index("acme/x"), &project("p"), "1").unwrap().unwrap();
    assert_eq!(release.files.len(), 1);
    assert_eq!(release.files[0].path, "acme/x/+f/aba/babababababab/p-1.whl");
    assert_eq!(release.files[0].log[0].when.to_string(), "2026-11-22T20:08:23Z");
    assert_eq!(stub.server().release(&index("acme/y"), &project("p"), "1").unwrap(), None);
}

#[test]
fn a_results_digest_is_its_own_or_none() {
    let link = |rel: &str, name: &str, digests: &str| {
        format!(
            r#"{{"rel": "{rel}", "href": "http://x/acme/x/+f/aba/bab/{name}", "for_href": "http://x/acme/x/+f/aba/bab/p.whl", {digests} "log": []}}"#
        )
    };
    let digest = |digit: &str| format!(r#""hashes": {{"sha256": "{}"}},"#, digit.repeat(64));
    let links = [
        // devpi-server 6.5 to 6.8 lists a result with the digest of the tested file, in any order of the links.
        link("toxresult", "r0", &digest("a")),
        link("releasefile", "p.whl", &digest("a")),
        link("toxresult", "r1", &digest("b")),
        link("toxresult", "r2", &format!(r#""hash_spec": "sha256={}","#, "c".repeat(64))),
        link("toxresult", "r3", r#""hash_spec": "md5=00","#),
    ];
    let answer = format!(r#"{{"result": {{"version": "1", "+links": [{}]}}}}"#, links.join(", "));
    let stub = Stub::start(move |_, _| devpi("200 OK", &answer));
    let release = stub.server().release(&index("acme/x"), &project("p"), "1").unwrap().unwrap();
    let digests: Vec<_> =
        release.tox_results.iter().map(|result| result.sha256.as_ref().map(|d| &d.as_str()[..1])).collect();
    assert_eq!(digests, [None, Some("b"), Some("c"), None]);
}

#[test]
fn many_threads_share_one_server() {
    let stub = Stub::start(|_, _| devpi("200 OK", STAGE));
    let server = stub.session();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| server.index(&index("acme/x")).unwrap());
        }
    });
    assert_eq!(server.requests_made(), 8);
}
