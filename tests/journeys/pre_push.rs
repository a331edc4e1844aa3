//! The pre-push hook, called by a real `git push`: which indexes it creates.

use serde_json::json;

use crate::push_fixture::{PushFixture, read};
use crate::support::DevpiServer;

#[test]
fn a_push_creates_an_index_with_a_record() {
    let fixture = PushFixture::new();
    let user = &fixture.user.name;
    fixture.branch("feature/Shiny.x", 1);
    let requests = fixture.requests_of(|| {
        let run = fixture.push("feature/Shiny.x").ok();
        assert_eq!(
            run.stderr.trim_end(),
            format!("devpi: created the index {user}/feature-shiny-x for feature/Shiny.x")
        );
        assert_eq!(run.stdout, "");
    });
    assert!(requests <= 3, "{requests} requests");
    assert_eq!(fixture.index_names(), ["feature-shiny-x"]);
    assert_eq!(fixture.record("feature-shiny-x"), PushFixture::expected_record("feature/Shiny.x", true));
    let config = fixture.index("feature-shiny-x");
    assert_eq!((&config["type"], &config["volatile"], &config["bases"]), (&json!("stage"), &json!(false), &json!([])));
    assert_eq!(config["acl_toxresult_upload"], json!([user]));
    assert_eq!(config["acl_upload"], json!([user]));
    assert_eq!(config["title"], "shiny: feature/Shiny.x");
}

#[test]
fn a_push_of_a_known_branch_makes_no_request() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    for _ in 0..2 {
        fixture.sandbox.commit_all(&fixture.clone, "More");
        let requests = fixture.requests_of(|| assert_eq!(fixture.push("x").ok().stderr, ""));
        assert_eq!(requests, 0);
    }
    // Without new commits.
    assert_eq!(fixture.requests_of(|| drop(fixture.push("x").ok())), 0);
}

#[test]
fn production_is_a_base_and_release_branches_have_indexes_too() {
    let fixture = PushFixture::new();
    let user = &fixture.user.name;
    fixture.api().put(&fixture.user.index("prod"), &json!({"volatile": false}));
    fixture.sandbox.commit_all(&fixture.clone, "Second");
    fixture.push("main").ok();
    assert_eq!(fixture.index("main")["bases"], json!([format!("{user}/prod")]));
    assert_eq!(fixture.record("main"), PushFixture::expected_record("main", false));
    // A branch with the name of the production index gets another index name.
    fixture.branch("prod", 1);
    fixture.push("prod").ok();
    let names = fixture.index_names();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[2].starts_with("prod-") && names[2].len() == "prod-".len() + 7, "{names:?}");
}

#[test]
fn the_first_own_commits_are_recorded_once() {
    let fixture = PushFixture::new();
    fixture.branch("x", 0);
    fixture.push("x").ok();
    assert_eq!(fixture.record("x"), PushFixture::expected_record("x", false));
    let created = fixture.index("x")["custom_data"]["git-devpi"]["created"].clone();
    // Foreign custom data stays.
    let mut data = fixture.index("x")["custom_data"].clone();
    data["other"] = json!({"kept": true});
    fixture.api().patch(&fixture.user.index("x"), &json!({"custom_data": data}));
    fixture.sandbox.commit_all(&fixture.clone, "Its own");
    assert_eq!(fixture.push("x").ok().stderr, "");
    assert_eq!(fixture.record("x"), PushFixture::expected_record("x", true));
    let config = fixture.index("x");
    assert_eq!(config["custom_data"]["git-devpi"]["created"], created);
    assert_eq!(config["custom_data"]["other"], json!({"kept": true}));
    fixture.sandbox.commit_all(&fixture.clone, "More");
    assert_eq!(fixture.requests_of(|| drop(fixture.push("x").ok())), 0);
}

#[test]
fn a_branch_that_is_pushed_with_its_release_branch_has_no_own_commits() {
    let fixture = PushFixture::new();
    fixture.sandbox.commit_all(&fixture.clone, "On main");
    fixture.branch("x", 0);
    fixture.git(&["push", "--quiet", "origin", "main", "x"]).ok();
    assert_eq!(fixture.record("x"), PushFixture::expected_record("x", false));
}

#[test]
fn tags_and_branches_of_other_remotes_get_no_index() {
    let fixture = PushFixture::new();
    let elsewhere = fixture.sandbox.bare_remote("fork.git");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    fixture.git(&["remote", "add", "fork", &path(&elsewhere)]).ok();
    fixture.branch("x", 1);
    fixture.git(&["tag", "v1"]).ok();
    let requests = fixture.requests_of(|| {
        fixture.git(&["push", "--quiet", "fork", "x"]).ok();
        fixture.git(&["push", "--quiet", &path(&elsewhere), "x:y"]).ok();
        fixture.git(&["push", "--quiet", "origin", "v1", "x:refs/notes/x"]).ok();
        fixture.git(&["push", "--quiet", "origin", "x:gh-pages"]).ok();
    });
    assert_eq!((requests, fixture.index_names()), (0, vec![]));
    // A push to the remote's URL counts as a push to the remote; the local name does not matter.
    fixture.git(&["push", "--quiet", &path(&fixture.remote), "HEAD~0:refs/heads/by-url"]).ok();
    assert_eq!(fixture.index_names(), ["by-url"]);
    assert_eq!(fixture.record("by-url"), PushFixture::expected_record("by-url", true));
}

