//! What the pre-push hook does when it cannot do its work: as little as possible, said once, and git goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pushing::{Scene, read};
use crate::support::Run;

/// A port where nobody listens.
fn nowhere() -> String {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}/")
}

/// The one line that a run says.
#[track_caller]
fn line(run: &Run) -> &str {
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    let line = run.stderr.trim_end();
    assert!(line.starts_with("devpi: "), "{run}");
    line
}

fn obstacle(scene: &Scene) -> String {
    let status = scene.sandbox.devpi(&scene.clone, &["hooks", "status", "--json"]).ok().json();
    status["pre_push_does_nothing"].as_str().unwrap_or_default().to_owned()
}

/// Changes the stored token.
fn change_token(scene: &Scene, change: impl Fn(&mut Value)) {
    let path = scene.sandbox.path("home/git-devpi/config/tokens.json");
    let mut tokens: Value = serde_json::from_str(&read(&path)).unwrap();
    change(&mut tokens[scene.server.url()][&scene.user.name]["token"]);
    std::fs::write(path, tokens.to_string()).unwrap();
}

#[test]
fn without_a_log_in_nothing_happens_and_nothing_is_said() {
    let mut scene = Scene::without_login();
    scene.branch("x", 1);
    let silent = |scene: &Scene, name: &str| {
        assert_eq!(scene.git(&["push", "--quiet", "origin", &format!("x:{name}")]).ok().stderr, "");
        assert!(scene.is_on_remote(name));
    };
    silent(&scene, "nobody");
    assert!(obstacle(&scene).contains("is not logged in"), "{}", obstacle(&scene));
    // A wrong password is no log-in either.
    scene.sandbox.set("GIT_DEVPI_PASSWORD", "wrong");
    silent(&scene, "wrong");
    scene.sandbox.unset("GIT_DEVPI_PASSWORD");
    // Somebody else.
    let other = scene.server.user();
    scene.set("devpi.login", &other.name);
    let words = ["git-devpi", "login", "--password-stdin"];
    scene.sandbox.run_with_input(&scene.clone, &words, other.password.as_bytes()).ok();
    silent(&scene, "other");
    assert!(obstacle(&scene).contains(&other.name), "{}", obstacle(&scene));
    assert!(scene.index_names().is_empty());
    // The password of the owner does.
    scene.git(&["config", "--unset", "devpi.login"]).ok();
    scene.sandbox.set("GIT_DEVPI_PASSWORD", &scene.user.password.clone());
    scene.git(&["push", "--quiet", "origin", "x:right"]).ok();
    assert_eq!(scene.index_names(), ["right"]);
}

#[test]
fn where_nobody_set_git_devpi_up_nothing_happens() {
    let scene = Scene::new();
    scene.git(&["config", "--unset", "devpi.server"]).ok();
    scene.branch("x", 1);
    assert_eq!(scene.push("x").ok().stderr, "");
    assert!(obstacle(&scene).contains("no server"), "{}", obstacle(&scene));
}

