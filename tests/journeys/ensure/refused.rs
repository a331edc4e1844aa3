//! When `ensure` fails: the message, the exit code, and an unchanged server.

use super::fixture::Fixture;

const VERSION: &str = "1.4.57.dev0";

#[test]
fn a_build_number_of_another_commit_is_rejected() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    machine.ensure(&[]).ok();
    let first = machine.commit();
    fixture.sandbox.write(&machine.clone, "more", "x");
    let second = fixture.sandbox.commit_all(&machine.clone, "More");
    let run = machine.ensure(&[]).code(5);
    run.says(&first[..7]).says(&second[..7]).says("start a new CI build");
    assert_eq!(fixture.builds(), 1);
    machine.ensure(&["--number", "58"]).ok();
    assert_eq!(fixture.builds(), 2);
}

#[test]
fn no_build_without_a_release_exits_with_1() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    machine
        .ensure(&["--no-build"])
        .code(1)
        .says(&format!("demo-pkg {VERSION} not found on {}", fixture.user.index("feature-x")));
    machine.ensure(&[]).ok();
    machine.ensure(&["--no-build"]).ok();
    assert_eq!(fixture.builds(), 1);
    let local = fixture.machine("second", "feature/x").unset("BUILD_NUMBER").set("CI", "");
    local.ensure(&["--no-build"]).code(1).says("is not published");
}

#[test]
fn a_build_that_fails_publishes_nothing() {
    let fixture = Fixture::new();
    let backend = std::fs::read_to_string(fixture.work.join("backend/in_tree.py")).unwrap();
    fixture.sandbox.write(
        &fixture.work,
        "backend/in_tree.py",
        &backend.replace("import time, uuid", "raise SystemExit('the oven is cold')"),
    );
    fixture.branch("feature/broken");
    let machine = fixture.machine("first", "feature/broken");
    machine.ensure(&["--dest", "dist"]).code(7).says("the oven is cold").says("error:");
    assert!(fixture.files("feature-broken", VERSION).is_empty());
    assert!(!machine.clone.join("dist").exists());
    fixture.sandbox.write(
        &fixture.work,
        "backend/in_tree.py",
        &backend.replace("version = re.search(", "version = '9.9' or re.search("),
    );
    fixture.branch("feature/other-version");
    let machine = fixture.machine("second", "feature/other-version");
    machine.ensure(&[]).code(7).says("has version \"9.9\", expected 1.4.57.dev0");
    assert!(fixture.files("feature-other-version", VERSION).is_empty());
}

#[test]
fn tracked_changes_in_ci() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    fixture.sandbox.write(&machine.clone, "tox.ini", "");
    machine.ensure(&[]).code(3).says("tracked files have uncommitted changes: tox.ini");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
}

#[test]
fn without_a_login_ensure_exits_with_4() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x").unset("GIT_DEVPI_PASSWORD");
    machine.ensure(&[]).code(4).says("not logged in").says("GIT_DEVPI_PASSWORD");
    let stranger = fixture.machine("second", "feature/x").set("GIT_DEVPI_PASSWORD", "wrong");
    stranger.ensure(&[]).code(4).says("rejects the password");
    assert_eq!(fixture.builds(), 0);
}

#[test]
fn an_ignored_branch_is_rejected() {
    let fixture = Fixture::new();
    fixture.branch("gh-pages");
    let machine = fixture.machine("first", "gh-pages");
    machine.ensure(&[]).code(3).says("ignore-branches");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
}

#[test]
fn an_index_of_another_repository_is_not_changed() {
    let fixture = Fixture::new();
    let theirs = fixture.user.index("feature-x");
    let config = serde_json::json!({"volatile": false, "custom_data": {"git-devpi": {"schema": 1, "kind": "branch",
        "repository": "acme/other", "branch": "feature/x", "own_commits": true, "created": "2026-01-02T03:04:05Z"}}});
    fixture.api.put(&theirs, &config);
    let answer = fixture.machine("first", "feature/x").ensure(&[]).ok().json();
    let index = answer["index"].as_str().unwrap();
    assert!(index.starts_with(&format!("{theirs}-")) && index.len() == theirs.len() + 8, "{index}");
    assert!(fixture.files("feature-x", VERSION).is_empty());
    assert_eq!(fixture.api.index(&theirs).unwrap()["custom_data"], config["custom_data"]);
}
