//! Failures of the pre-push hook: it reports each once, and the push goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::push_fixture::{PushFixture, read};
use crate::support::Run;

/// The URL of a closed port.
fn closed_port_url() -> String {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}/")
}

/// The one line of a run's stderr.
#[track_caller]
fn line(run: &Run) -> &str {
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    let line = run.stderr.trim_end();
    assert!(line.starts_with("devpi: "), "{run}");
    line
}

fn skip_reason(fixture: &PushFixture) -> String {
    let status = fixture.sandbox.devpi(&fixture.clone, &["hooks", "status", "--json"]).ok().json();
    status["pre_push_does_nothing"].as_str().unwrap_or_default().to_owned()
}

/// Changes the stored token.
fn change_token(fixture: &PushFixture, change: impl Fn(&mut Value)) {
    let path = fixture.sandbox.path("home/git-devpi/config/tokens.json");
    let mut tokens: Value = serde_json::from_str(&read(&path)).unwrap();
    change(&mut tokens[fixture.server.url()][&fixture.user.name]["token"]);
    std::fs::write(path, tokens.to_string()).unwrap();
}

#[test]
fn without_settings_the_hook_does_nothing() {
    let fixture = PushFixture::new();
    fixture.git(&["config", "--unset", "devpi.server"]).ok();
    fixture.branch("x", 1);
    assert_eq!(fixture.push("x").ok().stderr, "");
    assert!(skip_reason(&fixture).contains("no server"), "{}", skip_reason(&fixture));
}

#[test]
fn an_unreachable_server_is_reported_once_and_then_skipped() {
    let mut fixture = PushFixture::new();
    let down = closed_port_url();
    fixture.set("devpi.server", &down);
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", "any");
    fixture.branch("x", 1);
    let started = Instant::now();
    let run = fixture.push("x").ok();
    assert!(line(&run).contains("cannot reach"), "{run}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(fixture.is_on_remote("x"));
    // A listener on that port gets no connection.
    let listener = std::net::TcpListener::bind(down.trim_start_matches("http://").trim_end_matches('/')).unwrap();
    listener.set_nonblocking(true).unwrap();
    fixture.branch("y", 1);
    assert_eq!(fixture.push("y").ok().stderr, "");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert!(skip_reason(&fixture).contains("the server was unreachable"), "{}", skip_reason(&fixture));
    // Another server has its own backoff.
    fixture.set("devpi.server", fixture.server.url());
    fixture.branch("z", 1);
    fixture.push("z").ok();
    assert_eq!(fixture.index_names(), ["z"]);
}

#[test]
fn a_silent_server_delays_a_push_by_five_seconds_at_most() {
    let mut fixture = PushFixture::new();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    fixture.set("devpi.server", &format!("http://{}/", listener.local_addr().unwrap()));
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", "any");
    fixture.branch("x", 1);
    let started = Instant::now();
    let run = fixture.push("x").ok();
    assert!(line(&run).contains("no response"), "{run}");
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
}

#[test]
fn block_stops_a_push_whose_index_cannot_be_created() {
    let mut fixture = PushFixture::new();
    fixture.set("devpi.onError", "block");
    fixture.branch("x", 1);
    fixture.set("devpi.server", &closed_port_url());
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", "any");
    // The backoff does not apply here: the second push fails too.
    for _ in 0..2 {
        let run = fixture.push("x").code(1).says("devpi: cannot reach").says("devpi.onError");
        assert!(!run.stderr.contains("panicked"));
        assert!(!fixture.is_on_remote("x"));
    }
    // Tags need no index.
    fixture.git(&["push", "--quiet", "origin", "x:refs/tags/t"]).ok();
    fixture.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(fixture.push("x").ok().stderr, "");
    fixture.sandbox.unset("GIT_DEVPI_HOOKS").unset("GIT_DEVPI_PASSWORD");
    // Without a login the hook cannot create the index.
    fixture.set("devpi.server", fixture.server.url());
    fixture.sandbox.devpi(&fixture.clone, &["logout"]).ok();
    fixture.git(&["push", "--quiet", "origin", "x:y"]).code(1).says("not logged in");
    // An invalid settings file does not hide git's configuration.
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", "nonsense = 1\n");
    fixture.git(&["push", "--quiet", "origin", "x:y"]).code(1).says("nonsense");
    fixture.set("devpi.onError", "warn");
    let run = fixture.git(&["push", "--quiet", "origin", "x:y"]).ok();
    assert!(line(&run).contains("nonsense"), "{run}");
}

#[test]
fn a_rejected_token_is_reported_once_or_renewed_with_a_password() {
    let mut fixture = PushFixture::new();
    change_token(&fixture, |token| *token = json!("not-a-token-of-this-server"));
    fixture.branch("x", 1);
    let run = fixture.push("x").ok();
    assert!(line(&run).contains("has expired"), "{run}");
    assert!(fixture.index_names().is_empty());
    fixture.branch("y", 1);
    assert_eq!(
        fixture.requests_of(|| assert_eq!(fixture.push("y").ok().stderr, "")),
        0,
        "reported once, then silent for a day"
    );
    assert!(skip_reason(&fixture).contains("the server did not allow it"), "{}", skip_reason(&fixture));
    // A new login ends the backoff.
    fixture.log_in();
    fixture.branch("z", 1);
    fixture.push("z").ok();
    assert_eq!(fixture.index_names(), ["z"]);
    change_token(&fixture, |token| *token = json!("forgotten-again"));
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &fixture.user.password.clone());
    fixture.branch("renewed", 1);
    fixture.push("renewed").ok();
    assert_eq!(fixture.index_names(), ["renewed", "z"]);
}

