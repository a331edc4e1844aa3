//! `git devpi promote`: only what is green, by the rules that the remote's release branch has, and with the same bytes.

use serde_json::{Value, json};

use crate::stage::{PROJECT, Stage};
use crate::support::DevpiServer;

/// The versions that production has files of. (Its name is registered there, as version 0 without a file.)
fn promoted(stage: &Stage) -> Vec<String> {
    let index = stage.user.index("prod");
    let mut versions = stage.api.versions(&index, PROJECT);
    versions.retain(|version| !stage.api.files(&index, PROJECT, version).is_empty());
    versions
}

/// Nothing was copied.
#[track_caller]
fn assert_nothing_promoted(stage: &Stage) {
    assert_eq!(promoted(stage), [] as [&str; 0]);
}

fn blockers(answer: &Value) -> String {
    assert_eq!(answer["decision"], "blocked", "{answer}");
    let blockers = answer["blockers"].as_array().unwrap();
    blockers.iter().map(|blocker| blocker.as_str().unwrap()).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_tox_found_green_is_promoted_once_with_its_results() {
    let mut stage = Stage::new();
    stage.in_ci("81");
    stage.devpi(&["test", "-e", "unit"]).ok();
    stage.by_hand();

    // A dry run shows the grounds and changes nothing, and needs no log-in.
    let dry = stage.devpi(&["promote", "--dry-run", "--json"]).ok().json();
    assert_eq!((&dry["schema"], &dry["decision"]), (&json!(1), &json!("ready")));
    assert_nothing_promoted(&stage);

    let done = stage.devpi(&["promote", "--json"]).ok().json();
    let file = stage.file("main", "1.4.81");
    let (from, to) = (stage.user.index("main"), stage.user.index("prod"));
    assert_eq!(done["decision"], "promoted");
    assert_eq!((&done["project"], &done["version"]), (&json!(PROJECT), &json!("1.4.81")));
    assert_eq!((&done["from"], &done["to"]), (&json!(from), &json!(to)));
    assert_eq!(done["files"], json!([{"name": file.name, "sha256": file.sha256}]));
    let ground = &done["evidence"][0];
    assert_eq!((&ground["file"], &ground["environment"]), (&json!(file.name), &json!("unit")));
    assert_eq!((&ground["verdict"], &ground["who"]), (&json!("passed"), &json!(stage.user.name)));
    assert_eq!(done["blockers"], json!([]));

    let promoted = stage.file("prod", "1.4.81");
    assert_eq!(promoted.sha256, file.sha256);
    assert_eq!(stage.api.bytes(&promoted.path), stage.api.bytes(&file.path));
    assert_eq!(stage.verdicts("prod", "1.4.81"), [("unit".to_owned(), true)]);
    let count = |index: &str| stage.api.tox_results(&stage.user.index(index), PROJECT, "1.4.81").len();
    assert_eq!(count("prod"), count("main"), "provenance and evidence travel with the file");

    // Again: nothing to do.
    let links = stage.api.links(&to, PROJECT, "1.4.81");
    assert_eq!(stage.devpi(&["promote", "--json"]).ok().json()["decision"], "already there");
    assert_eq!(stage.devpi(&["promote", "1.4.81", "--json"]).ok().json()["decision"], "already there");
    assert_eq!(stage.api.links(&to, PROJECT, "1.4.81"), links);
}

#[test]
fn several_who_promote_at_once_all_succeed() {
    let mut stage = Stage::new();
    let version = stage.build("92");
    stage.report(&stage.api, ("main", &version), ("unit", true));
    let runs: Vec<Value> = std::thread::scope(|scope| {
        let promote = || stage.devpi(&["promote", "--json"]).ok().json();
        let started: Vec<_> = (0..4).map(|_| scope.spawn(promote)).collect();
        started.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let promoted = runs.iter().filter(|run| run["decision"] == "promoted").count();
    let already = runs.iter().filter(|run| run["decision"] == "already there").count();
    assert_eq!((promoted, already), (1, 3), "{runs:?}");
    assert_eq!(stage.file("prod", &version).sha256, stage.file("main", &version).sha256);
    assert_eq!(stage.verdicts("prod", &version), [("unit".to_owned(), true)]);
}

#[test]
fn what_is_not_green_stays() {
    let mut stage = Stage::new();
    let version = stage.build("82");
    let promote = |stage: &Stage, words: &[&str]| {
        blockers(&stage.devpi(&[&["promote", "--json"], words].concat()).code(1).json())
    };
    assert!(promote(&stage, &[]).contains("no evidence for demo_pkg-1.4.82-py3-none-any.whl in unit"));
    stage.report(&stage.api, ("main", &version), ("unit", false));
    assert!(promote(&stage, &[]).contains("failed in unit"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stage.report(&stage.api, ("main", &version), ("unit", true));
    assert!(promote(&stage, &["--require", "unit", "--require", "system"]).contains(".whl in system"));
    assert!(promote(&stage, &["1.4.99"]).contains("demo-pkg 1.4.99 not found on"));
    stage.devpi(&["promote", "--require", "system"]).code(1).says("error: ").says("hint: ");
    assert_nothing_promoted(&stage);
    // The flag beats the setting, the other way round too.
    stage.devpi(&["promote", "--require", "unit"]).ok();
    assert_eq!(stage.file("prod", &version).sha256, stage.file("main", &version).sha256);
}

#[test]
fn results_by_strangers_never_count() {
    let mut stage = Stage::new();
    let version = stage.build("83");
    let mallory = DevpiServer::shared().user();
    stage.api.patch(&stage.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    stage.report(&DevpiServer::shared().api(), ("main", &version), ("unit", true));
    let answer = stage.devpi(&["promote", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("an anonymous result does not count"), "{answer}");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stage.report(&DevpiServer::shared().api().logged_in(&mallory), ("main", &version), ("unit", true));
    let answer = stage.devpi(&["promote", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("not an evidence user"), "{answer}");
    assert_nothing_promoted(&stage);
}

#[test]
fn other_bytes_in_production_are_a_conflict() {
    let mut stage = Stage::new();
    let version = stage.build("84");
    stage.report(&stage.api, ("main", &version), ("unit", true));
    let prod = stage.user.index("prod");
    stage.api.upload(&prod, (PROJECT, &version), ("demo_pkg-1.4.84-py3-none-any.whl", b"other bytes"));
    let answer = stage.devpi(&["promote", "--json"]).code(5).json();
    assert!(blockers(&answer).contains("with other content"), "{answer}");
    stage.devpi(&["promote"]).code(5).says("with other content");
    assert_eq!(stage.api.bytes(&stage.file("prod", &version).path), b"other bytes");
}

#[test]
fn a_lower_version_needs_to_be_asked_for() {
    let mut stage = Stage::new();
    for number in ["85", "86"] {
        let version = stage.build(number);
        stage.report(&stage.api, ("main", &version), ("unit", true));
    }
    stage.devpi(&["promote", "1.4.86"]).ok();
    let answer = stage.devpi(&["promote", "1.4.85", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("1.4.86, which is higher"), "{answer}");
    stage.devpi(&["promote", "1.4.85", "--older"]).ok();
    assert_eq!(promoted(&stage), ["1.4.85", "1.4.86"]);
}

#[test]
fn the_commit_must_be_in_the_release_branch_on_the_remote() {
    let mut stage = Stage::new();
    // Built from a commit that was never pushed, on a clone's own idea of main.
    stage.sandbox.commit_all(&stage.work, "Not pushed");
    let version = stage.build("87");
    stage.report(&stage.api, ("main", &version), ("unit", true));
    let answer = stage.devpi(&["promote", "--json"]).code(1).json();
    assert!(blockers(&answer).contains("is not in the release branch on the remote"), "{answer}");
    // A branch of that name elsewhere is not the release branch either.
    stage.sandbox.git(&stage.work, &["push", "--quiet", "origin", "HEAD:refs/heads/elsewhere"]).ok();
    assert!(blockers(&stage.devpi(&["promote", "--json"]).code(1).json()).contains("is not in the release branch"));
    assert_nothing_promoted(&stage);
    stage.sandbox.git(&stage.work, &["push", "--quiet", "origin", "main"]).ok();
    stage.devpi(&["promote"]).ok();
    assert_eq!(stage.file("prod", &version).sha256, stage.file("main", &version).sha256);
}

#[test]
fn a_clone_fetches_what_it_needs_to_decide() {
    let mut stage = Stage::new();
    let version = stage.build("88");
    stage.report(&stage.api, ("main", &version), ("unit", true));
    for message in ["Second", "Third"] {
        stage.sandbox.commit_all(&stage.work, message);
    }
    // A clone of today, which does not see what is pushed afterwards.
    let behind = stage.machine("behind");
    stage.sandbox.git(&stage.work, &["push", "--quiet", "origin", "main"]).ok();
    stage.sandbox.devpi(&behind, &["promote", &version, "--dry-run"]).ok();
    // And one that has the tip only.
    let url = format!("file://{}", stage.remote.display());
    stage.sandbox.git(&stage.sandbox.path("."), &["clone", "--quiet", "--depth=1", &url, "shallow"]).ok();
    let shallow = stage.sandbox.path("shallow");
    stage.sandbox.devpi(&shallow, &["promote", &version]).ok();
    assert_eq!(stage.file("prod", &version).sha256, stage.file("main", &version).sha256);
}

#[test]
fn a_branch_cannot_open_its_own_gate() {
    let mut stage = Stage::new();
    let version = stage.build("89");
    let mallory = DevpiServer::shared().user();
    let api = DevpiServer::shared().api().logged_in(&mallory);
    api.put(&mallory.index("prod"), &json!({"volatile": false}));
    stage.api.patch(&stage.user.index("main"), &json!({"acl_toxresult_upload": [":ANONYMOUS:"]}));
    stage.report(&api, ("main", &version), ("unit", true));
    stage.report(&stage.api, ("main", &version), ("lint", true));
    stage.sandbox.git(&stage.work, &["switch", "--quiet", "-c", "open-sesame"]).ok();
    let own = std::fs::read_to_string(stage.work.join(".git-devpi.toml")).unwrap();
    for gate in [
        "require = [\"lint\"]",
        "require = []",
        &format!("require = [\"unit\"]\nevidence-users = [\"{}\"]", mallory.name),
        "require = [\"lint\"]\nproduction = \"other\"",
    ] {
        stage.sandbox.write(&stage.work, ".git-devpi.toml", &own.replace("require = [\"unit\"]", gate));
        stage.sandbox.commit_all(&stage.work, "Open sesame");
        let answer = stage.devpi(&["promote", "1.4.89", "--json"]).code(1).json();
        assert!(blockers(&answer).contains(".whl in unit"), "{gate}: {answer}");
        assert_eq!(answer["to"], stage.user.index("prod"), "{gate}");
    }
    assert_nothing_promoted(&stage);
    // Committed on the release branch it counts.
    stage.sandbox.write(&stage.work, ".git-devpi.toml", &own.replace("require = [\"unit\"]", "require = [\"lint\"]"));
    stage.sandbox.commit_all(&stage.work, "Require lint");
    stage.sandbox.git(&stage.work, &["push", "--quiet", "origin", "HEAD:main"]).ok();
    stage.devpi(&["promote", "1.4.89"]).ok();
}

#[test]
fn a_fork_that_the_checkout_names_does_not_decide() {
    let mut stage = Stage::new();
    let version = stage.build("93");
    stage.report(&stage.api, ("main", &version), ("lint", true));
    let fork = stage.sandbox.bare_remote("mallory/demo.git");
    stage.sandbox.git(&stage.work, &["remote", "add", "fork", fork.to_str().unwrap()]).ok();
    stage.sandbox.git(&stage.work, &["switch", "--quiet", "-c", "other-remote"]).ok();
    let own = std::fs::read_to_string(stage.work.join(".git-devpi.toml")).unwrap();
    let open = own.replace("require = [\"unit\"]", "require = [\"lint\"]\nremote = \"fork\"");
    stage.sandbox.write(&stage.work, ".git-devpi.toml", &open);
    stage.sandbox.commit_all(&stage.work, "Ask my fork");
    stage.sandbox.git(&stage.work, &["push", "--quiet", "fork", "HEAD:main"]).ok();
    let answer = stage.devpi(&["promote", "1.4.93", "--json"]).code(1).json();
    assert!(blockers(&answer).contains(".whl in unit"), "{answer}");
    // Neither does it when the user names it: that it is the repository is another matter, and the user's to say.
    stage.sandbox.git(&stage.work, &["config", "devpi.remote", "fork"]).ok();
    stage.devpi(&["promote", "1.4.93"]).code(3).says("is not known to be the repository acme/demo").says("hint: ");
    stage.sandbox.git(&stage.work, &["config", "devpi.repository", "acme/demo"]).ok();
    stage.devpi(&["promote", "1.4.93", "--dry-run"]).ok();
    stage.sandbox.git(&stage.work, &["push", "--quiet", "fork", ":refs/heads/main"]).code(1);
    stage.sandbox.git(&fork, &["symbolic-ref", "HEAD", "refs/heads/none"]).ok();
    stage.sandbox.git(&stage.work, &["push", "--quiet", "fork", ":refs/heads/main"]).ok();
    stage.devpi(&["promote", "1.4.93"]).code(3).says("release branch").says("hint: ");
    assert_nothing_promoted(&stage);
}

#[test]
fn without_production_or_require_or_remote_it_is_refused() {
    let mut stage = Stage::new();
    let version = stage.build("90");
    stage.report(&stage.api, ("main", &version), ("unit", true));
    stage.devpi(&["promote", "--to", "nowhere"]).code(3).says("there is no production index").says("git devpi init");
    assert!(!stage.api.index_names(&stage.user.name).contains(&"nowhere".to_owned()));
    stage.devpi(&["promote", "--from", "nowhere"]).code(1).says("is not there");
    stage.devpi(&["promote", "--to", "https://upload.example/"]).code(3).says("index \"https://upload.example/\"");
    let own = std::fs::read_to_string(stage.work.join(".git-devpi.toml")).unwrap();
    stage.sandbox.write(&stage.work, ".git-devpi.toml", &own.replace("require = [\"unit\"]\n", ""));
    stage.sandbox.commit_all(&stage.work, "Require nothing");
    stage.sandbox.git(&stage.work, &["push", "--quiet", "origin", "main"]).ok();
    let run =
        stage.devpi(&["promote", &version]).code(1).says("no required environments are configured").says("--require");
    assert!(run.stdout.is_empty(), "{run}");
    stage.sandbox.git(&stage.work, &["remote", "remove", "origin"]).ok();
    stage.devpi(&["promote", &version]).code(3).says("this clone has no remote");
    assert_nothing_promoted(&stage);
}

#[test]
fn another_user_of_production_is_a_wall() {
    let mut stage = Stage::new();
    let version = stage.build("91");
    stage.report(&stage.api, ("main", &version), ("unit", true));
    let guard = DevpiServer::shared().user();
    let api = DevpiServer::shared().api().logged_in(&guard);
    api.put(&guard.index("prod"), &json!({"volatile": false}));
    stage.devpi(&["promote", "--to", &guard.index("prod")]).code(4);
    assert!(stage.api.files(&guard.index("prod"), PROJECT, &version).is_empty());
    api.patch(&guard.index("prod"), &json!({"acl_upload": [guard.name, stage.user.name]}));
    stage.devpi(&["promote", "--to", &guard.index("prod")]).ok();
    assert_eq!(stage.api.files(&guard.index("prod"), PROJECT, &version)[0].sha256, stage.file("main", &version).sha256);
}

/// The interpreter that tox's package environment was made of decides, not the first one on PATH, and the wheels of other platforms are
/// waited for.
#[cfg(unix)]
#[test]
fn a_native_release_waits_for_its_platforms_and_every_wheel_is_tested() {
    let mut stage = Stage::new();
    let own = std::fs::read_to_string(stage.work.join(".git-devpi.toml")).unwrap();
    stage.sandbox.write(&stage.work, ".git-devpi.toml", &(own + "platforms = [\"{linux,macosx}_*\", \"win*\"]\n"));
    stage.sandbox.commit_all(&stage.work, "Native");
    stage.sandbox.git(&stage.work, &["push", "--quiet"]).ok();
    let windows = stage.sandbox.interpreter("windows", "cp313-cp313-win_amd64 py3-none-any");
    stage.sandbox.path_first(windows.parent().unwrap()).set("WHEEL_TAG", "native");
    stage.in_ci("93");
    let tox = |stage: &Stage| stage.sandbox.run(&stage.work, "tox", &["-e", "unit"]).ok().says("devpi: unit passed");
    tox(&stage);
    let files = |stage: &Stage, index: &str| {
        let files = stage.api.files(&stage.user.index(index), PROJECT, "1.4.93");
        let mut files: Vec<_> = files.into_iter().map(|file| (file.name, file.sha256)).collect();
        files.sort();
        files
    };
    assert_eq!(files(&stage, "main").len(), 1);
    let blocked = stage.devpi(&["promote", "--json"]).code(1).json();
    assert_eq!(blockers(&blocked), "no wheel for platform win*");

    stage.sandbox.set("WHEEL_TAG", "cp313-cp313-win_amd64");
    stage.devpi(&["ensure", "--python", windows.to_str().unwrap()]).ok();
    tox(&stage);
    let built = files(&stage, "main");
    let wheel = "demo_pkg-1.4.93-cp313-cp313-win_amd64.whl";
    let position = built.iter().position(|(name, _)| name == wheel).unwrap();
    assert_eq!(built.len(), 2, "tox took what fits the interpreter it runs with: {built:?}");
    let blocked = stage.devpi(&["promote", "--json"]).code(1).json();
    assert_eq!(blockers(&blocked), format!("no evidence for {wheel} in unit"));
    assert_nothing_promoted(&stage);

    let link =
        stage.api.files(&stage.user.index("main"), PROJECT, "1.4.93").into_iter().find(|file| file.name == wheel);
    stage.api.post(&link.unwrap().path, &crate::stage::report(&built[position].1, "unit", true));
    assert_eq!(stage.devpi(&["promote", "--json"]).ok().json()["decision"], "promoted");
    assert_eq!(files(&stage, "prod"), built);
}

#[test]
fn development_builds_and_other_indexes_do_not_reach_production() {
    let mut stage = Stage::new();
    stage.build("94");
    stage.sandbox.git(&stage.work, &["checkout", "--quiet", "-b", "feature"]).ok();
    let version = stage.build("95");
    assert_eq!(version, "1.4.95.dev0");
    stage.report(&stage.api, ("feature", &version), ("unit", true));
    // Green, and built from a commit that is in main: only the index and the version tell that it is no release.
    stage.devpi(&["promote", &version, "--from", "feature"]).code(1).says("does not belong to a release branch");
    stage.sandbox.git(&stage.work, &["checkout", "--quiet", "main"]).ok();
    let (main, feature) = (stage.user.index("main"), stage.user.index("feature"));
    stage.api.post(&feature, &json!({"name": PROJECT, "version": version, "targetindex": main}));
    assert!(stage.api.versions(&main, PROJECT).contains(&version));
    let answer = stage.devpi(&["promote", &version, "--json"]).code(1).json();
    assert_eq!(blockers(&answer), "1.4.95.dev0 is a pre, development or local version");
    // An index that no record ties to a branch, with a release that is green.
    let other = stage.user.index("other");
    stage.api.put(&other, &json!({"type": "stage", "volatile": false, "bases": []}));
    stage.api.post(&main, &json!({"name": PROJECT, "version": "1.4.94", "targetindex": other}));
    stage.report(&stage.api, ("other", "1.4.94"), ("unit", true));
    stage.devpi(&["promote", "1.4.94", "--from", "other"]).code(1).says("does not belong to a release branch");
    assert_nothing_promoted(&stage);
    // The release branch's own index is the source that counts.
    stage.report(&stage.api, ("main", "1.4.94"), ("unit", true));
    stage.devpi(&["promote", "1.4.94", "--from", "main"]).ok();
    assert_eq!(promoted(&stage), ["1.4.94"]);
}
