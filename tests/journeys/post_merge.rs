//! The post-merge hook, called by real git: after a pull or a merge on `main` the indexes of merged and deleted branches go.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::prune_fixture::PruneFixture;
use crate::support::{DevpiServer, Run};

/// A fixture where `x` has an index, and a colleague's clone without hooks, in which merges happen.
fn fixture() -> (PruneFixture, PathBuf) {
    team_on(DevpiServer::shared())
}

fn team_on(server: &DevpiServer) -> (PruneFixture, PathBuf) {
    let fixture = PruneFixture::on(server).without_grace();
    fixture.branch("x");
    fixture.index("x", "x", true);
    fixture.install_hook(&fixture.clone, "post-merge");
    let colleague = fixture.colleague();
    (fixture, colleague)
}

/// The colleague merges a branch, on the remote too.
fn merges(fixture: &PruneFixture, colleague: &std::path::Path, branch: &str) {
    fixture.sandbox.git(colleague, &["fetch", "--quiet"]).ok();
    fixture.sandbox.git(colleague, &["merge", "--quiet", "--no-ff", "-m", "Merge", &format!("origin/{branch}")]).ok();
    fixture.sandbox.git(colleague, &["push", "--quiet"]).ok();
}

/// What the hook said: nothing of ours goes to stdout, and every line begins alike.
#[track_caller]
fn said(run: &Run) -> Vec<String> {
    assert!(!run.stdout.contains("devpi:"), "{run}");
    run.stderr.lines().filter_map(|line| line.strip_prefix("devpi: ")).map(str::to_owned).collect()
}

#[test]
fn a_pull_takes_the_merged_branchs_index_away() {
    let (fixture, colleague) = fixture();
    let sha256 = fixture.upload("x");
    merges(&fixture, &colleague, "x");
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
    let said = said(&pull);
    assert_eq!(said.len(), 1, "{pull}");
    assert!(said[0].starts_with(&format!("deleted {}", fixture.user.index("x"))), "{pull}");
    assert_eq!(fixture.logs()[0]["files"][0]["sha256"], sha256.as_str());
    // Nothing to say, nothing said.
    fixture.sandbox.commit_all(&colleague, "More");
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!((pull.stdout.as_str(), pull.stderr.as_str()), ("", ""));
}

#[test]
fn a_pull_takes_the_deleted_branchs_index_and_expired_claims_away() {
    let (fixture, colleague) = fixture();
    fixture.claim("x.claim-0123456789ab-1", "x", "2020-01-01T00:00:00Z");
    fixture.sandbox.commit_all(&colleague, "Unrelated");
    fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", "main", ":x"]).ok();
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn a_merge_that_is_not_on_the_remote_yet_waits_for_it() {
    let (fixture, colleague) = fixture();
    let merge = fixture.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "x"]);
    assert_eq!(said(&merge), ["x: merged here, not on the remote yet; deleted once the remote has the merge"]);
    assert_eq!(fixture.indexes(), ["main", "x"]);
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.sandbox.git(&colleague, &["pull", "--quiet"]).ok();
    fixture.sandbox.commit_all(&colleague, "Next");
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn elsewhere_the_hook_asks_nobody() {
    let server = DevpiServer::own();
    let (mut fixture, colleague) = team_on(&server);
    merges(&fixture, &colleague, "x");
    let before = server.requests_answered();
    // Another branch, whatever is merged into it.
    fixture.git(&["switch", "--quiet", "--create", "other"]);
    fixture.git(&["fetch", "--quiet"]);
    assert_eq!(fixture.git(&["merge", "--quiet", "origin/main"]).stderr, "");
    fixture.git(&["switch", "--quiet", "main"]);
    // A squash merge has committed nothing yet.
    fixture.branch("squashed");
    assert_eq!(said(&fixture.git(&["merge", "--quiet", "--squash", "squashed"])), [""; 0]);
    fixture.git(&["reset", "--quiet", "--hard"]);
    fixture.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "");
    assert_eq!(server.requests_answered(), before);
    fixture.sandbox.unset("GIT_DEVPI_HOOKS");
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"], "where it is called, it works");
}

#[test]
fn without_a_log_in_or_as_somebody_else_it_is_silent() {
    let (fixture, colleague) = fixture();
    merges(&fixture, &colleague, "x");
    fixture.git(&["config", "devpi.login", "somebody-else"]);
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "");
    fixture.git(&["config", "--unset", "devpi.login"]);
    fixture.sandbox.devpi(&fixture.clone, &["logout"]).ok();
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "");
    assert_eq!(fixture.indexes(), ["main", "x"]);
}

#[test]
fn a_server_that_is_down_is_said_once_and_stops_nothing() {
    let (fixture, colleague) = fixture();
    let server = DevpiServer::own();
    let elsewhere = PruneFixture::on(&server);
    merges(&fixture, &colleague, "x");
    // Logged in there, and then it goes down.
    let home = |fixture: &PruneFixture| fixture.sandbox.path("home/git-devpi/config");
    let tokens = |from: &PruneFixture, to: &PruneFixture| {
        for file in std::fs::read_dir(home(from)).unwrap().flatten() {
            std::fs::copy(file.path(), home(to).join(file.file_name())).unwrap();
        }
    };
    tokens(&elsewhere, &fixture);
    fixture.git(&["config", "devpi.server", server.url()]);
    fixture.git(&["config", "devpi.user", &elsewhere.user.name]);
    drop(server);
    std::thread::sleep(Duration::from_millis(500));
    let started = Instant::now();
    let pull = fixture.git(&["pull", "--quiet"]);
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!(said(&pull).len(), 1, "{pull}");
    fixture.sandbox.commit_all(&colleague, "More");
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "", "quiet for ten minutes");
}

#[test]
fn a_remote_that_does_not_answer_is_said_once() {
    let (fixture, _colleague) = fixture();
    for name in ["one", "two"] {
        fixture.branch(name);
    }
    std::fs::rename(&fixture.remote, fixture.sandbox.path("away")).unwrap();
    let merge = fixture.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "one"]);
    assert_eq!(said(&merge).len(), 1, "{merge}");
    assert_eq!(fixture.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "two"]).stderr, "");
    assert_eq!(fixture.indexes(), ["main", "x"]);
}

#[test]
fn more_than_the_limit_is_left_and_said() {
    let (fixture, colleague) = fixture();
    for n in 1..=7 {
        fixture.index(&format!("gone{n}"), &format!("gone/{n}"), true);
    }
    fixture.sandbox.commit_all(&colleague, "Unrelated");
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["gone6", "gone7", "main", "x"]);
    let said = said(&pull);
    assert!(said[0].ends_with("deleted-indexes") && said[0].contains("and 2 more"), "{pull}");
    assert_eq!(said[1], "2 more stale indexes: `git devpi prune` deletes them");
}
