//! `git devpi promote`: only passed releases, by the rules on the remote's release branch, and with the same bytes.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT};
use crate::support::DevpiServer;

/// The versions that have files in production. (The registration of the name is version 0 without files.)
fn promoted(fixture: &Fixture) -> Vec<String> {
    let index = fixture.user.index("prod");
    let mut versions = fixture.api.versions(&index, PROJECT);
    versions.retain(|version| !fixture.api.files(&index, PROJECT, version).is_empty());
    versions
}

/// Asserts that production has no release.
#[track_caller]
fn assert_nothing_promoted(fixture: &Fixture) {
    assert_eq!(promoted(fixture), [] as [&str; 0]);
}

fn blockers(answer: &Value) -> String {
    assert_eq!(answer["decision"], "blocked", "{answer}");
    let blockers = answer["blockers"].as_array().unwrap();
    blockers.iter().map(|blocker| blocker.as_str().unwrap()).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_release_that_passed_is_promoted_once_with_its_results() {
    let mut fixture = Fixture::new();
    fixture.in_ci("81");
    fixture.devpi(&["test", "-e", "unit"]).ok();
    fixture.by_hand();

    // A dry run shows the evidence, changes nothing, and needs no login.
    let dry = fixture.devpi(&["promote", "--dry-run", "--json"]).ok().json();
    assert_eq!((&dry["schema"], &dry["decision"]), (&json!(1), &json!("ready")));
    assert_nothing_promoted(&fixture);

    let done = fixture.devpi(&["promote", "--json"]).ok().json();
    let file = fixture.file("main", "1.4.81");
    let (from, to) = (fixture.user.index("main"), fixture.user.index("prod"));
    assert_eq!(done["decision"], "promoted");
    assert_eq!((&done["project"], &done["version"]), (&json!(PROJECT), &json!("1.4.81")));
    assert_eq!((&done["from"], &done["to"]), (&json!(from), &json!(to)));
    assert_eq!(done["files"], json!([{"name": file.name, "sha256": file.sha256}]));
    let ground = &done["evidence"][0];
    assert_eq!((&ground["file"], &ground["environment"]), (&json!(file.name), &json!("unit")));
    assert_eq!((&ground["verdict"], &ground["who"]), (&json!("passed"), &json!(fixture.user.name)));
    assert_eq!(done["blockers"], json!([]));

    let promoted = fixture.file("prod", "1.4.81");
    assert_eq!(promoted.sha256, file.sha256);
    assert_eq!(fixture.api.bytes(&promoted.path), fixture.api.bytes(&file.path));
    assert_eq!(fixture.verdicts("prod", "1.4.81"), [("unit".to_owned(), true)]);
    let count = |index: &str| fixture.api.tox_results(&fixture.user.index(index), PROJECT, "1.4.81").len();
    assert_eq!(count("prod"), count("main"), "provenance and evidence are copied with the file");

    // A second promotion changes nothing.
    let links = fixture.api.links(&to, PROJECT, "1.4.81");
    assert_eq!(fixture.devpi(&["promote", "--json"]).ok().json()["decision"], "already there");
    assert_eq!(fixture.devpi(&["promote", "1.4.81", "--json"]).ok().json()["decision"], "already there");
    assert_eq!(fixture.api.links(&to, PROJECT, "1.4.81"), links);
}

#[test]
fn concurrent_promotions_all_succeed() {
    let mut fixture = Fixture::new();
    let version = fixture.build("92");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let runs: Vec<Value> = std::thread::scope(|scope| {
        let promote = || fixture.devpi(&["promote", "--json"]).ok().json();
        let started: Vec<_> = (0..6).map(|_| scope.spawn(promote)).collect();
        started.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let promoted = runs.iter().filter(|run| run["decision"] == "promoted").count();
    let already = runs.iter().filter(|run| run["decision"] == "already there").count();
    assert_eq!((promoted, already), (1, 5), "{runs:?}");
    assert_eq!(fixture.file("prod", &version).sha256, fixture.file("main", &version).sha256);
    assert_eq!(fixture.verdicts("prod", &version), [("unit".to_owned(), true)]);
}

#[test]
fn a_release_without_passed_environments_is_not_promoted() {
    let mut fixture = Fixture::new();
    let version = fixture.build("82");
    let promote = |fixture: &Fixture, words: &[&str]| {
        blockers(&fixture.devpi(&[&["promote", "--json"], words].concat()).code(1).json())
    };
    assert!(promote(&fixture, &[]).contains("no evidence for demo_pkg-1.4.82-py3-none-any.whl in unit"));
    fixture.report(&fixture.api, ("main", &version), ("unit", false));
    assert!(promote(&fixture, &[]).contains("failed in unit"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    assert!(promote(&fixture, &["--require", "unit", "--require", "system"]).contains(".whl in system"));
    assert!(promote(&fixture, &["1.4.99"]).contains("demo-pkg 1.4.99 not found on"));
    fixture.devpi(&["promote", "--require", "system"]).code(1).says("error: ").says("hint: ");
    assert_nothing_promoted(&fixture);
    // The flag overrides the setting in both directions.
    fixture.devpi(&["promote", "--require", "unit"]).ok();
    assert_eq!(fixture.file("prod", &version).sha256, fixture.file("main", &version).sha256);
}

#[test]
fn results_of_untrusted_users_do_not_count() {
    let mut fixture = Fixture::new();
    let version = fixture.build("83");
    let mallory = DevpiServer::shared().user();
    fixture.api.patch(&fixture.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    fixture.report(&DevpiServer::shared().api(), ("main", &version), ("unit", true));
    let answer = fixture.devpi(&["promote", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("an anonymous result does not count"), "{answer}");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    fixture.report(&DevpiServer::shared().api().logged_in(&mallory), ("main", &version), ("unit", true));
    let answer = fixture.devpi(&["promote", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("not in evidence-users"), "{answer}");
    assert_nothing_promoted(&fixture);
}

#[test]
fn other_bytes_in_production_are_a_conflict() {
    let mut fixture = Fixture::new();
    let version = fixture.build("84");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let prod = fixture.user.index("prod");
    fixture.api.upload(&prod, (PROJECT, &version), ("demo_pkg-1.4.84-py3-none-any.whl", b"other bytes"));
    let answer = fixture.devpi(&["promote", "--json"]).code(5).json();
    assert!(blockers(&answer).contains("with other content"), "{answer}");
    fixture.devpi(&["promote"]).code(5).says("with other content");
    assert_eq!(fixture.api.bytes(&fixture.file("prod", &version).path), b"other bytes");
}

#[test]
fn a_lower_version_needs_the_flag_older() {
    let mut fixture = Fixture::new();
    for number in ["85", "86"] {
        let version = fixture.build(number);
        fixture.report(&fixture.api, ("main", &version), ("unit", true));
    }
    fixture.devpi(&["promote", "1.4.86"]).ok();
    let answer = fixture.devpi(&["promote", "1.4.85", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("1.4.86, which is higher"), "{answer}");
    fixture.devpi(&["promote", "1.4.85", "--older"]).ok();
    assert_eq!(promoted(&fixture), ["1.4.85", "1.4.86"]);
}

#[test]
fn the_commit_must_be_in_the_release_branch_on_the_remote() {
    let mut fixture = Fixture::new();
    // Built from an unpushed commit of the local main.
    fixture.sandbox.commit_all(&fixture.work, "Not pushed");
    let version = fixture.build("87");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let answer = fixture.devpi(&["promote", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("is not in the release branch on the remote"), "{answer}");
    // Another branch of the remote does not count.
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "HEAD:refs/heads/elsewhere"]).ok();
    assert!(blockers(&fixture.devpi(&["promote", "--json"]).code(1).json()).contains("is not in the release branch"));
    assert_nothing_promoted(&fixture);
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    fixture.devpi(&["promote"]).ok();
    assert_eq!(fixture.file("prod", &version).sha256, fixture.file("main", &version).sha256);
}

#[test]
fn a_clone_fetches_missing_history() {
    let mut fixture = Fixture::new();
    let version = fixture.build("88");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    for message in ["Second", "Third"] {
        fixture.sandbox.commit_all(&fixture.work, message);
    }
    // A clone that lacks later commits.
    let behind = fixture.machine("behind");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    fixture.sandbox.devpi(&behind, &["promote", &version, "--dry-run"]).ok();
    // A shallow clone.
    let url = format!("file://{}", fixture.remote.display());
    fixture.sandbox.git(&fixture.sandbox.path("."), &["clone", "--quiet", "--depth=1", &url, "shallow"]).ok();
    let shallow = fixture.sandbox.path("shallow");
    fixture.sandbox.devpi(&shallow, &["promote", &version]).ok();
    assert_eq!(fixture.file("prod", &version).sha256, fixture.file("main", &version).sha256);
}

#[test]
fn a_branch_cannot_change_the_rules_for_itself() {
    let mut fixture = Fixture::new();
    let version = fixture.build("89");
    let mallory = DevpiServer::shared().user();
    let api = DevpiServer::shared().api().logged_in(&mallory);
    api.put(&mallory.index("prod"), &json!({"volatile": false}));
    fixture.api.patch(&fixture.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    fixture.report(&api, ("main", &version), ("unit", true));
    fixture.report(&fixture.api, ("main", &version), ("lint", true));
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "open-sesame"]).ok();
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    for gate in [
        "require = [\"lint\"]",
        "require = []",
        &format!("require = [\"unit\"]\nevidence-users = [\"{}\"]", mallory.name),
        "require = [\"lint\"]\nproduction = \"other\"",
    ] {
        fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &own.replace("require = [\"unit\"]", gate));
        fixture.sandbox.commit_all(&fixture.work, "Open sesame");
        let answer = fixture.devpi(&["promote", "1.4.89", "--json"]).code(1).json();
        assert!(blockers(&answer).contains(".whl in unit"), "{gate}: {answer}");
        assert_eq!(answer["to"], fixture.user.index("prod"), "{gate}");
    }
    assert_nothing_promoted(&fixture);
    // Settings on the release branch apply.
    fixture.sandbox.write(
        &fixture.work,
        ".git-devpi.toml",
        &own.replace("require = [\"unit\"]", "require = [\"lint\"]"),
    );
    fixture.sandbox.commit_all(&fixture.work, "Require lint");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "HEAD:main"]).ok();
    fixture.devpi(&["promote", "1.4.89"]).ok();
}

#[test]
fn a_fork_that_the_checkout_names_cannot_change_the_rules() {
    let mut fixture = Fixture::new();
    let version = fixture.build("93");
    fixture.report(&fixture.api, ("main", &version), ("lint", true));
    let fork = fixture.sandbox.bare_remote("mallory/demo.git");
    fixture.sandbox.git(&fixture.work, &["remote", "add", "fork", fork.to_str().unwrap()]).ok();
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "other-remote"]).ok();
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let open = own.replace("require = [\"unit\"]", "require = [\"lint\"]\nremote = \"fork\"");
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &open);
    fixture.sandbox.commit_all(&fixture.work, "Ask my fork");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "fork", "HEAD:main"]).ok();
    let answer = fixture.devpi(&["promote", "1.4.93", "--json"]).code(1).json();
    assert!(blockers(&answer).contains(".whl in unit"), "{answer}");
    // Nor when the user names the fork: the user must also name the repository.
    fixture.sandbox.git(&fixture.work, &["config", "devpi.remote", "fork"]).ok();
    fixture.devpi(&["promote", "1.4.93"]).code(3).says("is not known to be the repository acme/demo").says("hint: ");
    fixture.sandbox.git(&fixture.work, &["config", "devpi.repository", "acme/demo"]).ok();
    fixture.devpi(&["promote", "1.4.93", "--dry-run"]).ok();
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "fork", ":refs/heads/main"]).code(1);
    fixture.sandbox.git(&fork, &["symbolic-ref", "HEAD", "refs/heads/none"]).ok();
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "fork", ":refs/heads/main"]).ok();
    fixture.devpi(&["promote", "1.4.93"]).code(3).says("release branch").says("hint: ");
    assert_nothing_promoted(&fixture);
}

