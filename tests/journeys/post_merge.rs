//! The post-merge hook, called by real git: a pull or merge on `main` deletes the indexes of merged and deleted branches.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::prune_fixture::PruneFixture;
use crate::support::{DevpiServer, Proxy, Run};

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

/// The requests about the fixture's user and its indexes in the server's log.
fn requests(server: &DevpiServer, act: impl FnOnce()) -> usize {
    let before = server.requests_answered();
    act();
    server.requests_answered() - before
}

/// What the hook says about the end of `keep-for`: the names, and the time.
fn ending(run: &Run) -> Option<(String, String)> {
    let said = said(run);
    let line = said.iter().find(|line| line.ends_with(", or with `git devpi prune --now`"))?;
    let (names, rest) = line.split_once(" after ")?;
    Some((names.to_owned(), rest.split_once(", or").unwrap().0.to_owned()))
}

#[test]
fn an_index_that_was_not_used_for_a_while_goes_in_the_pull_that_brings_the_merge() {
    let server = DevpiServer::own();
    let (fixture, colleague) = fixture_on(&server);
    fixture.git(&["config", "--global", "devpi.keepFor", "2s"]);
    fixture.upload("x");
    std::thread::sleep(Duration::from_secs(4));
    merges(&fixture, &colleague, "x");
    let counted = requests(&server, || {
        let pull = fixture.git(&["pull", "--quiet"]);
        assert!(said(&pull)[0].starts_with("deleted "), "{pull}");
    });
    assert_eq!(fixture.indexes(), ["main"]);
    assert!(counted <= 9, "{counted} requests");
}

#[test]
fn within_keep_for_one_line_says_which_index_goes_and_when() {
    let server = DevpiServer::own();
    let (fixture, colleague) = fixture_on(&server);
    fixture.git(&["config", "--global", "devpi.keepFor", "1h"]);
    fixture.upload("x");
    fixture.branch("y");
    fixture.index("y", "y", true);
    fixture.upload("y");
    merges(&fixture, &colleague, "x");
    let pull = fixture.git(&["pull", "--quiet"]);
    let (names, time) = ending(&pull).unwrap_or_else(|| panic!("{pull}"));
    assert_eq!(names, format!("{} goes", fixture.user.index("x")));
    // An hour from now, to the minute, with a date only if it is another day.
    assert!(time.ends_with(" UTC") && (time.len() == "18:40 UTC".len() || time.len() > 20), "{pull}");
    assert_eq!(fixture.indexes(), ["main", "x", "y"]);
    // Once for each index; two at a time share the line.
    let push = |message: &str| {
        fixture.sandbox.commit_all(&colleague, message);
        fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    };
    push("More");
    assert_eq!(fixture.git(&["pull", "--quiet"]).stderr, "");
    // The branch is deleted on the remote: the same rule, and the same remedy.
    fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", ":y"]).ok();
    push("More still");
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!(ending(&pull).map(|(names, _)| names), Some(format!("{} goes", fixture.user.index("y"))), "{pull}");
    // A build on it moves the time, which is said again.
    std::thread::sleep(Duration::from_millis(1100));
    fixture.built("x", "1.1", &fixture.tip("main"));
    push("And more");
    let pull = fixture.git(&["pull", "--quiet"]);
    assert_eq!(ending(&pull).map(|(names, _)| names), Some(format!("{} goes", fixture.user.index("x"))), "{pull}");
    fixture.prune(&["--yes", "--now"]).ok();
    assert_eq!(fixture.indexes(), ["main"], "as the line says");
}

