//! What a `git push` does to the server, through the real hook.

use serde_json::json;

use crate::pushing::{Scene, read};
use crate::support::DevpiServer;

#[test]
fn a_pushed_branch_has_an_index_that_says_whose_it_is() {
    let scene = Scene::new();
    let user = &scene.user.name;
    scene.branch("feature/Shiny.x", 1);
    let requests = scene.requests_of(|| {
        let run = scene.push("feature/Shiny.x").ok();
        assert_eq!(run.stderr.trim_end(), format!("devpi: feature/Shiny.x has the new index {user}/feature-shiny-x"));
        assert_eq!(run.stdout, "");
    });
    assert!(requests <= 3, "{requests} requests");
    assert_eq!(scene.index_names(), ["feature-shiny-x"]);
    assert_eq!(scene.record("feature-shiny-x"), Scene::expected_record("feature/Shiny.x", true));
    let config = scene.index("feature-shiny-x");
    assert_eq!((&config["type"], &config["volatile"], &config["bases"]), (&json!("stage"), &json!(false), &json!([])));
    assert_eq!(config["acl_toxresult_upload"], json!([user]));
    assert_eq!(config["acl_upload"], json!([user]));
    assert_eq!(config["title"], "shiny: feature/Shiny.x");
}

#[test]
fn a_known_branch_is_pushed_without_asking_anybody() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.push("x").ok();
    for _ in 0..2 {
        scene.sandbox.commit_all(&scene.clone, "More");
        let requests = scene.requests_of(|| assert_eq!(scene.push("x").ok().stderr, ""));
        assert_eq!(requests, 0);
    }
    // Nothing to push at all.
    assert_eq!(scene.requests_of(|| drop(scene.push("x").ok())), 0);
}

#[test]
fn production_is_a_base_and_release_branches_have_indexes_too() {
    let scene = Scene::new();
    let user = &scene.user.name;
    scene.api().put(&scene.user.index("prod"), &json!({"volatile": false}));
    scene.sandbox.commit_all(&scene.clone, "Second");
    scene.push("main").ok();
    assert_eq!(scene.index("main")["bases"], json!([format!("{user}/prod")]));
    assert_eq!(scene.record("main"), Scene::expected_record("main", false));
    // A branch called like the production index never gets its name.
    scene.branch("prod", 1);
    scene.push("prod").ok();
    let names = scene.index_names();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[2].starts_with("prod-") && names[2].len() == "prod-".len() + 7, "{names:?}");
}

#[test]
fn the_first_commits_of_its_own_are_recorded_once() {
    let scene = Scene::new();
    scene.branch("x", 0);
    scene.push("x").ok();
    assert_eq!(scene.record("x"), Scene::expected_record("x", false));
    let created = scene.index("x")["custom_data"]["git-devpi"]["created"].clone();
    // Somebody else's data beside ours stays.
    let mut data = scene.index("x")["custom_data"].clone();
    data["other"] = json!({"kept": true});
    scene.api().patch(&scene.user.index("x"), &json!({"custom_data": data}));
    scene.sandbox.commit_all(&scene.clone, "Its own");
    assert_eq!(scene.push("x").ok().stderr, "");
    assert_eq!(scene.record("x"), Scene::expected_record("x", true));
    let config = scene.index("x");
    assert_eq!(config["custom_data"]["git-devpi"]["created"], created);
    assert_eq!(config["custom_data"]["other"], json!({"kept": true}));
    scene.sandbox.commit_all(&scene.clone, "More");
    assert_eq!(scene.requests_of(|| drop(scene.push("x").ok())), 0);
}

#[test]
fn a_branch_that_is_pushed_with_its_release_branch_has_nothing_of_its_own() {
    let scene = Scene::new();
    scene.sandbox.commit_all(&scene.clone, "On main");
    scene.branch("x", 0);
    scene.git(&["push", "--quiet", "origin", "main", "x"]).ok();
    assert_eq!(scene.record("x"), Scene::expected_record("x", false));
}

#[test]
fn what_is_no_branch_of_this_remote_is_left_alone() {
    let scene = Scene::new();
    let elsewhere = scene.sandbox.bare_remote("fork.git");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    scene.git(&["remote", "add", "fork", &path(&elsewhere)]).ok();
    scene.branch("x", 1);
    scene.git(&["tag", "v1"]).ok();
    let requests = scene.requests_of(|| {
        scene.git(&["push", "--quiet", "fork", "x"]).ok();
        scene.git(&["push", "--quiet", &path(&elsewhere), "x:y"]).ok();
        scene.git(&["push", "--quiet", "origin", "v1", "x:refs/notes/x"]).ok();
        scene.git(&["push", "--quiet", "origin", "x:gh-pages"]).ok();
    });
    assert_eq!((requests, scene.index_names()), (0, vec![]));
    // The same remote by its URL is the same remote; what the local side is called does not matter.
    scene.git(&["push", "--quiet", &path(&scene.remote), "HEAD~0:refs/heads/by-url"]).ok();
    assert_eq!(scene.index_names(), ["by-url"]);
    assert_eq!(scene.record("by-url"), Scene::expected_record("by-url", true));
}

#[test]
fn a_deletion_is_noted_for_the_next_clean_up() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.push("x").ok();
    let requests = scene.requests_of(|| drop(scene.git(&["push", "--quiet", "origin", ":x"]).ok()));
    assert_eq!(requests, 0);
    assert!(read(&scene.state("deleted-branches.json")).contains("\"x\""));
}