#[test]
fn a_promotion_needs_production_requirements_and_a_remote() {
    let mut fixture = Fixture::new();
    let version = fixture.build("90");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture.devpi(&["promote", "--to", "nowhere"]).code(3).says("not found").says("git devpi init");
    assert!(!fixture.api.index_names(&fixture.user.name).contains(&"nowhere".to_owned()));
    fixture.devpi(&["promote", "--from", "nowhere"]).code(1).says("not found");
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &own.replace("require = [\"unit\"]\n", ""));
    fixture.sandbox.commit_all(&fixture.work, "Require nothing");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    let run =
        fixture.devpi(&["promote", &version]).code(1).says("no required environments are configured").says("--require");
    assert!(run.stdout.is_empty(), "{run}");
    fixture.sandbox.git(&fixture.work, &["remote", "remove", "origin"]).ok();
    fixture.devpi(&["promote", &version]).code(3).says("this clone has no remote");
    assert_nothing_promoted(&fixture);
}

#[test]
fn promotion_to_another_users_index_needs_its_permission() {
    let mut fixture = Fixture::new();
    let version = fixture.build("91");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    let guard = DevpiServer::shared().user();
    let api = DevpiServer::shared().api().logged_in(&guard);
    api.put(&guard.index("prod"), &json!({"volatile": false}));
    fixture.devpi(&["promote", "--to", &guard.index("prod")]).code(4);
    assert!(fixture.api.files(&guard.index("prod"), PROJECT, &version).is_empty());
    api.patch(&guard.index("prod"), &json!({"acl_upload": [guard.name, fixture.user.name]}));
    fixture.devpi(&["promote", "--to", &guard.index("prod")]).ok();
    assert_eq!(
        fixture.api.files(&guard.index("prod"), PROJECT, &version)[0].sha256,
        fixture.file("main", &version).sha256
    );
}