#[test]
fn a_pull_with_rebase_and_a_rebase_clean_up_too() {
    let (fixture, colleague) = fixture();
    fixture.install_hook(&fixture.clone, "post-rewrite");
    std::fs::remove_file(fixture.clone.join(".git/hooks/post-merge")).unwrap();
    merges(&fixture, &colleague, "x");
    // Commits of one's own are replayed: git runs no post-merge.
    fixture.sandbox.commit_all(&fixture.clone, "Mine");
    let pull = fixture.git(&["pull", "--quiet", "--rebase"]);
    assert!(said(&pull)[0].starts_with("deleted "), "{pull}");
    assert_eq!(fixture.indexes(), ["main"]);
    // Deleted on the remote, fetched, then a rebase of main.
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.branch("y");
    fixture.index("y", "y", true);
    fixture.sandbox.git(&colleague, &["pull", "--quiet"]).ok();
    fixture.sandbox.commit_all(&colleague, "Theirs");
    fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", "main", ":y"]).ok();
    fixture.sandbox.commit_all(&fixture.clone, "Mine too");
    fixture.git(&["fetch", "--quiet", "--prune"]);
    let rebase = fixture.git(&["rebase", "--quiet", "origin/main"]);
    assert!(said(&rebase)[0].starts_with("deleted "), "{rebase}");
    assert_eq!(fixture.indexes(), ["main"]);
}

#[test]
fn what_rewrites_no_release_branch_makes_no_request() {
    let server = DevpiServer::own();
    let (fixture, colleague) = fixture_on(&server);
    fixture.install_hook(&fixture.clone, "post-rewrite");
    merges(&fixture, &colleague, "x");
    let counted = requests(&server, || {
        fixture.git(&["commit", "--quiet", "--amend", "--allow-empty", "-m", "Amended"]);
        fixture.git(&["fetch", "--quiet"]);
        fixture.git(&["switch", "--quiet", "--create", "other", "origin/main~1"]);
        fixture.sandbox.commit_all(&fixture.clone, "Other");
        fixture.git(&["rebase", "--quiet", "origin/main"]);
    });
    assert_eq!((counted, fixture.indexes()), (0, vec!["main".to_owned(), "x".to_owned()]));
}

#[test]
fn a_pull_with_nothing_to_delete_asks_the_server_once() {
    let server = DevpiServer::own();
    let (fixture, colleague) = fixture_on(&server);
    for n in 0..20 {
        fixture.branch(&format!("live{n}"));
        fixture.index(&format!("live{n}"), &format!("live{n}"), true);
    }
    fixture.sandbox.git(&colleague, &["pull", "--quiet"]).ok();
    let pull_of = |message: &str| {
        fixture.sandbox.commit_all(&colleague, message);
        fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
        fixture.git(&["pull", "--quiet"])
    };
    assert_eq!(requests(&server, || assert_eq!(pull_of("More").stderr, "")), 1, "the list of indexes");
    fixture.git(&["config", "devpi.login", "another"]);
    assert_eq!(requests(&server, || assert_eq!(pull_of("Another's").stderr, "")), 0);
    fixture.git(&["config", "--unset", "devpi.login"]);
    assert_eq!(requests(&server, || drop(fixture.git(&["pull", "--quiet"]))), 0, "already up to date");
}

#[test]
fn a_doubtful_clock_of_the_server_is_said_once_and_deletes_nothing() {
    let proxy = Proxy::start(DevpiServer::shared().url());
    let (fixture, colleague) = fixture();
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    let words = ["git", "devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, format!("{}\n", fixture.user.password).as_bytes()).ok();
    merges(&fixture, &colleague, "x");
    proxy.set_date("Thu, 01 Jan 1970 00:00:00 GMT");
    let pull = fixture.git(&["pull", "--quiet"]);
    let said_now = said(&pull);
    assert!(
        said_now.len() == 1 && said_now[0].starts_with("no index is deleted: the server's clock says 1970"),
        "{pull}"
    );
    for (file, date) in [("a", "Thu, 01 Jan 1970 00:00:00 GMT"), ("b", "yesterday")] {
        proxy.set_date(date);
        fixture.sandbox.write(&colleague, file, "x");
        fixture.sandbox.commit_all(&colleague, "More");
        fixture.sandbox.git(&colleague, &["push", "--quiet"]).ok();
        assert!(said(&fixture.git(&["pull", "--quiet"])).is_empty(), "{date}");
    }
    assert_eq!(fixture.indexes(), ["main", "x"]);
}
