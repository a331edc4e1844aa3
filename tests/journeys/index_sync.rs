//! `index sync`: every branch on the remote has an index afterwards.

use serde_json::json;

use crate::push_fixture::PushFixture;

#[test]
fn every_branch_on_the_remote_gets_an_index() {
    let fixture = PushFixture::new();
    let api = fixture.api();
    // Pushed without hooks.
    for branch in ["feature/x", "feature-x", "known", "gh-pages", "taken"] {
        fixture.branch(branch, 1);
        fixture.git(&["push", "--quiet", "--no-verify", "origin", branch]).ok();
    }
    fixture.git(&["push", "--quiet", "--no-verify", "origin", "main:refs/heads/fresh"]).ok();
    fixture.git(&["checkout", "--quiet", "known"]).ok();
    fixture.sandbox.devpi(&fixture.clone, &["index", "create"]).ok();
    // Both possible names of `taken` belong to others.
    api.put(&fixture.user.index("taken"), &json!({}));
    let hashed =
        fixture.sandbox.devpi(&fixture.clone, &["index", "create", "--branch", "taken"]).ok().text().to_owned();
    api.patch(&hashed, &json!({"volatile": true}));
    api.delete(&hashed);
    api.put(&hashed, &json!({}));
    let before = fixture.index_names();
    let sync = |arguments: &[&str]| fixture.sandbox.devpi(&fixture.clone, &[&["index", "sync"], arguments].concat());

    let plan = sync(&["--dry-run", "--json"]).code(5).says("taken has no index").json();
    let states: Vec<(&str, &str)> = plan["branches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["branch"].as_str().unwrap(), entry["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            ("feature-x", "missing"),
            ("feature/x", "missing"),
            ("fresh", "missing"),
            ("gh-pages", "ignored"),
            ("known", "exists"),
            ("main", "missing"),
            ("taken", "names taken"),
        ]
    );
    assert_eq!(fixture.index_names(), before);

    let done = sync(&["--json"]).code(5).json();
    let created = done["branches"].as_array().unwrap().iter().filter(|entry| entry["state"] == "created").count();
    assert_eq!(created, 4, "{done}");
    assert_eq!(fixture.index_names().len(), before.len() + 4);
    assert_eq!(fixture.record("main"), PushFixture::expected_record("main", false));
    assert_eq!(fixture.record("fresh"), PushFixture::expected_record("fresh", false));
    assert_eq!(fixture.record("feature-x"), PushFixture::expected_record("feature-x", true));
    let branches: Vec<_> = fixture
        .index_names()
        .iter()
        .filter(|name| name.starts_with("feature-x-"))
        .map(|name| fixture.record(name))
        .collect();
    assert_eq!(
        branches,
        [PushFixture::expected_record("feature/x", true)],
        "two branches of one slug have an index each"
    );

    // Again: one request, and no change.
    api.delete(&fixture.user.index("taken"));
    sync(&[]).ok().says("7 branches on the remote: 1 created");
    let requests = fixture.requests_of(|| drop(sync(&[]).ok().says("0 created")));
    assert_eq!(requests, 1);
}

#[test]
fn without_a_remote_or_a_login_of_the_owner_it_says_so() {
    let fixture = PushFixture::without_login();
    fixture.sandbox.devpi(&fixture.clone, &["index", "sync"]).code(4).says("git devpi login");
    fixture.sandbox.devpi(&fixture.clone, &["index", "sync", "--dry-run"]).ok().says("1 missing");
    assert!(fixture.index_names().is_empty());
    fixture.log_in();
    fixture.git(&["remote", "set-url", "origin", "../nothing.git"]).ok();
    fixture.sandbox.devpi(&fixture.clone, &["index", "sync"]).code(7).says("cannot read remote origin");
    fixture.git(&["remote", "remove", "origin"]).ok();
    fixture.set("devpi.repository", "shiny");
    fixture.sandbox.devpi(&fixture.clone, &["index", "sync"]).code(3).says("no remote");
}
