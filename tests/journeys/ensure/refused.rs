//! When `ensure` must not or cannot deliver: the message, the exit code, and nothing left on the server.

use super::stage::Stage;

const VERSION: &str = "1.4.57.dev0";

#[test]
fn a_number_that_was_used_for_another_commit() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    machine.ensure(&[]).ok();
    let first = machine.commit();
    stage.sandbox.write(&machine.clone, "more", "x");
    let second = stage.sandbox.commit_all(&machine.clone, "More");
    let run = machine.ensure(&[]).code(5);
    run.says(&first[..7]).says(&second[..7]).says("start a new build");
    assert_eq!(stage.builds(), 1);
    machine.ensure(&["--number", "58"]).ok();
    assert_eq!(stage.builds(), 2);
}

#[test]
fn no_build_is_an_honest_no() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    machine
        .ensure(&["--no-build"])
        .code(1)
        .says(&format!("demo-pkg {VERSION} is not on {}", stage.user.index("feature-x")));
    machine.ensure(&[]).ok();
    machine.ensure(&["--no-build"]).ok();
    assert_eq!(stage.builds(), 1);
    let local = stage.machine("second", "feature/x").unset("BUILD_NUMBER").set("CI", "");
    local.ensure(&["--no-build"]).code(1).says("is not published");
}

#[test]
fn a_build_that_fails_publishes_nothing() {
    let stage = Stage::new();
    let backend = std::fs::read_to_string(stage.work.join("backend/in_tree.py")).unwrap();
    stage.sandbox.write(
        &stage.work,
        "backend/in_tree.py",
        &backend.replace("import time, uuid", "raise SystemExit('the oven is cold')"),
    );
    stage.branch("feature/broken");
    let machine = stage.machine("first", "feature/broken");
    machine.ensure(&["--dest", "dist"]).code(7).says("the oven is cold").says("error:");
    assert!(stage.files("feature-broken", VERSION).is_empty());
    assert!(!machine.clone.join("dist").exists());
    stage.sandbox.write(
        &stage.work,
        "backend/in_tree.py",
        &backend.replace("version = re.search(", "version = '9.9' or re.search("),
    );
    stage.branch("feature/other-version");
    let machine = stage.machine("second", "feature/other-version");
    machine.ensure(&[]).code(7).says("has version \"9.9\", expected 1.4.57.dev0");
    assert!(stage.files("feature-other-version", VERSION).is_empty());
}

#[test]
fn tracked_changes_in_ci() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    stage.sandbox.write(&machine.clone, "tox.ini", "");
    machine.ensure(&[]).code(3).says("tracked files have changes: tox.ini");
    assert_eq!(stage.api.index_names(&stage.user.name), ["prod"]);
}

#[test]
fn nobody_logged_in() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x").unset("GIT_DEVPI_PASSWORD");
    machine.ensure(&[]).code(4).says("nobody is logged in").says("GIT_DEVPI_PASSWORD");
    let stranger = stage.machine("second", "feature/x").set("GIT_DEVPI_PASSWORD", "wrong");
    stranger.ensure(&[]).code(4).says("rejects the password");
    assert_eq!(stage.builds(), 0);
}

#[test]
fn a_branch_that_is_to_have_no_index() {
    let stage = Stage::new();
    stage.branch("gh-pages");
    let machine = stage.machine("first", "gh-pages");
    machine.ensure(&[]).code(3).says("ignore-branches");
    assert_eq!(stage.api.index_names(&stage.user.name), ["prod"]);
}

#[test]
fn an_index_of_another_repository_is_left_alone() {
    let stage = Stage::new();
    let theirs = stage.user.index("feature-x");
    let config = serde_json::json!({"volatile": false, "custom_data": {"git-devpi": {"schema": 1, "kind": "branch",
        "repository": "acme/other", "branch": "feature/x", "own_commits": true, "created": "2026-01-02T03:04:05Z"}}});
    stage.api.put(&theirs, &config);
    let answer = stage.machine("first", "feature/x").ensure(&[]).ok().json();
    let index = answer["index"].as_str().unwrap();
    assert!(index.starts_with(&format!("{theirs}-")) && index.len() == theirs.len() + 8, "{index}");
    assert!(stage.files("feature-x", VERSION).is_empty());
    assert_eq!(stage.api.index(&theirs).unwrap()["custom_data"], config["custom_data"]);
}
