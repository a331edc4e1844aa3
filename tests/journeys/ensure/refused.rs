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
fn the_likely_cause_of_a_repeated_number_is_named_for_each_ci_system() {
    let fixture = Fixture::new();
    let first = fixture.machine("first", "feature/x");
    first.ensure(&[]).ok();
    fixture.sandbox.write(&first.clone, "more", "x");
    fixture.sandbox.commit_all(&first.clone, "More");
    fixture.sandbox.git(&first.clone, &["push", "--quiet", "origin", "HEAD:feature/x"]).ok();
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_NUMBER", "57")], "build-number-env = [\"GITHUB_RUN_ID\"]"),
        (&[("GITLAB_CI", "true"), ("CI_PIPELINE_IID", "57")], "build-number-env = [\"CI_PIPELINE_ID\"]"),
        (&[("JENKINS_URL", "https://ci/"), ("BUILD_NUMBER", "57")], "counts the builds of one job"),
        (&[("TEAMCITY_VERSION", "2026.1"), ("BUILD_NUMBER", "57")], "counts the builds of one build configuration"),
        // The variable that the table does not name.
        (
            &[("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_NUMBER", "90"), ("GIT_DEVPI_BUILD_NUMBER", "57")],
            "the build number of environment variable GIT_DEVPI_BUILD_NUMBER must be another one for each commit",
        ),
    ];
    for (number, (variables, cause)) in cases.into_iter().enumerate() {
        let machine = fixture.machine(&format!("again-{number}"), "feature/x").unset("BUILD_NUMBER").unset("CI");
        let again = variables.iter().fold(machine, |machine, (name, value)| machine.set(name, value));
        again.ensure(&[]).code(5).says(cause);
    }
    assert_eq!(fixture.builds(), 1);
}

#[test]
fn the_jobs_of_a_branch_and_of_its_pull_request_do_not_collide_where_each_has_a_counter() {
    let fixture = Fixture::new();
    let job = |name| {
        let machine = fixture.machine(name, "feature/x").unset("GIT_DEVPI_BRANCH").set("BUILD_NUMBER", "1");
        machine.set("JENKINS_URL", "https://ci/")
    };
    let branch = job("branch").set("BRANCH_NAME", "feature/x");
    assert_eq!(branch.ensure(&[]).ok().json()["index"], fixture.user.index("feature-x"));
    // Jenkins merges the target into the head before it builds a pull request.
    let request = job("request").set("BRANCH_NAME", "PR-8").set("CHANGE_ID", "8").set("CHANGE_BRANCH", "feature/x");
    fixture.sandbox.write(&request.clone, "merged", "x");
    fixture.sandbox.commit_all(&request.clone, "Merge");
    assert_eq!(request.ensure(&[]).ok().json()["index"], fixture.user.index("pull-8"));
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