#[test]
fn a_server_that_is_down_is_said_once_and_then_left_alone() {
    let mut scene = Scene::new();
    let down = nowhere();
    scene.set("devpi.server", &down);
    scene.sandbox.set("GIT_DEVPI_PASSWORD", "any");
    scene.branch("x", 1);
    let started = Instant::now();
    let run = scene.push("x").ok();
    assert!(line(&run).contains("cannot reach"), "{run}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(scene.is_on_remote("x"));
    // Somebody listens there now, and hears nothing.
    let listener = std::net::TcpListener::bind(down.trim_start_matches("http://").trim_end_matches('/')).unwrap();
    listener.set_nonblocking(true).unwrap();
    scene.branch("y", 1);
    assert_eq!(scene.push("y").ok().stderr, "");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert!(obstacle(&scene).contains("could not be reached"), "{}", obstacle(&scene));
    // Another server, another matter.
    scene.set("devpi.server", scene.server.url());
    scene.branch("z", 1);
    scene.push("z").ok();
    assert_eq!(scene.index_names(), ["z"]);
}

#[test]
fn a_server_that_says_nothing_costs_five_seconds_at_most() {
    let mut scene = Scene::new();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    scene.set("devpi.server", &format!("http://{}/", listener.local_addr().unwrap()));
    scene.sandbox.set("GIT_DEVPI_PASSWORD", "any");
    scene.branch("x", 1);
    let started = Instant::now();
    let run = scene.push("x").ok();
    assert!(line(&run).contains("no response"), "{run}");
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
}

#[test]
fn block_stops_a_push_whose_index_cannot_be_made() {
    let mut scene = Scene::new();
    scene.set("devpi.onError", "block");
    scene.branch("x", 1);
    scene.set("devpi.server", &nowhere());
    scene.sandbox.set("GIT_DEVPI_PASSWORD", "any");
    // Quiet times count for nothing here: the second push is stopped too.
    for _ in 0..2 {
        let run = scene.push("x").code(1).says("devpi: cannot reach").says("devpi.onError");
        assert!(!run.stderr.contains("panicked"));
        assert!(!scene.is_on_remote("x"));
    }
    // What is no branch needs no index.
    scene.git(&["push", "--quiet", "origin", "x:refs/tags/t"]).ok();
    scene.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(scene.push("x").ok().stderr, "");
    scene.sandbox.unset("GIT_DEVPI_HOOKS").unset("GIT_DEVPI_PASSWORD");
    // Nobody logged in: no index either.
    scene.set("devpi.server", scene.server.url());
    scene.sandbox.devpi(&scene.clone, &["logout"]).ok();
    scene.git(&["push", "--quiet", "origin", "x:y"]).code(1).says("nobody is logged in");
    // A file that cannot be read hides the setting of nobody.
    scene.sandbox.write(&scene.clone, ".git-devpi.toml", "nonsense = 1\n");
    scene.git(&["push", "--quiet", "origin", "x:y"]).code(1).says("nonsense");
    scene.set("devpi.onError", "warn");
    let run = scene.git(&["push", "--quiet", "origin", "x:y"]).ok();
    assert!(line(&run).contains("nonsense"), "{run}");
}

#[test]
fn a_token_that_the_server_has_forgotten_is_renewed_where_a_password_is_at_hand() {
    let mut scene = Scene::new();
    change_token(&scene, |token| *token = json!("not-a-token-of-this-server"));
    scene.branch("x", 1);
    let run = scene.push("x").ok();
    assert!(line(&run).contains("has expired"), "{run}");
    assert!(scene.index_names().is_empty());
    scene.branch("y", 1);
    assert_eq!(scene.requests_of(|| assert_eq!(scene.push("y").ok().stderr, "")), 0, "said once, then still for a day");
    assert!(obstacle(&scene).contains("no rights"), "{}", obstacle(&scene));
    // A new log-in ends it.
    scene.log_in();
    scene.branch("z", 1);
    scene.push("z").ok();
    assert_eq!(scene.index_names(), ["z"]);
    change_token(&scene, |token| *token = json!("forgotten-again"));
    scene.sandbox.set("GIT_DEVPI_PASSWORD", &scene.user.password.clone());
    scene.branch("renewed", 1);
    scene.push("renewed").ok();
    assert_eq!(scene.index_names(), ["renewed", "z"]);
}

#[test]
fn a_token_that_has_run_out_is_renewed_by_gits_credential_helper() {
    let scene = Scene::new();
    // Signed in January 2020.
    change_token(&scene, |token| *token = json!("[\"x\", [], true].XgvfAA.signature"));
    scene.branch("x", 1);
    assert_eq!(obstacle(&scene).split(',').next().unwrap(), format!("the login of {} has expired", scene.user.name));
    let run = scene.push("x").ok();
    assert!(line(&run).contains("has expired") && run.stderr.contains("git devpi login"), "{run}");
    // Another token, so another log-in; this one runs out too, and a helper knows the password.
    change_token(&scene, |token| *token = json!("[\"x\", [], true].XgvfAQ.signature"));
    let helper = format!("!f() {{ echo username={}; echo password={}; }}; f", scene.user.name, scene.user.password);
    scene.set("credential.helper", &helper);
    scene.branch("y", 1);
    let run = scene.push("y").ok();
    assert!(line(&run).contains("y has the new index"), "{run}");
    assert_eq!(scene.index_names(), ["y"]);
    assert!(!read(&scene.sandbox.path("home/git-devpi/config/tokens.json")).contains(&scene.user.password));
}

#[test]
fn credentials_do_not_go_to_a_server_that_only_the_repository_names() {
    let mut scene = Scene::without_login();
    scene.git(&["config", "--unset", "devpi.server"]).ok();
    scene.sandbox.write(&scene.clone, ".git-devpi.toml", &format!("server = {:?}\n", scene.server.url()));
    scene.sandbox.set("GIT_DEVPI_PASSWORD", &scene.user.password.clone());
    scene.branch("x", 1);
    assert_eq!(scene.requests_of(|| assert_eq!(scene.push("x").ok().stderr, "")), 0);
    assert!(obstacle(&scene).contains("named by the repository only"), "{}", obstacle(&scene));
    scene.sandbox.set("GIT_DEVPI_SERVER", scene.server.url());
    scene.git(&["push", "--quiet", "origin", "x:y"]).ok();
    assert_eq!(scene.index_names(), ["y"]);
}

#[test]
fn both_names_taken_is_said_and_does_not_keep_other_branches_from_theirs() {
    let scene = Scene::new();
    scene.branch("x", 1);
    scene.push("x").ok();
    // Both names of the branch `X` will be somebody else's.
    scene.git(&["push", "--quiet", "origin", "x:X"]).ok();
    let names = scene.index_names();
    for name in &names {
        let foreign = json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "other", "branch": "x",
            "own_commits": true, "created": "2026-01-02T03:04:05Z"}});
        scene.api().patch(&scene.user.index(name), &json!({"custom_data": foreign}));
    }
    scene.git(&["push", "--quiet", "origin", ":X"]).ok();
    let run = scene.git(&["push", "--quiet", "origin", "x:X", "x:y"]).ok();
    assert!(line(&run).contains("no index for X"), "{run}");
    assert_eq!(scene.index_names().len(), 3);
    assert_eq!(scene.record("y"), Scene::expected_record("y", true));
}

#[test]
fn the_hook_by_hand_and_from_within_a_hook() {
    let mut scene = Scene::new();
    let url = scene.remote.to_str().unwrap().to_owned();
    let words = ["git-devpi", "hook", "pre-push", "origin", &url];
    let stdin = format!("x {} refs/heads/x {}\n", "1".repeat(40), "0".repeat(40));
    scene.sandbox.set("GIT_DEVPI_IN_HOOK", "1");
    assert_eq!(scene.sandbox.run_with_input(&scene.clone, &words, stdin.as_bytes()).ok().stderr, "");
    scene.sandbox.unset("GIT_DEVPI_IN_HOOK");
    assert!(scene.index_names().is_empty());
    // A commit that is not here tells nothing about own commits.
    scene.sandbox.run_with_input(&scene.clone, &words, stdin.as_bytes()).ok();
    assert_eq!(scene.record("x")["branch"], "x");
    for empty in ["", "nonsense\n", "\u{0}\u{0}"] {
        assert_eq!(scene.sandbox.run_with_input(&scene.clone, &words, empty.as_bytes()).ok().stderr, "");
    }
}
