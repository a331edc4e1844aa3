//! Rejections by devpi, in all of its formats, and by a proxy.

use git_devpi::devpi::{AuthStatus, Creation, Deletion, Error, NewIndex};
use secrecy::SecretString;
use serde_json::json;

use crate::stub::{DEVPI, Stub, devpi, index, page, project, reply, user};

const NOAUTH: &str = r#"{"result": {"authstatus": ["noauth", "", []]}, "type": "apiconfig"}"#;
const OK: &str = r#"{"result": {"authstatus": ["ok", "acme", []]}, "type": "apiconfig"}"#;
const PYRAMID: &str =
    r#"{"message": "\n\n\n\n\n", "code": "403 no permission to submit", "title": "no permission to submit"}"#;

fn new_index() -> NewIndex {
    NewIndex {
        bases: vec![],
        volatile: false,
        acl_upload: vec![],
        acl_toxresult_upload: vec![],
        title: "t".into(),
        record: None,
    }
}

/// A stub that rejects every request but `+api`, which returns `api`.
fn refusing(status: &'static str, body: &'static str, api: &'static str) -> Stub {
    Stub::start(move |request, _| if request.path == "/+api" { devpi("200 OK", api) } else { devpi(status, body) })
}

#[test]
fn an_expired_token_is_distinguished_from_a_missing_permission_by_one_request() {
    let stub = refusing("403 Forbidden", r#"{"message": "no permission to create index acme/x"}"#, NOAUTH);
    let error = stub.session().create_index(&index("acme/x"), &new_index()).unwrap_err();
    assert!(matches!(&error, Error::TokenExpired { login } if login == "acme"), "{error:?}");
    assert_eq!(stub.requests().len(), 2);

    let stub = refusing("403 no permission to submit", PYRAMID, OK);
    let error = stub.session().create_index(&index("acme/x"), &new_index()).unwrap_err();
    assert!(matches!(&error, Error::NotAllowed { message, .. } if message == "no permission to submit"), "{error:?}");
    assert_eq!(error.to_string(), "not allowed to create the index acme/x: no permission to submit");
}

#[test]
fn a_rejection_without_login_asks_for_a_login() {
    let stub = refusing("401 Unauthorized", r#"{"message": "x"}"#, OK);
    let error = stub.server().create_user(&user("u"), &SecretString::from("p")).unwrap_err();
    assert!(matches!(error, Error::NotLoggedIn { .. }), "{error:?}");
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn an_expired_token_of_devpi_tokens_is_reported_as_expired() {
    let stub = Stub::start(|_, _| devpi("403 Forbidden", r#"{"message": "Token expired at 2026-01-01"}"#));
    let error = stub.session().create_index(&index("acme/x"), &new_index()).unwrap_err();
    assert!(matches!(error, Error::TokenExpired { .. }), "{error:?}");
}

#[test]
fn a_wrong_password_is_reported_without_the_password() {
    let stub =
        Stub::start(|_, _| devpi("401 Unauthorized", r#"{"message": "user 'acme' could not be authenticated"}"#));
    let error = stub.server().login(&user("acme"), &SecretString::from("hunter2")).unwrap_err();
    assert!(matches!(&error, Error::WrongPassword { login } if login == "acme"), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn a_token_of_devpi_tokens_needs_no_login_request() {
    let stub = Stub::start(|_, _| page("500 No", "never asked"));
    let token = stub.server().login(&user("acme"), &SecretString::from("devpi-AgEA")).unwrap();
    assert_eq!((token.expires, stub.requests().len()), (None, 0));
}

#[test]
fn creating_an_existing_index_returns_exists() {
    let stub = refusing("409 Conflict", r#"{"message": "index 'acme/x' exists"}"#, OK);
    assert_eq!(stub.session().create_index(&index("acme/x"), &new_index()).unwrap(), Creation::Exists);
    let stub = Stub::start(|_, _| page("409 Conflict", "a proxy's"));
    let error = stub.session().create_index(&index("acme/x"), &new_index()).unwrap_err();
    assert!(matches!(error, Error::NotDevpi { .. }), "{error:?}");
}

#[test]
fn a_missing_index_is_distinguished_from_a_forbidden_one() {
    let missing = Stub::start(|request, _| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/acme/x?no_projects=") => {
            devpi("404 Not Found", r#"{"message": "The stage acme/x could not be found."}"#)
        }
        ("GET", _) => devpi("200 OK", OK),
        _ => devpi("403 Forbidden", r#"{"message": "Access was denied", "title": "Forbidden"}"#),
    });
    assert_eq!(missing.session().delete_index(&index("acme/x")).unwrap(), Deletion::AlreadyGone);
    let error = missing.session().modify_index(&index("acme/x"), &json!({"volatile": true})).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");

    let forbidden = Stub::start(|request, _| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/+api") => devpi("200 OK", OK),
        ("GET", _) => devpi("200 OK", r#"{"result": {"type": "stage"}}"#),
        _ => devpi("403 Forbidden", r#"{"message": "index acme/x non-volatile, cannot delete"}"#),
    });
    let error = forbidden.session().delete_index(&index("acme/x")).unwrap_err();
    assert!(matches!(&error, Error::NotAllowed { message, .. } if message.contains("non-volatile")), "{error:?}");
}

#[test]
fn a_proxys_page_is_never_read_as_a_devpi_response() {
    for (status, title) in [("404 Not Found", "nothing here"), ("200 OK", "Sign in"), ("400 Bad Request", "no")] {
        let stub = Stub::start(move |_, _| page(status, title));
        let error = stub.server().index(&index("acme/x")).unwrap_err();
        assert!(matches!(&error, Error::NotDevpi { why, .. } if why.contains("text/html")), "{status}: {error:?}");
        let error = stub.server().release(&index("acme/x"), &project("p"), "1").unwrap_err();
        assert!(matches!(error, Error::NotDevpi { .. }), "{status}: {error:?}");
        assert!(matches!(stub.server().probe(), Err(Error::NotDevpi { .. })), "{status}");
    }
    let stub = Stub::start(|_, _| page("403 Forbidden", "The  proxy\nsays no"));
    let error = stub.session().create_index(&index("acme/x"), &new_index()).unwrap_err();
    assert!(matches!(&error, Error::NotAllowed { message, .. } if message == "The proxy says no"), "{error:?}");
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn json_of_another_server_is_rejected() {
    for body in ["[]", "{}", "{\"result\": 3}", "{\"result\": {\"type\": 7}}", "{half"] {
        let stub = Stub::start(move |_, _| devpi("200 OK", body));
        assert!(matches!(stub.server().index(&index("acme/x")), Err(Error::NotDevpi { .. })), "{body}");
    }
    let stub =
        Stub::start(|_, _| reply("200 OK", "Content-Type: application/json\r\n", br#"{"result": {"type": "stage"}}"#));
    assert!(matches!(stub.server().index(&index("acme/x")), Err(Error::NotDevpi { .. })));
}

#[test]
fn server_messages_contain_no_control_characters_and_no_secrets() {
    let stub = Stub::start(|request, _| {
        let echoed = request.header("x-devpi-auth").unwrap_or_default().to_owned();
        let message = format!("\\u001b[31mno\\u202e {echoed} https://a:b@c/ [\\\"acme\\\", [], true].awMnrw.hush-hush");
        devpi("400 Bad Request", &format!("{{\"message\": \"{message}\"}}"))
    });
    let error = stub.session().create_index(&index("acme/x"), &new_index()).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, Error::BadRequest { .. }), "{text}");
    for bad in ["\u{1b}", "\u{202e}", "hush", "a:b@", "YWNtZTp"] {
        assert!(!text.contains(bad), "{bad:?} in {text}");
    }
}

#[test]
fn a_probe_returns_version_uuid_and_time() {
    let stub = Stub::start(|_, _| devpi("200 OK", OK));
    let server = stub.session();
    assert_eq!(server.server_time(), None);
    let info = server.probe().unwrap();
    assert_eq!(
        (info.version.as_str(), info.uuid.as_str(), info.auth),
        ("6.20.3", "abc", AuthStatus::User("acme".into()))
    );
    assert_eq!(server.server_time().unwrap().to_string(), "2026-11-22T20:01:37Z");
    assert_eq!(server.requests_made(), 1);
    let request = &stub.requests()[0];
    assert_eq!(request.header("accept"), Some("application/json"));
    assert!(request.header("user-agent").unwrap().starts_with("git-devpi/"));
}

#[test]
fn an_answer_larger_than_any_listing_is_refused_by_its_size() {
    let stub = Stub::start(|request, _| {
        let mut body = br#"{"result": {"type": "stage", "title": "found"}"#.to_vec();
        // Spaces that JSON allows; the limit is 64 MiB.
        let size = if request.path.starts_with("/acme/large") { 64 * 1024 * 1024 } else { 1024 * 1024 };
        body.resize(size, b' ');
        body.push(b'}');
        reply("200 OK", &format!("{DEVPI}Content-Type: application/json\r\n"), &body)
    });
    assert_eq!(stub.server().index(&index("acme/small")).unwrap().unwrap().title, "found");
    let error = stub.server().index(&index("acme/large")).unwrap_err();
    assert!(matches!(&error, Error::BodyTooLarge { limit: 67_108_864, .. }), "{error:?}");
    assert!(error.to_string().contains("acme/large"), "{error}");
}