#[test]
fn a_branch_deletion_is_recorded_for_the_next_cleanup() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    let requests = fixture.requests_of(|| drop(fixture.git(&["push", "--quiet", "origin", ":x"]).ok()));
    assert_eq!(requests, 0);
    assert!(read(&fixture.state("deleted-branches.json")).contains("\"x\""));
}

#[test]
fn a_new_branch_with_a_known_name_gets_a_new_index() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    // Another clone deletes the branch and its index.
    fixture.sandbox.git(&fixture.remote, &["branch", "--quiet", "-D", "x"]).ok();
    let index = fixture.user.index("x");
    fixture.api().patch(&index, &json!({"volatile": true}));
    fixture.api().delete(&index);
    assert!(read(&fixture.state("indexes.json")).contains("\"x\""));
    fixture.push("x").ok();
    assert_eq!(fixture.index_names(), ["x"]);
}

#[test]
fn a_dry_run_of_push_prepares_the_index() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.git(&["push", "--quiet", "--dry-run", "origin", "x"]).ok();
    assert!(!fixture.is_on_remote("x"));
    let made = fixture.index_names();
    assert_eq!(fixture.push("x").ok().stderr, "");
    assert_eq!((fixture.index_names(), made), (vec!["x".to_owned()], vec!["x".to_owned()]));
}

#[test]
fn the_hook_prints_nothing_to_stdout_of_git_push() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    let run = fixture.git(&["push", "--porcelain", "origin", "x"]).ok();
    assert!(!run.stdout.contains("devpi"), "{run}");
    assert!(run.stderr.contains("devpi: created the index"), "{run}");
}

#[test]
fn every_valid_branch_name_gets_its_own_index() {
    let fixture = PushFixture::new();
    let long = "l".repeat(250);
    let names = ["UPPER", "a.b", "a/b", "a-b", "ü", "🚀", "x'y\"z$(q)", &long, "prod", "+api"];
    for name in names {
        fixture.branch(name, 1);
    }
    // Full refspecs, because git reads a leading plus as "force".
    let branches: Vec<String> = names.iter().map(|name| format!("refs/heads/{name}:refs/heads/{name}")).collect();
    let mut words = vec!["push", "--quiet", "origin"];
    words.extend(branches.iter().map(String::as_str));
    let run = fixture.git(&words).ok();
    assert_eq!(run.stderr.lines().count(), 4, "three names and how many more: {run}");
    let indexes = fixture.server.api().indexes(&fixture.user.name);
    let mut recorded: Vec<&str> =
        indexes.values().map(|config| config["custom_data"]["git-devpi"]["branch"].as_str().unwrap()).collect();
    recorded.sort_unstable();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(recorded, expected);
    for name in indexes.keys() {
        assert!(name.len() <= 120 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
    assert_eq!(indexes["upper"]["custom_data"]["git-devpi"]["branch"], "UPPER");
    // Three branches have the slug a-b: one index has that name, the others have it with a hash.
    assert_eq!(indexes.keys().filter(|name| name.starts_with("a-b")).count(), 3);
}

#[test]
fn a_push_of_many_new_branches_makes_one_request_for_each() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    // Two have the same preferred name, one exists, and one is of an older branch of its name.
    let mut names: Vec<String> = (0..17).map(|n| format!("feature/{n}")).collect();
    names.extend(["Feature/3", "old"].map(str::to_owned));
    let mut old = PushFixture::expected_record("old", true);
    old["created"] = json!("2020-01-02T03:04:05Z");
    let data = json!({"git-devpi": old});
    fixture.api().put(&fixture.user.index("old"), &json!({"volatile": false, "custom_data": data}));
    let refspecs: Vec<String> = names.iter().map(|name| format!("x:refs/heads/{name}")).collect();
    let mut words = vec!["push", "--quiet", "origin"];
    words.extend(refspecs.iter().map(String::as_str));
    let requests = fixture.requests_of(|| {
        let run = fixture.git(&words).ok();
        assert!(run.stderr.contains("feature/0") && !run.stderr.contains("for old"), "{run}");
    });
    // The listing, and one creation that shows that a default base is missing.
    assert!(requests <= 2 + names.len(), "{requests} requests");
    let indexes = fixture.server.api().indexes(&fixture.user.name);
    let record = |config: &serde_json::Value| config["custom_data"]["git-devpi"].clone();
    let mut recorded: Vec<String> =
        indexes.values().map(|config| record(config)["branch"].as_str().unwrap().to_owned()).collect();
    recorded.sort_unstable();
    names.sort_unstable();
    assert_eq!(recorded, names);
    assert!(indexes.values().all(|config| config["bases"] == json!([]) && config["volatile"] == false));
    assert!(record(&indexes["old"])["created"].as_str().unwrap() > "2025");
}

#[test]
fn foreign_indexes_are_not_changed() {
    let fixture = PushFixture::new();
    let api = fixture.api();
    let other = json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/other", "branch": "x",
        "own_commits": true, "created": "2026-01-02T03:04:05Z"}});
    api.put(&fixture.user.index("x"), &json!({"volatile": false, "custom_data": other, "title": "theirs"}));
    api.put(&fixture.user.index("y"), &json!({"title": "by hand"}));
    let before = ["x", "y"].map(|name| fixture.index(name));
    for name in ["x", "y"] {
        fixture.branch(name, 1);
        fixture.push(name).ok();
    }
    assert_eq!(["x", "y"].map(|name| fixture.index(name)), before);
    let names = fixture.index_names();
    assert_eq!(names.len(), 4, "{names:?}");
    for (branch, name) in [("x", &names[1]), ("y", &names[3])] {
        assert!(name.starts_with(&format!("{branch}-")), "{names:?}");
        assert_eq!(fixture.record(name), PushFixture::expected_record(branch, true));
    }
}

