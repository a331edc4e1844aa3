//! A push of a user who cannot create indexes: what pre-push and `status` say, and how a login changes it.

use serde_json::Value;

use crate::push_fixture::PushFixture;
use crate::support::Run;

/// What the hook said in its one line.
#[track_caller]
fn line(run: &Run) -> &str {
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    run.stderr.trim_end().strip_prefix("devpi: ").unwrap_or_else(|| panic!("{run}"))
}

/// The index in `status --json`.
fn index(fixture: &PushFixture) -> Value {
    fixture.sandbox.devpi(&fixture.clone, &["status", "--json"]).ok().json()["index"].clone()
}

/// Checks that `status` promises no index, with this in the reason, and that a push creates none.
#[track_caller]
fn no_push_creates_it(fixture: &PushFixture, reason: &str) {
    let index = index(fixture);
    assert_eq!((&index["exists"], &index["next_push_creates_it"]), (&false.into(), &false.into()), "{index}");
    assert!(index["not_by_push"].as_str().unwrap().contains(reason), "{index}");
    let text = fixture.sandbox.devpi(&fixture.clone, &["status"]).ok().stdout;
    assert!(text.contains("the next push does not create it") && text.contains(reason), "{text}");
    let before = fixture.index_names();
    fixture.git(&["push", "--quiet", "origin", "HEAD"]).ok();
    assert_eq!(fixture.index_names(), before);
}

/// A PyPI-like package, which `status` needs to show a version.
fn with_project(fixture: PushFixture) -> PushFixture {
    let text = "[project]\nname = \"shiny\"\nversion = \"1.0\"\n";
    fixture.sandbox.write(&fixture.clone, "pyproject.toml", text);
    fixture.sandbox.commit_all(&fixture.clone, "A project");
    fixture.git(&["push", "--quiet", "origin", "main"]).ok();
    fixture
}

#[test]
fn without_a_login_each_branch_is_reported_once() {
    let fixture = PushFixture::without_login();
    let user = &fixture.user.name;
    for name in ["x", "y"] {
        fixture.branch(name, 1);
        let requests = fixture.requests_of(|| {
            let run = fixture.push(name).ok();
            let said = line(&run);
            assert!(said.starts_with(&format!("no index created for {name}: not logged in to ")), "{run}");
            assert!(said.contains(&format!("`git devpi login {} --login {user}`", fixture.server.url())), "{run}");
            assert!(said.contains("devpi.hooks.quiet"), "{run}");
            for _ in 0..2 {
                fixture.sandbox.commit_all(&fixture.clone, "More");
                assert_eq!(fixture.push(name).ok().stderr, "");
            }
        });
        assert_eq!(requests, 0);
    }
    // Several branches in one push share the line; those that were reported are left out.
    let run = fixture.git(&["push", "--quiet", "origin", "x:x", "x:a", "x:b", "x:c", "x:d"]).ok();
    assert!(line(&run).starts_with("no index created for a, b, c and 1 more: "), "{run}");
    // A branch that was deleted is new again.
    fixture.git(&["push", "--quiet", "origin", ":a"]).ok();
    let run = fixture.git(&["push", "--quiet", "origin", "x:a"]).ok();
    assert!(line(&run).starts_with("no index created for a: "), "{run}");
    // The login is the remedy: the next push creates the index of a branch that has been reported.
    fixture.log_in();
    fixture.sandbox.commit_all(&fixture.clone, "More");
    let run = fixture.git(&["push", "--quiet", "origin", "y"]).ok();
    assert_eq!(line(&run), format!("created the index {user}/y for y"));
}

#[test]
fn another_users_login_is_reported_once_for_each_branch() {
    let mut fixture = PushFixture::without_login();
    let (owner, other) = (fixture.user.name.clone(), fixture.server.user());
    fixture.branch("x", 1);
    // The setting names the other user.
    fixture.set("devpi.login", &other.name);
    let words = ["git-devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, other.password.as_bytes()).ok();
    let run = fixture.push("x").ok();
    assert!(line(&run).contains(&format!("logged in as {}", other.name)), "{run}");
    assert!(line(&run).contains("unset git config devpi.login"), "{run}");
    fixture.sandbox.commit_all(&fixture.clone, "More");
    assert_eq!(fixture.push("x").ok().stderr, "");
    // Only the other user is logged in. The command differs, so the reason is reported for the branch once more.
    fixture.git(&["config", "--unset", "devpi.login"]).ok();
    let run = fixture.git(&["push", "--quiet", "origin", "x:y"]).ok();
    assert!(line(&run).contains(&format!("`git devpi login --login {owner}`")), "{run}");
    // The owner's password gives a session.
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", "wrong");
    let run = fixture.git(&["push", "--quiet", "origin", "x:wrong"]).ok();
    assert!(line(&run).contains("not logged in"), "{run}");
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &fixture.user.password.clone());
    fixture.git(&["push", "--quiet", "origin", "x:right"]).ok();
    assert_eq!(fixture.index_names(), ["right"]);
}

