//! The sources of a package, and builds that are not published.

use serde_json::json;

use super::fixture::{Fixture, PROJECT};

#[test]
fn production_is_searched_too() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "main");
    let built = machine.ensure(&[]).ok().json();
    assert_eq!((&built["version"], &built["index"]), (&json!("1.4.57"), &json!(fixture.user.index("main"))));
    let push = json!({"name": PROJECT, "version": "1.4.57", "targetindex": fixture.user.index("prod")});
    fixture.api.post(&fixture.user.index("main"), &push);
    fixture.api.patch(&fixture.user.index("main"), &json!({"volatile": true}));
    fixture.api.delete(&fixture.user.index("main"));
    let found = fixture.machine("second", "main").ensure(&[]).ok().json();
    assert_eq!((&found["index"], &found["sha256"]), (&json!(fixture.user.index("prod")), &built["sha256"]));
    assert_eq!(fixture.builds(), 1);
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"], "no index was created");
    let other = fixture.machine("third", "feature/x").set("GIT_DEVPI_BRANCH", "main");
    other.ensure(&[]).code(5).says("was built from commit");
}

#[test]
fn inherited_releases_are_not_used() {
    let fixture = Fixture::new();
    let version = "1.4.57.dev0";
    fixture.api.upload(&fixture.user.index("prod"), (PROJECT, version), (&Fixture::wheel(version), b"production's"));
    let answer = fixture.machine("first", "feature/x").ensure(&[]).ok().json();
    assert_eq!((&answer["action"], &answer["index"]), (&json!("built"), &json!(fixture.user.index("feature-x"))));
    assert_eq!(fixture.files("feature-x", version).len(), 1);
}

#[test]
fn a_local_version_needs_no_server_and_is_not_published() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x").unset("BUILD_NUMBER").unset("GIT_DEVPI_PASSWORD").set("CI", "");
    let offline = machine.set("GIT_DEVPI_SERVER", "http://127.0.0.1:9/");
    let run = offline.ensure(&["--dest", "dist"]).ok();
    let version = format!("1.4.dev0+g{}", &offline.commit()[..8]);
    let answer = run.json();
    assert_eq!(
        (&answer["action"], &answer["index"], &answer["version"]),
        (&json!("local"), &json!(null), &json!(version))
    );
    run.says(&format!("{version} is a local version and is not published"));
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
}

#[test]
fn a_clean_local_version_is_published_when_asked_for() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x").unset("BUILD_NUMBER").set("CI", "");
    let before = machine.ensure(&[]).ok().json();
    let answer = machine.ensure(&["--upload"]).ok().json();
    let version = answer["version"].as_str().unwrap();
    let sha256 = before["sha256"].as_str().unwrap().to_owned();
    assert_eq!(
        fixture.files("feature-x", version),
        [(Fixture::wheel(version), sha256)],
        "what was tested here is published"
    );
    assert_eq!(fixture.provenance("feature-x", version).len(), 1);
    fixture.sandbox.write(&machine.clone, "src/demo_pkg/more.py", "");
    machine.ensure(&["--upload"]).code(3).says("is not published").says("commit the changes");
    assert_eq!(fixture.builds(), 1);
}

#[test]
fn no_upload_fetches_an_existing_release_and_publishes_nothing() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    let answer = machine.ensure(&["--no-upload"]).ok().json();
    assert_eq!((&answer["action"], &answer["version"]), (&json!("local"), &json!("1.4.57.dev0")));
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
    let published = machine.ensure(&[]).ok().json();
    let found = machine.ensure(&["--no-upload"]).ok().json();
    assert_eq!((&found["action"], &found["sha256"]), (&json!("found"), &published["sha256"]));
}

#[test]
fn a_pull_request_without_credentials_is_built_and_not_published() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x").unset("GIT_DEVPI_PASSWORD").unset("GIT_DEVPI_BRANCH");
    let request = machine
        .set("GITHUB_ACTIONS", "true")
        .set("GITHUB_RUN_NUMBER", "57")
        .set("GITHUB_REF", "refs/pull/12/merge")
        .set("GITHUB_REF_NAME", "12/merge")
        .set("GITHUB_HEAD_REF", "feature/x")
        .set("GITHUB_EVENT_NAME", "pull_request");
    let run = request.ensure(&["--dest", "dist"]).ok();
    assert_eq!(run.json()["action"], "local");
    run.says("a pull request's build without credentials");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
    let allowed = request.set("GIT_DEVPI_PASSWORD", &fixture.user.password);
    assert_eq!(allowed.ensure(&["--dest", "dist"]).ok().json()["action"], "built");
}

#[test]
fn a_tag_build_uses_the_release_branchs_build() {
    let fixture = Fixture::new();
    let tagged = |name: &str| {
        let machine = fixture.machine(name, "main").unset("GIT_DEVPI_BRANCH").set("GITHUB_ACTIONS", "true");
        let machine = machine.set("GITHUB_REF", "refs/tags/v1.4").set("GITHUB_REF_NAME", "v1.4");
        machine.set("GITHUB_REF_TYPE", "tag").set("GITHUB_RUN_NUMBER", "3")
    };
    let early = tagged("early");
    early.ensure(&[]).code(1).says("no release of demo-pkg was built from commit").says("build this commit first");
    let built = fixture.machine("first", "main").ensure(&[]).ok().json();
    let found = tagged("later").unset("GIT_DEVPI_PASSWORD").ensure(&["--dest", "dist"]).ok().json();
    assert_eq!((&found["sha256"], &found["version"]), (&built["sha256"], &json!("1.4.57")));
    assert_eq!(fixture.builds(), 1);
}