#[test]
fn an_interrupted_deletion_is_undone_by_a_push() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    fixture.api().patch(&fixture.user.index("x"), &json!({"volatile": true}));
    std::fs::remove_file(fixture.state("indexes.json")).unwrap();
    fixture.sandbox.commit_all(&fixture.clone, "More");
    fixture.push("x").ok();
    assert_eq!(fixture.index("x")["volatile"], false);
}

#[test]
fn linked_worktrees_work_and_another_owners_cache_is_ignored() {
    let fixture = PushFixture::new();
    fixture.git(&["worktree", "add", "--quiet", "-b", "linked", "../linked"]).ok();
    let linked = fixture.sandbox.path("linked");
    fixture.sandbox.commit_all(&linked, "Its own");
    fixture.sandbox.git(&linked, &["push", "--quiet", "origin", "linked"]).ok();
    assert_eq!(fixture.record("linked"), PushFixture::expected_record("linked", true));
    // The cache of another owner's indexes is not used.
    let other = fixture.server.user();
    fixture.set("devpi.user", &other.name);
    let words = ["git-devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, other.password.as_bytes()).ok();
    fixture.sandbox.commit_all(&linked, "More");
    fixture.sandbox.git(&linked, &["push", "--quiet", "origin", "linked"]).ok();
    assert_eq!(DevpiServer::shared().api().index_names(&other.name), ["linked"]);
}

#[test]
fn concurrent_pushes_create_one_index_for_each_branch() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.git(&["branch", "y", "x"]).ok();
    std::thread::scope(|scope| {
        for target in ["x:x", "y:y", "x:z", "y:X"] {
            let fixture = &fixture;
            scope.spawn(move || fixture.git(&["push", "--quiet", "origin", target]).ok());
        }
    });
    let indexes = fixture.server.api().indexes(&fixture.user.name);
    let mut branches: Vec<&str> =
        indexes.values().map(|config| config["custom_data"]["git-devpi"]["branch"].as_str().unwrap()).collect();
    branches.sort_unstable();
    assert_eq!(branches, ["X", "x", "y", "z"]);
}

#[test]
fn completions_propose_the_indexes_of_pushed_branches_without_a_request() {
    let fixture = PushFixture::new();
    let user = &fixture.user.name;
    for branch in ["feature/x", "other"] {
        fixture.branch(branch, 1);
        fixture.push(branch).ok();
    }
    let candidates = |words: &[&str]| {
        let position = (words.len() - 1).to_string();
        let run = fixture.sandbox.devpi(&fixture.clone, &[&["complete", &position, "--"], words].concat()).ok();
        run.text().lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let requests = fixture.requests_of(|| {
        assert_eq!(candidates(&["git-devpi", "index", "show", "fea"]), ["feature-x"]);
        assert_eq!(candidates(&["git-devpi", "promote", "--from", "o"]), ["other"]);
        let full = ["feature-x", "other", "prod"].map(|name| format!("{user}/{name}"));
        assert_eq!(candidates(&["git-devpi", "index", "delete", &format!("{user}/")]), full);
        assert_eq!(candidates(&["git-devpi", "--user", &user[..3]]), [user.as_str()]);
        assert_eq!(candidates(&["git-devpi", "logout", "http"]), [fixture.server.url()]);
        assert_eq!(candidates(&["git-devpi", "index", "restore", "o"]), [""; 0]);
    });
    assert_eq!(requests, 0);
    fixture.sandbox.devpi(&fixture.clone, &["index", "delete", "other", "--yes", "--force"]).ok();
    assert_eq!(candidates(&["git-devpi", "index", "restore", "o"]), ["other"]);
}