#[test]
fn a_new_branch_asks_although_an_older_one_of_its_name_is_known() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.push("x").ok();
    // Somebody else deletes the branch and cleans up; this clone knows nothing of it.
    scene.sandbox.git(&scene.remote, &["branch", "--quiet", "-D", "x"]).ok();
    let index = scene.user.index("x");
    scene.api().patch(&index, &json!({"volatile": true}));
    scene.api().delete(&index);
    assert!(read(&scene.state("indexes.json")).contains("\"x\""));
    scene.push("x").ok();
    assert_eq!(scene.index_names(), ["x"]);
}

#[test]
fn a_dry_run_does_no_harm() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.git(&["push", "--quiet", "--dry-run", "origin", "x"]).ok();
    assert!(!scene.is_on_remote("x"));
    let made = scene.index_names();
    assert_eq!(scene.push("x").ok().stderr, "");
    assert_eq!((scene.index_names(), made), (vec!["x".to_owned()], vec!["x".to_owned()]));
}

#[test]
fn nothing_of_ours_gets_into_the_answer_of_git_push() {
    let scene = Scene::new();
    scene.branch("x", 1);
    let run = scene.git(&["push", "--porcelain", "origin", "x"]).ok();
    assert!(!run.stdout.contains("devpi"), "{run}");
    assert!(run.stderr.contains("devpi: x has the new index"), "{run}");
}

#[test]
fn every_name_that_git_takes_has_an_index_of_its_own() {
    let scene = Scene::new();
    let long = "l".repeat(250);
    let names = ["UPPER", "a.b", "a/b", "a-b", "ü", "🚀", "x'y\"z$(q)", &long, "prod", "+api"];
    for name in names {
        scene.branch(name, 1);
    }
    // In full: git takes a leading plus for "by force".
    let branches: Vec<String> = names.iter().map(|name| format!("refs/heads/{name}:refs/heads/{name}")).collect();
    let mut words = vec!["push", "--quiet", "origin"];
    words.extend(branches.iter().map(String::as_str));
    let run = scene.git(&words).ok();
    assert_eq!(run.stderr.lines().count(), 4, "three names and how many more: {run}");
    let indexes = scene.server.api().indexes(&scene.user.name);
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
    // Three branches meet at a-b: one has the name, the others have it with a hash.
    assert_eq!(indexes.keys().filter(|name| name.starts_with("a-b")).count(), 3);
}

#[test]
fn the_index_of_somebody_else_is_left_alone() {
    let scene = Scene::new();
    let api = scene.api();
    let other = json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/other", "branch": "x",
        "own_commits": true, "created": "2026-01-02T03:04:05Z"}});
    api.put(&scene.user.index("x"), &json!({"volatile": false, "custom_data": other, "title": "theirs"}));
    api.put(&scene.user.index("y"), &json!({"title": "by hand"}));
    let before = ["x", "y"].map(|name| scene.index(name));
    for name in ["x", "y"] {
        scene.branch(name, 1);
        scene.push(name).ok();
    }
    assert_eq!(["x", "y"].map(|name| scene.index(name)), before);
    let names = scene.index_names();
    assert_eq!(names.len(), 4, "{names:?}");
    for (branch, name) in [("x", &names[1]), ("y", &names[3])] {
        assert!(name.starts_with(&format!("{branch}-")), "{names:?}");
        assert_eq!(scene.record(name), Scene::expected_record(branch, true));
    }
}

#[test]
fn a_deletion_that_was_cut_off_is_undone_by_a_push() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.push("x").ok();
    scene.api().patch(&scene.user.index("x"), &json!({"volatile": true}));
    std::fs::remove_file(scene.state("indexes.json")).unwrap();
    scene.sandbox.commit_all(&scene.clone, "More");
    scene.push("x").ok();
    assert_eq!(scene.index("x")["volatile"], false);
}

#[test]
fn linked_worktrees_and_old_knowledge() {
    let scene = Scene::new();
    scene.git(&["worktree", "add", "--quiet", "-b", "linked", "../linked"]).ok();
    let linked = scene.sandbox.path("linked");
    scene.sandbox.commit_all(&linked, "Its own");
    scene.sandbox.git(&linked, &["push", "--quiet", "origin", "linked"]).ok();
    assert_eq!(scene.record("linked"), Scene::expected_record("linked", true));
    // What is known of another owner's indexes counts for nothing.
    let other = scene.server.user();
    scene.set("devpi.user", &other.name);
    let words = ["git-devpi", "login", "--password-stdin"];
    scene.sandbox.run_with_input(&scene.clone, &words, other.password.as_bytes()).ok();
    scene.sandbox.commit_all(&linked, "More");
    scene.sandbox.git(&linked, &["push", "--quiet", "origin", "linked"]).ok();
    assert_eq!(DevpiServer::shared().api().index_names(&other.name), ["linked"]);
}

#[test]
fn two_clones_that_push_at_once_make_one_index_each_branch() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.git(&["branch", "y", "x"]).ok();
    std::thread::scope(|scope| {
        for target in ["x:x", "y:y", "x:z", "y:X"] {
            let scene = &scene;
            scope.spawn(move || scene.git(&["push", "--quiet", "origin", target]).ok());
        }
    });
    let indexes = scene.server.api().indexes(&scene.user.name);
    let mut branches: Vec<&str> =
        indexes.values().map(|config| config["custom_data"]["git-devpi"]["branch"].as_str().unwrap()).collect();
    branches.sort_unstable();
    assert_eq!(branches, ["X", "x", "y", "z"]);
}
