//! Downloads and uploads: truncated, slow, damaged, too large, deleted.

use std::time::{Duration, Instant};

use git_devpi::devpi::{Error, Upload, UploadOutcome};
use git_devpi::model::release::ToxResultLink;
use git_devpi::system::files::sha256_of;

use crate::stub::{DEVPI, Reply, Stub, devpi, file_of, index, page, reply};

fn bytes(body: &[u8]) -> Reply {
    reply("200 OK", DEVPI, body)
}

/// A response with a content length above the sent bytes.
fn truncated(body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 200 OK\r\n{DEVPI}Content-Length: {}\r\n\r\n", body.len() + 10);
    vec![(Duration::ZERO, [head.as_bytes(), body].concat())]
}

fn upload_of(size: usize) -> (tempfile::TempDir, Upload) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("demo-1-py3-none-any.whl");
    std::fs::write(&file, (0..size).map(|n| (n % 251) as u8).collect::<Vec<_>>()).unwrap();
    let fields = [("name", "demo"), ("version", "1"), ("classifiers", "a"), ("classifiers", "b")];
    let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    (dir, Upload { file, fields })
}

#[test]
fn a_download_is_complete_and_never_requested_as_json() {
    let body = vec![7; 3_000_000];
    let file = file_of(&body);
    let sent = body.clone();
    let stub = Stub::start(move |_, _| bytes(&sent));
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("new/demo.whl");
    stub.session().fetch(&file, &dest).unwrap();
    assert_eq!(std::fs::read(&dest).unwrap(), body);
    assert_eq!(std::fs::read_dir(dest.parent().unwrap()).unwrap().count(), 1);
    let request = &stub.requests()[0];
    assert_eq!(request.path, "/acme/dev/+f/abc/def/demo-1-py3-none-any.whl");
    assert_eq!(request.header("accept"), Some("*/*"));
}

#[test]
fn a_download_is_retried_after_a_truncation_and_after_a_500() {
    let stub = Stub::start(|_, before| match before {
        0 => page("500 Internal Server Error", "AssertionError"),
        1 => truncated(b"hel"),
        _ => bytes(b"hello"),
    });
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("x");
    stub.server_with_long_deadline().fetch(&file_of(b"hello"), &dest).unwrap();
    assert_eq!((std::fs::read(&dest).unwrap().as_slice(), stub.requests().len()), (&b"hello"[..], 3));
}

#[test]
fn a_truncated_download_leaves_no_file() {
    let stub = Stub::start(|_, _| truncated(b"hel"));
    let dir = tempfile::tempdir().unwrap();
    let error = stub.server().fetch(&file_of(b"hello"), &dir.path().join("x")).unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_download_with_another_checksum_keeps_the_old_file() {
    let stub = Stub::start(|_, _| bytes(b"evil"));
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("x");
    std::fs::write(&dest, b"old").unwrap();
    let error = stub.server().fetch(&file_of(b"hello"), &dest).unwrap_err();
    assert!(matches!(error, Error::ChecksumMismatch { .. }), "{error:?}");
    assert_eq!((std::fs::read(&dest).unwrap().as_slice(), stub.requests().len()), (&b"old"[..], 1));
}

#[test]
fn a_stalled_download_is_given_up() {
    let head = format!("HTTP/1.1 200 OK\r\n{DEVPI}Content-Length: 10\r\n\r\nhel");
    let stub = Stub::start(move |_, _| {
        vec![(Duration::ZERO, head.clone().into_bytes()), (Duration::from_secs(20), b"lo".to_vec())]
    });
    let started = Instant::now();
    let dir = tempfile::tempdir().unwrap();
    let error = stub.server().fetch(&file_of(b"hello"), &dir.path().join("x")).unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn a_slow_download_may_take_longer_than_the_deadline() {
    let stub = Stub::start(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\n{DEVPI}Content-Length: 5\r\n\r\n");
        let mut reply = vec![(Duration::ZERO, head.into_bytes())];
        reply.extend(b"hello".iter().map(|&byte| (Duration::from_millis(450), vec![byte])));
        reply
    });
    let dir = tempfile::tempdir().unwrap();
    stub.server().fetch(&file_of(b"hello"), &dir.path().join("x")).unwrap();
}

#[test]
fn a_download_of_a_deleted_file_returns_gone() {
    let stub = Stub::start(|_, _| devpi("410 Gone", r#"{"message": "file existed, deleted in later serial"}"#));
    let dir = tempfile::tempdir().unwrap();
    let error = stub.server().fetch(&file_of(b"x"), &dir.path().join("x")).unwrap_err();
    assert!(matches!(error, Error::Gone { .. }), "{error:?}");
}

/// A tox result that the server lists with the sha256 of `bytes`.
fn result_of(bytes: &[u8]) -> ToxResultLink {
    let for_path = file_of(b"x").path;
    let path = format!("{for_path}.toxresult-20260102030405-0");
    ToxResultLink { path, for_path, sha256: Some(sha256_of(bytes)), log: Vec::new() }
}

#[test]
fn a_report_with_another_checksum_is_an_error() {
    let stub = Stub::start(|_, _| bytes(b"{\"testenvs\": {}}"));
    let link = result_of(b"{\"testenvs\": {}}");
    assert_eq!(stub.server().tox_report(&link, 100).unwrap(), b"{\"testenvs\": {}}");
    let other = result_of(b"{\"testenvs\": {\"unit\": {}}}");
    let error = stub.server().tox_report(&other, 100).unwrap_err();
    assert!(matches!(&error, Error::ChecksumMismatch { file, .. } if file.ends_with("toxresult-20260102030405-0")));
    let unlisted = ToxResultLink { sha256: None, ..other };
    assert_eq!(stub.server().tox_report(&unlisted, 100).unwrap(), b"{\"testenvs\": {}}");
    assert!(stub.requests().iter().all(|request| request.header("accept") == Some("*/*")));
}

#[test]
fn no_more_of_a_report_is_read_than_the_limit() {
    let body = vec![b' '; 101];
    let stub = Stub::start(move |_, _| bytes(&body));
    let link = result_of(&[b' '; 101]);
    assert_eq!(stub.server().tox_report(&link, 101).unwrap().len(), 101);
    let error = stub.server().tox_report(&link, 100).unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 100, .. }), "{error:?}");
    // Without a content length the server sends without end.
    let stub = Stub::start(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\n{DEVPI}Connection: close\r\n\r\n");
        let mut reply = vec![(Duration::ZERO, head.into_bytes())];
        reply.extend((0..10_000).map(|_| (Duration::from_millis(1), vec![b'['; 1000])));
        reply
    });
    let started = Instant::now();
    let error = stub.server().tox_report(&link, 100).unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 100, .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn an_upload_carries_fields_and_file_with_a_known_length() {
    // The async client sends the larger ones.
    for size in [0, 100_000, 512 * 1024, 3_000_001] {
        let stub = Stub::start(|_, _| reply("200 OK", &format!("{DEVPI}Content-Type: text/html\r\n"), b""));
        let (_dir, upload) = upload_of(size);
        assert_eq!(stub.session().upload(&index("acme/x"), &upload).unwrap(), UploadOutcome::Stored);
        let request = &stub.requests()[0];
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/acme/x/"), "{size}");
        assert!(request.header("transfer-encoding").is_none(), "{size}");
        let is_ours = |name: &str, expected: &str| request.header(name).is_some_and(|value| value.contains(expected));
        assert!(is_ours("user-agent", "git-devpi/") && is_ours("x-devpi-auth", "") && is_ours("accept", "json"));
        let content = std::fs::read(&upload.file).unwrap();
        assert!(content.is_empty() || request.body.windows(content.len()).any(|part| part == content), "{size}");
        let body = String::from_utf8_lossy(&request.body);
        for part in [
            "name=\":action\"\r\n\r\nfile_upload",
            "name=\"classifiers\"\r\n\r\na",
            "name=\"classifiers\"\r\n\r\nb",
            "name=\"content\"; filename=\"demo-1-py3-none-any.whl\"",
        ] {
            assert!(body.contains(part), "{size}: {part}");
        }
        assert!(body.to_lowercase().contains("content-type: application/octet-stream"), "{size}");
    }
}