#[test]
fn an_expired_token_is_renewed_by_gits_credential_helper() {
    let fixture = PushFixture::new();
    // Signed in January 2020.
    change_token(&fixture, |token| *token = json!("[\"x\", [], true].XgvfAA.signature"));
    fixture.branch("x", 1);
    assert_eq!(
        skip_reason(&fixture).split(';').next().unwrap(),
        format!("the login of {} has expired", fixture.user.name)
    );
    let run = fixture.push("x").ok();
    assert!(line(&run).contains("has expired") && run.stderr.contains("git devpi login"), "{run}");
    // Another expired token; the credential helper has the password.
    change_token(&fixture, |token| *token = json!("[\"x\", [], true].XgvfAQ.signature"));
    let helper = format!("!f() {{ echo username={}; echo password={}; }}; f", fixture.user.name, fixture.user.password);
    fixture.set("credential.helper", &helper);
    fixture.branch("y", 1);
    let run = fixture.push("y").ok();
    assert!(line(&run).contains("created the index"), "{run}");
    assert_eq!(fixture.index_names(), ["y"]);
    assert!(!read(&fixture.sandbox.path("home/git-devpi/config/tokens.json")).contains(&fixture.user.password));
}

#[test]
fn credentials_do_not_go_to_a_server_that_only_the_repository_names() {
    let mut fixture = PushFixture::without_login();
    fixture.git(&["config", "--unset", "devpi.server"]).ok();
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", &format!("server = {:?}\n", fixture.server.url()));
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &fixture.user.password.clone());
    fixture.branch("x", 1);
    let requests = fixture.requests_of(|| {
        let run = fixture.push("x").ok();
        assert!(line(&run).contains("only the repository's settings name the server"), "{run}");
    });
    assert_eq!(requests, 0);
    assert!(
        skip_reason(&fixture).contains("only the repository's settings name the server"),
        "{}",
        skip_reason(&fixture)
    );
    fixture.sandbox.set("GIT_DEVPI_SERVER", fixture.server.url());
    fixture.git(&["push", "--quiet", "origin", "x:y"]).ok();
    assert_eq!(fixture.index_names(), ["y"]);
}

#[test]
fn a_branch_whose_names_are_taken_does_not_stop_other_branches() {
    let fixture = PushFixture::new();
    fixture.branch("x", 1);
    fixture.push("x").ok();
    // Both names of the branch `X` get foreign records.
    fixture.git(&["push", "--quiet", "origin", "x:X"]).ok();
    let names = fixture.index_names();
    for name in &names {
        let foreign = json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "other", "branch": "x",
            "own_commits": true, "created": "2026-01-02T03:04:05Z"}});
        fixture.api().patch(&fixture.user.index(name), &json!({"custom_data": foreign}));
    }
    fixture.git(&["push", "--quiet", "origin", ":X"]).ok();
    let run = fixture.git(&["push", "--quiet", "origin", "x:X", "x:y"]).ok();
    assert!(line(&run).contains("no free index name for X"), "{run}");
    assert_eq!(fixture.index_names().len(), 3);
    assert_eq!(fixture.record("y"), PushFixture::expected_record("y", true));
}

#[test]
fn the_hook_runs_by_hand_and_not_within_a_hook() {
    let mut fixture = PushFixture::new();
    let url = fixture.remote.to_str().unwrap().to_owned();
    let words = ["git-devpi", "hook", "pre-push", "origin", &url];
    let stdin = format!("x {} refs/heads/x {}\n", "1".repeat(40), "0".repeat(40));
    fixture.sandbox.set("GIT_DEVPI_IN_HOOK", "1");
    assert_eq!(fixture.sandbox.run_with_input(&fixture.clone, &words, stdin.as_bytes()).ok().stderr, "");
    fixture.sandbox.unset("GIT_DEVPI_IN_HOOK");
    assert!(fixture.index_names().is_empty());
    // A commit that the clone does not have gives no information about own commits.
    fixture.sandbox.run_with_input(&fixture.clone, &words, stdin.as_bytes()).ok();
    assert_eq!(fixture.record("x")["branch"], "x");
    for empty in ["", "nonsense\n", "\u{0}\u{0}"] {
        assert_eq!(fixture.sandbox.run_with_input(&fixture.clone, &words, empty.as_bytes()).ok().stderr, "");
    }
}
