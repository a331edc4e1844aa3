//! `doctor`: what the server says about the login, and who may write to production.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT};
use crate::support::DevpiServer;

/// State and text of a check.
fn check(fixture: &Fixture, name: &str) -> (String, String) {
    let answer = fixture.devpi(&["doctor", "--json"]).json();
    let found = answer["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap().clone();
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("state"), format!("{} {}", text("found"), found["mend"]))
}

#[test]
fn the_server_is_asked_about_the_token() {
    let mut fixture = Fixture::new();
    let (owner, password) = (fixture.user.name.clone(), fixture.user.password.clone());
    let (state, found) = check(&fixture, "login");
    assert!(state == "ok" && found.contains(&owner) && found.contains("accepts"), "{state} {found}");
    // The file has a token that looks valid.
    fixture.forget_token();
    let (state, found) = check(&fixture, "login");
    assert!(state == "fault" && found.contains("has expired") && found.contains("git devpi login"), "{state} {found}");
    fixture.devpi(&["doctor"]).code(1);
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &password);
    let (state, found) = check(&fixture, "login");
    assert!(state == "ok" && found.contains("no longer accepts") && found.contains("password"), "{state} {found}");
    fixture.sandbox.unset("GIT_DEVPI_PASSWORD");
    fixture.devpi(&["logout"]).ok();
    let (state, found) = check(&fixture, "login");
    assert!(state == "warning" && found.contains("not logged in"), "{state} {found}");
}

#[test]
fn a_login_beside_the_owner_is_judged_by_the_settings() {
    let mut fixture = Fixture::new();
    let (server, ci) = (DevpiServer::shared(), DevpiServer::shared().user());
    let login = ["git-devpi", "login", server.url(), "--login", &ci.name, "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.work, &login, ci.password.as_bytes()).ok();
    fixture.sandbox.set("GIT_DEVPI_LOGIN", &ci.name);
    let (state, found) = check(&fixture, "login");
    assert!(state == "warning" && found.contains(&fixture.user.name), "{state} {found}");
    fixture.sandbox.git(&fixture.work, &["config", "devpi.uploadUsers", &ci.name]).ok();
    let (state, found) = check(&fixture, "login");
    assert!(state == "ok" && found.contains("upload-users"), "{state} {found}");
}

#[test]
fn who_may_write_to_production_is_said() {
    let fixture = Fixture::new();
    let (owner, prod) = (fixture.user.name.clone(), fixture.user.index("prod"));
    assert_eq!(check(&fixture, "production").0, "ok");
    let open: [(Value, &str); 4] = [
        (json!({"volatile": true}), "is volatile"),
        (json!({"volatile": false, "acl_upload": [owner, "ci", "bob"]}), "ci, bob may upload"),
        (json!({"acl_upload": [":ANONYMOUS:"]}), ":ANONYMOUS: may upload"),
        (json!({"acl_upload": [owner], "acl_toxresult_upload": [":ANONYMOUS:"]}), "every user may post results"),
    ];
    for (config, said) in open {
        fixture.api.patch(&prod, &config);
        let (state, found) = check(&fixture, "production");
        assert!(state == "warning" && found.contains(said) && found.contains("devpi index"), "{state} {found}");
    }
}

#[test]
fn the_clock_and_the_body_size_are_checked() {
    let mut fixture = Fixture::new();
    assert_eq!(check(&fixture, "clock").0, "ok");
    let names = |answer: &Value| {
        answer["checks"].as_array().unwrap().iter().map(|check| check["check"].to_string()).collect::<Vec<_>>()
    };
    let before = fixture.devpi(&["doctor", "--json"]).json();
    // No release yet, and no replica.
    assert!(!names(&before).iter().any(|name| name.contains("body") || name.contains("replication")), "{before}");
    fixture.sandbox.git(&fixture.work, &["config", "devpi.formats", "wheel sdist"]).ok();
    let version = fixture.build("57");
    let files = fixture.api.files(&fixture.user.index("main"), PROJECT, &version);
    let largest = files.iter().max_by_key(|file| fixture.api.bytes(&file.path).len()).unwrap();
    let name = largest.path.rsplit('/').next().unwrap();
    let (state, found) = check(&fixture, "body size");
    assert!(files.len() == 2 && state == "ok" && found.contains(name), "{state} {found}: {files:?}");
    fixture.devpi(&["logout"]).ok();
    let without_login = fixture.devpi(&["doctor", "--json"]).json();
    assert!(!names(&without_login).iter().any(|name| name.contains("body")), "{without_login}");
}
