//! Where a package may come from, and when there is nothing to publish.

use serde_json::json;

use super::stage::{PROJECT, Stage};

#[test]
fn a_release_is_looked_for_in_production_too() {
    let stage = Stage::new();
    let machine = stage.machine("first", "main");
    let built = machine.ensure(&[]).ok().json();
    assert_eq!((&built["version"], &built["index"]), (&json!("1.4.57"), &json!(stage.user.index("main"))));
    let push = json!({"name": PROJECT, "version": "1.4.57", "targetindex": stage.user.index("prod")});
    stage.api.post(&stage.user.index("main"), &push);
    stage.api.patch(&stage.user.index("main"), &json!({"volatile": true}));
    stage.api.delete(&stage.user.index("main"));
    let found = stage.machine("second", "main").ensure(&[]).ok().json();
    assert_eq!((&found["index"], &found["sha256"]), (&json!(stage.user.index("prod")), &built["sha256"]));
    assert_eq!(stage.builds(), 1);
    assert_eq!(stage.api.index_names(&stage.user.name), ["prod"], "nothing had to be made");
    let other = stage.machine("third", "feature/x").set("GIT_DEVPI_BRANCH", "main");
    other.ensure(&[]).code(5).says("was built from commit");
}

#[test]
fn what_a_branch_inherits_is_not_its_own() {
    let stage = Stage::new();
    let version = "1.4.57.dev0";
    stage.api.upload(&stage.user.index("prod"), (PROJECT, version), (&Stage::wheel(version), b"production's"));
    let answer = stage.machine("first", "feature/x").ensure(&[]).ok().json();
    assert_eq!((&answer["action"], &answer["index"]), (&json!("built"), &json!(stage.user.index("feature-x"))));
    assert_eq!(stage.files("feature-x", version).len(), 1);
}

#[test]
fn a_local_version_needs_no_server_and_is_not_published() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x").unset("BUILD_NUMBER").unset("GIT_DEVPI_PASSWORD").set("CI", "");
    let offline = machine.set("GIT_DEVPI_SERVER", "http://127.0.0.1:9/");
    let run = offline.ensure(&["--dest", "dist"]).ok();
    let version = format!("1.4.dev0+g{}", &offline.commit()[..8]);
    let answer = run.json();
    assert_eq!(
        (&answer["action"], &answer["index"], &answer["version"]),
        (&json!("local"), &json!(null), &json!(version))
    );
    run.says(&format!("local version {version}, not published"));
    assert_eq!(stage.api.index_names(&stage.user.name), ["prod"]);
}

#[test]
fn a_clean_local_version_is_published_when_asked_for() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x").unset("BUILD_NUMBER").set("CI", "");
    let before = machine.ensure(&[]).ok().json();
    let answer = machine.ensure(&["--upload"]).ok().json();
    let version = answer["version"].as_str().unwrap();
    let sha256 = before["sha256"].as_str().unwrap().to_owned();
    assert_eq!(
        stage.files("feature-x", version),
        [(Stage::wheel(version), sha256)],
        "what was tested here is published"
    );
    assert_eq!(stage.provenance("feature-x", version).len(), 1);
    stage.sandbox.write(&machine.clone, "src/demo_pkg/more.py", "");
    machine.ensure(&["--upload"]).code(3).says("is not published").says("commit the changes");
    assert_eq!(stage.builds(), 1);
}

#[test]
fn no_upload_fetches_what_is_there_and_publishes_nothing() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x");
    let answer = machine.ensure(&["--no-upload"]).ok().json();
    assert_eq!((&answer["action"], &answer["version"]), (&json!("local"), &json!("1.4.57.dev0")));
    assert_eq!(stage.api.index_names(&stage.user.name), ["prod"]);
    let published = machine.ensure(&[]).ok().json();
    let found = machine.ensure(&["--no-upload"]).ok().json();
    assert_eq!((&found["action"], &found["sha256"]), (&json!("found"), &published["sha256"]));
}

#[test]
fn a_pull_request_without_credentials_is_built_and_not_published() {
    let stage = Stage::new();
    let machine = stage.machine("first", "feature/x").unset("GIT_DEVPI_PASSWORD").unset("GIT_DEVPI_BRANCH");
    let request = machine
        .set("GITHUB_ACTIONS", "true")
        .set("GITHUB_RUN_NUMBER", "57")
        .set("GITHUB_REF", "refs/pull/12/merge")
        .set("GITHUB_REF_NAME", "12/merge")
        .set("GITHUB_HEAD_REF", "feature/x")
        .set("GITHUB_EVENT_NAME", "pull_request");
    let run = request.ensure(&["--dest", "dist"]).ok();
    assert_eq!(run.json()["action"], "local");
    run.says("built for a pull request, and there are no credentials here: not published");
    assert_eq!(stage.api.index_names(&stage.user.name), ["prod"]);
    let allowed = request.set("GIT_DEVPI_PASSWORD", &stage.user.password);
    assert_eq!(allowed.ensure(&["--dest", "dist"]).ok().json()["action"], "built");
}

#[test]
fn a_tag_build_takes_what_the_release_branch_built() {
    let stage = Stage::new();
    let tagged = |name: &str| {
        let machine = stage.machine(name, "main").unset("GIT_DEVPI_BRANCH").set("GITHUB_ACTIONS", "true");
        let machine = machine.set("GITHUB_REF", "refs/tags/v1.4").set("GITHUB_REF_NAME", "v1.4");
        machine.set("GITHUB_REF_TYPE", "tag").set("GITHUB_RUN_NUMBER", "3")
    };
    let early = tagged("early");
    early.ensure(&[]).code(1).says("no release of demo-pkg was built from commit").says("release branch");
    let built = stage.machine("first", "main").ensure(&[]).ok().json();
    let found = tagged("later").unset("GIT_DEVPI_PASSWORD").ensure(&["--dest", "dist"]).ok().json();
    assert_eq!((&found["sha256"], &found["version"]), (&built["sha256"], &json!("1.4.57")));
    assert_eq!(stage.builds(), 1);
}
