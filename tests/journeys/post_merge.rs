//! The post-merge hook, called by real git: a pull or merge on `main` deletes the indexes of merged and deleted branches.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::prune_fixture::PruneFixture;
use crate::support::{DevpiServer, Run};

/// A fixture where `x` has an index, and a colleague's clone without hooks, in which merges happen.
fn fixture() -> (PruneFixture, PathBuf) {
    fixture_on(DevpiServer::shared())
}

fn fixture_on(server: &DevpiServer) -> (PruneFixture, PathBuf) {
    let fixture = PruneFixture::on(server).without_grace();
    fixture.branch("x");
    fixture.index("x", "x", true);
    fixture.install_hook(&fixture.clone, "post-merge");
    let colleague = fixture.colleague();
    (fixture, colleague)
}

/// The colleague merges a branch and pushes.
fn merges(fixture: &PruneFixture, colleague: &std::path::Path, branch: &str) {
    fixture.sandbox.git(colleague, &["fetch", "--quiet"]).ok();
    fixture.sandbox.git(colleague, &["merge", "--quiet", "--no-ff", "-m", "Merge", &format!("origin/{branch}")]).ok();
    fixture.sandbox.git(colleague, &["push", "--quiet"]).ok();
}

/// The messages of the hook: lines on stderr with a prefix, and nothing on stdout.
#[track_caller]
fn said(run: &Run) -> Vec<String> {
    assert!(!run.stdout.contains("devpi:"), "{run}");
    run.stderr.lines().filter_map(|line| line.strip_prefix("devpi: ")).map(str::to_owned).collect()
}

#[test]
fn a_pull_deletes_the_index_of_a_merged_branch() {
    let (fixture, colleague) = fixture();
    let sha256 = fixture.upload("x");
    merges(&fixture, &colleague, "x");
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
    let said = said(&pull);
    assert_eq!(said.len(), 1, "{pull}");
    assert!(said[0].starts_with(&format!("deleted {}", fixture.user.index("x"))), "{pull}");
    assert_eq!(fixture.logs()[0]["files"][0]["sha256"], sha256.as_str());
    // Without changes the hook prints nothing.
    fixture.sandbox.commit_all(&colleague, "More");
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!((pull.stdout.as_str(), pull.stderr.as_str()), ("", ""));
}

#[test]
fn a_pull_deletes_the_index_of_a_deleted_branch_and_expired_claims() {
    let (fixture, colleague) = fixture();
    fixture.claim("x.claim-0123456789ab-1", "x", "2020-01-01T00:00:00Z");
    fixture.sandbox.commit_all(&colleague, "Unrelated");
    fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", "main", ":x"]).ok();
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn a_merge_that_is_not_pushed_deletes_nothing_yet() {
    let (fixture, colleague) = fixture();
    let merge = fixture.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "x"]);
    assert_eq!(said(&merge), ["x: merged here, not on the remote yet; indexes stay until the remote has the merge"]);
    assert_eq!(fixture.indexes(), ["main", "x"]);
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.sandbox.git(&colleague, &["pull", "--quiet"]).ok();
    fixture.sandbox.commit_all(&colleague, "Next");
    fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn on_other_branches_the_hook_makes_no_request() {
    let server = DevpiServer::own();
    let (mut fixture, colleague) = fixture_on(&server);
    merges(&fixture, &colleague, "x");
    let before = server.requests_answered();
    // A merge into another branch.
    fixture.git(&["switch", "--quiet", "--create", "other"]);
    fixture.git(&["fetch", "--quiet"]);
    assert_eq!(fixture.git(&["merge", "--quiet", "origin/main"]).stderr, "");
    fixture.git(&["switch", "--quiet", "main"]);
    // A squash merge creates no commit.
    fixture.branch("squashed");
    assert_eq!(said(&fixture.git(&["merge", "--quiet", "--squash", "squashed"])), [""; 0]);
    fixture.git(&["reset", "--quiet", "--hard"]);
    fixture.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "");
    assert_eq!(server.requests_answered(), before);
    fixture.sandbox.unset("GIT_DEVPI_HOOKS");
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    fixture.git(&["pull", "--quiet"]);
    assert_eq!(fixture.indexes(), ["main"], "the hook works on main");
}

#[test]
fn without_a_login_as_owner_the_hook_prints_nothing() {
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
fn an_unreachable_server_is_reported_once_and_stops_no_merge() {
    let (fixture, colleague) = fixture();
    let server = DevpiServer::own();
    let elsewhere = PruneFixture::on(&server);
    merges(&fixture, &colleague, "x");
    // A login there, before the server goes down.
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
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "", "the hook makes no request for ten minutes");
}

#[test]
fn an_unreachable_remote_is_reported_once() {
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
fn indexes_above_the_limit_are_kept_and_reported() {
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