#[test]
fn the_report_can_be_silenced_by_the_user_only() {
    let fixture = PushFixture::without_login();
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", "\"hooks.quiet\" = true\n");
    fixture.branch("x", 1);
    let run = fixture.push("x").ok();
    assert!(line(&run).contains("hooks.quiet"), "{run}");
    std::fs::remove_file(fixture.clone.join(".git-devpi.toml")).unwrap();
    for (n, quiet) in ["true", "on", "YES"].iter().enumerate() {
        fixture.set("devpi.hooks.quiet", quiet);
        assert_eq!(fixture.git(&["push", "--quiet", "origin", &format!("x:quiet{n}")]).ok().stderr, "");
    }
    for (n, loud) in ["false", "0"].iter().enumerate() {
        fixture.set("devpi.hooks.quiet", loud);
        let run = fixture.git(&["push", "--quiet", "origin", &format!("x:loud{n}")]).ok();
        assert!(line(&run).starts_with("no index created"), "{run}");
    }
    fixture.set("devpi.hooks.quiet", "often");
    let run = fixture.git(&["push", "--quiet", "origin", "x:often"]).ok();
    assert!(line(&run).contains("\"often\"") && line(&run).contains("neither true nor false"), "{run}");
    assert!(fixture.is_on_remote("often"));
}

#[test]
fn a_login_ends_every_backoff() {
    let mut fixture = PushFixture::new();
    let proxy = crate::support::Proxy::start(fixture.server.url());
    fixture.set("devpi.server", proxy.url());
    fixture.log_in();
    let creates = |fixture: &PushFixture, name: &str| {
        fixture.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{name}")]).ok();
        fixture.index_names().contains(&name.to_owned())
    };
    fixture.branch("x", 1);
    // The server is down: backoff for ten minutes, also when it is up again.
    proxy.inject_after(1, crate::support::Fault::GoDown(crate::support::Arrival::IsLost));
    assert!(!creates(&fixture, "down"));
    proxy.recover();
    assert!(!creates(&fixture, "up"), "the backoff is active");
    fixture.log_in();
    assert!(creates(&fixture, "after-login"));
    // A token of the same text, as of devpi-tokens, is a login too.
    proxy.inject_after(1, crate::support::Fault::GoDown(crate::support::Arrival::IsLost));
    assert!(!creates(&fixture, "down-again"));
    proxy.recover();
    let tokens = fixture.sandbox.path("home/git-devpi/config/tokens.json");
    let before = std::fs::read(&tokens).unwrap();
    fixture.log_in();
    std::fs::write(&tokens, before).unwrap();
    assert!(creates(&fixture, "same-token"));
    // A token that another verb renewed.
    proxy.inject_after(1, crate::support::Fault::GoDown(crate::support::Arrival::IsLost));
    assert!(!creates(&fixture, "down-once-more"));
    proxy.recover();
    let text = std::fs::read_to_string(&tokens).unwrap();
    let mut stored: Value = serde_json::from_str(&text).unwrap();
    stored[proxy.url()][&fixture.user.name]["token"] = "[\"x\", [], true].XgvfAA.signature".into();
    std::fs::write(&tokens, stored.to_string()).unwrap();
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &fixture.user.password.clone());
    fixture.sandbox.devpi(&fixture.clone, &["index", "create", "--branch", "made"]).ok();
    assert!(creates(&fixture, "renewed"));
}

#[test]
fn status_promises_only_what_a_push_does() {
    let mut fixture = with_project(PushFixture::without_login());
    fixture.branch("x", 1);
    no_push_creates_it(&fixture, "not logged in");
    fixture.log_in();
    // The push above has put the commit on the remote: nothing is left to push.
    no_push_creates_it(&fixture, "nothing to push");
    let more = |fixture: &PushFixture| drop(fixture.sandbox.commit_all(&fixture.clone, "More"));
    more(&fixture);
    fixture.set("devpi.ignoreBranches", "x y");
    no_push_creates_it(&fixture, "ignore-branches");
    fixture.git(&["config", "--unset", "devpi.ignoreBranches"]).ok();
    more(&fixture);
    fixture.sandbox.set("GIT_DEVPI_HOOKS", "0");
    no_push_creates_it(&fixture, "GIT_DEVPI_HOOKS=0");
    fixture.sandbox.unset("GIT_DEVPI_HOOKS");
    more(&fixture);
    fixture.sandbox.devpi(&fixture.clone, &["hooks", "uninstall"]).ok();
    no_push_creates_it(&fixture, "git devpi hooks install");
    fixture.sandbox.devpi(&fixture.clone, &["hooks", "install", "--mode", "file"]).ok();
    more(&fixture);
    assert_eq!(index(&fixture)["next_push_creates_it"], true);
    assert!(fixture.sandbox.devpi(&fixture.clone, &["status"]).ok().stdout.contains("the next push creates"));
    fixture.push("x").ok();
    assert_eq!(fixture.index_names(), ["x"]);
    // Another machine deletes the index; this clone's cache still has it.
    fixture.api().patch(&fixture.user.index("x"), &serde_json::json!({"volatile": true}));
    fixture.api().delete(&fixture.user.index("x"));
    more(&fixture);
    assert_eq!(index(&fixture)["next_push_creates_it"], true);
    fixture.push("x").ok();
    assert_eq!(fixture.index_names(), ["x"]);
    assert_eq!(index(&fixture)["exists"], true);
}