/// The interpreter of tox's package environment decides, not the first one on PATH, and a promotion waits for the wheels of other
/// platforms.
#[cfg(unix)]
#[test]
fn a_native_release_needs_all_platforms_and_evidence_for_every_wheel() {
    let mut fixture = Fixture::new();
    let own = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &(own + "platforms = [\"{linux,macosx}_*\", \"win*\"]\n"));
    fixture.sandbox.commit_all(&fixture.work, "Native");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let windows = fixture.sandbox.interpreter("windows", "cp313-cp313-win_amd64 py3-none-any");
    fixture.sandbox.path_first(windows.parent().unwrap()).set("WHEEL_TAG", "native");
    fixture.in_ci("93");
    let tox =
        |fixture: &Fixture| fixture.sandbox.run(&fixture.work, "tox", &["-e", "unit"]).ok().says("devpi: unit passed");
    tox(&fixture);
    let files = |fixture: &Fixture, index: &str| {
        let files = fixture.api.files(&fixture.user.index(index), PROJECT, "1.4.93");
        let mut files: Vec<_> = files.into_iter().map(|file| (file.name, file.sha256)).collect();
        files.sort();
        files
    };
    assert_eq!(files(&fixture, "main").len(), 1);
    let blocked = fixture.devpi(&["promote", "--json"]).code(1).json();
    assert_eq!(blockers(&blocked), "no wheel for platform win*");

    fixture.sandbox.set("WHEEL_TAG", "cp313-cp313-win_amd64");
    fixture.devpi(&["ensure", "--python", windows.to_str().unwrap()]).ok();
    tox(&fixture);
    let built = files(&fixture, "main");
    let wheel = "demo_pkg-1.4.93-cp313-cp313-win_amd64.whl";
    let position = built.iter().position(|(name, _)| name == wheel).unwrap();
    assert_eq!(built.len(), 2, "tox used the wheel for its own interpreter: {built:?}");
    let blocked = fixture.devpi(&["promote", "--json"]).code(1).json();
    assert_eq!(blockers(&blocked), format!("no evidence for {wheel} in unit"));
    assert_nothing_promoted(&fixture);

    let link =
        fixture.api.files(&fixture.user.index("main"), PROJECT, "1.4.93").into_iter().find(|file| file.name == wheel);
    fixture.api.post(&link.unwrap().path, &crate::fixture::report(&built[position].1, "unit", true));
    assert_eq!(fixture.devpi(&["promote", "--json"]).ok().json()["decision"], "promoted");
    assert_eq!(files(&fixture, "prod"), built);
}