#[test]
fn an_upload_returns_its_outcome() {
    [10, 1_000_000].into_iter().for_each(check_outcomes);
}

fn check_outcomes(size: usize) {
    let (_dir, upload) = upload_of(size);
    let identical = r#"{"message": "\n\n", "title": "Upload of identical file to non volatile index."}"#;
    let stub = Stub::start(move |_, _| devpi("200 Upload of identical file to non volatile index.", identical));
    assert_eq!(stub.session().upload(&index("acme/x"), &upload).unwrap(), UploadOutcome::Identical);
    let stub = Stub::start(|_, _| devpi("409 Conflict", r#"{"title": "demo already exists in non-volatile index"}"#));
    assert_eq!(stub.session().upload(&index("acme/x"), &upload).unwrap(), UploadOutcome::Conflict);
    let stub = Stub::start(|_, _| page("413 Request Entity Too Large", "413"));
    let error = stub.session().upload(&index("acme/x"), &upload).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    let nameless = Upload { file: upload.file.clone(), fields: vec![] };
    let error = stub.session().upload(&index("acme/x"), &nameless).unwrap_err();
    assert!(matches!(error, Error::BadRequest { .. }), "{error:?}");
}

#[test]
fn an_early_rejection_of_an_upload_returns_its_reason() {
    let (_dir, upload) = upload_of(40_000_000);
    let stub = Stub::replying_early(|_, _| page("413 Request Entity Too Large", "too large"));
    let error = stub.session().upload(&index("acme/x"), &upload).unwrap_err();
    assert!(matches!(error, Error::TooLarge { size: Some(40_000_000), .. }), "{error:?}");
    assert!(error.to_string().contains("a file of 40 MB"), "{error}");
    assert!(stub.session().refuses_size(&index("acme/x"), 40_000_000));
    let stub = Stub::start(|_, _| devpi("200 OK", "{}"));
    assert!(!stub.session().refuses_size(&index("acme/x"), 40_000_000));
}

#[test]
fn an_upload_that_may_have_arrived_is_not_retried() {
    for size in [10, 1_000_000] {
        let (_dir, upload) = upload_of(size);
        let stub = Stub::start(|_, _| page("502 Bad Gateway", "x"));
        let error = stub.session().upload(&index("acme/x"), &upload).unwrap_err();
        assert!(matches!(error, Error::ServerError { status: 502, .. }), "{error:?}");
        assert_eq!(stub.requests().len(), 1);
    }
}
