//! Redirects: reads follow them within the server, writes follow none, and credentials go to no other server.

use git_devpi::devpi::{Error, PushRequest};
use serde_json::json;

use crate::stub::{DEVPI, Reply, Stub, devpi, file_of, index, project, reply};

fn to(status: &str, target: &str) -> Reply {
    reply(status, &format!("{DEVPI}Location: {target}\r\n"), b"")
}

#[test]
fn a_read_follows_redirects_within_the_server() {
    let stub = Stub::start(|request, _| match request.path.as_str() {
        "/acme/x?no_projects=" => to("302 Found", "/acme/y"),
        _ => devpi("200 OK", r#"{"result": {"type": "stage", "title": "found"}}"#),
    });
    assert_eq!(stub.session().index(&index("acme/x")).unwrap().unwrap().title, "found");
    assert!(stub.requests().iter().all(|request| request.header("x-devpi-auth").is_some()));
}

#[test]
fn a_read_follows_five_redirects_at_most() {
    let stub = Stub::start(|_, _| to("302 Found", "/again"));
    assert!(matches!(stub.server().index(&index("acme/x")), Err(Error::NotDevpi { .. })));
    assert_eq!(stub.requests().len(), 6);
}

#[test]
fn credentials_never_reach_another_server() {
    let other = Stub::start(|_, _| devpi("200 OK", r#"{"result": {"type": "stage"}}"#));
    let target = format!("{}acme/x?token=t", other.url.replace("http://", "http://u:p@"));
    let stub = Stub::start(move |_, _| to("302 Found", &target));
    let session = stub.session();
    let dir = tempfile::tempdir().unwrap();
    let errors = [
        session.index(&index("acme/x")).unwrap_err(),
        session.fetch(&file_of(b"x"), &dir.path().join("x")).unwrap_err(),
        session.modify_index(&index("acme/x"), &json!({"title": "x"})).unwrap_err(),
    ];
    for error in errors {
        let Error::Redirected { to, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*to, format!("{}acme/x", other.url));
    }
    assert!(other.requests().is_empty());
}

#[test]
fn a_write_follows_no_redirect() {
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let stub = Stub::start(move |request, _| match request.path.as_str() {
            "/elsewhere" => devpi("200 OK", r#"{"result": {"type": "stage"}}"#),
            _ => to(status, "/elsewhere"),
        });
        let session = stub.session();
        let push = PushRequest { from: index("a/b"), project: project("p"), version: "1".into(), to: index("a/c") };
        let errors = [
            session.push(&push).unwrap_err(),
            session.delete_index(&index("acme/x")).unwrap_err(),
            session.register_project(&index("acme/x"), &project("p"), "1").unwrap_err(),
            session.post_tox_result(&file_of(b"x"), &json!({})).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| matches!(error, Error::Redirected { .. })), "{status}: {errors:?}");
        assert_eq!(stub.requests().len(), 4, "{status}");
    }
}