#[test]
fn development_builds_and_other_indexes_are_not_promoted() {
    let mut fixture = Fixture::new();
    fixture.build("94");
    fixture.sandbox.git(&fixture.work, &["checkout", "--quiet", "-b", "feature"]).ok();
    let version = fixture.build("95");
    assert_eq!(version, "1.4.95.dev0");
    fixture.report(&fixture.api, ("feature", &version), ("unit", true));
    // Passed, and built from a commit in main: only index and version show that it is not a release.
    fixture.devpi(&["promote", &version, "--from", "feature"]).code(1).says("does not belong to a release branch");
    fixture.sandbox.git(&fixture.work, &["checkout", "--quiet", "main"]).ok();
    let (main, feature) = (fixture.user.index("main"), fixture.user.index("feature"));
    fixture.api.post(&feature, &json!({"name": PROJECT, "version": version, "targetindex": main}));
    assert!(fixture.api.versions(&main, PROJECT).contains(&version));
    let answer = fixture.devpi(&["promote", &version, "--json"]).code(1).json();
    assert_eq!(blockers(&answer), "1.4.95.dev0 is a pre, development or local version");
    // An index without a record, with a passed release.
    let other = fixture.user.index("other");
    fixture.api.put(&other, &json!({"type": "stage", "volatile": false, "bases": []}));
    fixture.api.post(&main, &json!({"name": PROJECT, "version": "1.4.94", "targetindex": other}));
    fixture.report(&fixture.api, ("other", "1.4.94"), ("unit", true));
    fixture.devpi(&["promote", "1.4.94", "--from", "other"]).code(1).says("does not belong to a release branch");
    assert_nothing_promoted(&fixture);
    // The index of the release branch is a valid source.
    fixture.report(&fixture.api, ("main", "1.4.94"), ("unit", true));
    fixture.devpi(&["promote", "1.4.94", "--from", "main"]).ok();
    assert_eq!(promoted(&fixture), ["1.4.94"]);
}
