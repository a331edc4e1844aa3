//! The post-merge hook, called by real git: after a pull or a merge on `main` the indexes of merged and deleted branches go.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{DevpiServer, Run};
use crate::team::Team;

/// A team where `x` has an index, and a colleague's clone without hooks, in which merges happen.
fn team() -> (Team, PathBuf) {
    team_on(DevpiServer::shared())
}

fn team_on(server: &DevpiServer) -> (Team, PathBuf) {
    let team = Team::on(server).without_grace();
    team.branch("x");
    team.index("x", "x", true);
    team.install_hook(&team.clone, "post-merge");
    let colleague = team.colleague();
    (team, colleague)
}

/// The colleague merges a branch, on the remote too.
fn merges(team: &Team, colleague: &std::path::Path, branch: &str) {
    team.sandbox.git(colleague, &["fetch", "--quiet"]).ok();
    team.sandbox.git(colleague, &["merge", "--quiet", "--no-ff", "-m", "Merge", &format!("origin/{branch}")]).ok();
    team.sandbox.git(colleague, &["push", "--quiet"]).ok();
}

/// What the hook said: nothing of ours goes to stdout, and every line begins alike.
#[track_caller]
fn said(run: &Run) -> Vec<String> {
    assert!(!run.stdout.contains("devpi:"), "{run}");
    run.stderr.lines().filter_map(|line| line.strip_prefix("devpi: ")).map(str::to_owned).collect()
}

#[test]
fn a_pull_takes_the_merged_branchs_index_away() {
    let (team, colleague) = team();
    let sha256 = team.upload("x");
    merges(&team, &colleague, "x");
    let pull = team.git(&["pull", "--quiet"]);
    assert_eq!(team.indexes(), ["main"]);
    let said = said(&pull);
    assert_eq!(said.len(), 1, "{pull}");
    assert!(said[0].starts_with(&format!("deleted {}", team.user.index("x"))), "{pull}");
    assert_eq!(team.logs()[0]["files"][0]["sha256"], sha256.as_str());
    // Nothing to say, nothing said.
    team.sandbox.commit_all(&colleague, "More");
    team.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    let pull = team.git(&["pull", "--quiet"]);
    assert_eq!((pull.stdout.as_str(), pull.stderr.as_str()), ("", ""));
}

#[test]
fn a_pull_takes_the_deleted_branchs_index_and_expired_claims_away() {
    let (team, colleague) = team();
    team.claim("x.claim-0123456789ab-1", "x", "2020-01-01T00:00:00Z");
    team.sandbox.commit_all(&colleague, "Unrelated");
    team.sandbox.git(&colleague, &["push", "--quiet", "origin", "main", ":x"]).ok();
    team.git(&["pull", "--quiet"]);
    assert_eq!(team.indexes(), ["main"]);
}

#[test]
fn a_merge_that_is_not_on_the_remote_yet_waits_for_it() {
    let (team, colleague) = team();
    let merge = team.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "x"]);
    assert_eq!(said(&merge), ["x merged here, and not on the remote yet: cleaned up when it is there"]);
    assert_eq!(team.indexes(), ["main", "x"]);
    team.git(&["push", "--quiet", "origin", "main"]);
    team.sandbox.git(&colleague, &["pull", "--quiet"]).ok();
    team.sandbox.commit_all(&colleague, "Next");
    team.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    team.git(&["pull", "--quiet"]);
    assert_eq!(team.indexes(), ["main"]);
}

#[test]
fn elsewhere_the_hook_asks_nobody() {
    let server = DevpiServer::own();
    let (mut team, colleague) = team_on(&server);
    merges(&team, &colleague, "x");
    let before = server.requests_answered();
    // Another branch, whatever is merged into it.
    team.git(&["switch", "--quiet", "--create", "other"]);
    team.git(&["fetch", "--quiet"]);
    assert_eq!(team.git(&["merge", "--quiet", "origin/main"]).stderr, "");
    team.git(&["switch", "--quiet", "main"]);
    // A squash merge has committed nothing yet.
    team.branch("squashed");
    assert_eq!(said(&team.git(&["merge", "--quiet", "--squash", "squashed"])), [""; 0]);
    team.git(&["reset", "--quiet", "--hard"]);
    team.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(team.git(&["pull", "--quiet"]).stderr, "");
    assert_eq!(server.requests_answered(), before);
    team.sandbox.unset("GIT_DEVPI_HOOKS");
    team.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    team.git(&["pull", "--quiet"]);
    assert_eq!(team.indexes(), ["main"], "where it is called, it works");
}

#[test]
fn without_a_log_in_or_as_somebody_else_it_is_silent() {
    let (team, colleague) = team();
    merges(&team, &colleague, "x");
    team.git(&["config", "devpi.login", "somebody-else"]);
    assert_eq!(team.git(&["pull", "--quiet"]).stderr, "");
    team.git(&["config", "--unset", "devpi.login"]);
    team.sandbox.devpi(&team.clone, &["logout"]).ok();
    team.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(team.git(&["pull", "--quiet"]).stderr, "");
    assert_eq!(team.indexes(), ["main", "x"]);
}

#[test]
fn a_server_that_is_down_is_said_once_and_stops_nothing() {
    let (team, colleague) = team();
    let server = DevpiServer::own();
    let elsewhere = Team::on(&server);
    merges(&team, &colleague, "x");
    // Logged in there, and then it goes down.
    let home = |team: &Team| team.sandbox.path("home/git-devpi/config");
    let tokens = |from: &Team, to: &Team| {
        for file in std::fs::read_dir(home(from)).unwrap().flatten() {
            std::fs::copy(file.path(), home(to).join(file.file_name())).unwrap();
        }
    };
    tokens(&elsewhere, &team);
    team.git(&["config", "devpi.server", server.url()]);
    team.git(&["config", "devpi.user", &elsewhere.user.name]);
    drop(server);
    std::thread::sleep(Duration::from_millis(500));
    let started = Instant::now();
    let pull = team.git(&["pull", "--quiet"]);
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!(said(&pull).len(), 1, "{pull}");
    team.sandbox.commit_all(&colleague, "More");
    team.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    assert_eq!(team.git(&["pull", "--quiet"]).stderr, "", "quiet for ten minutes");
}

#[test]
fn a_remote_that_does_not_answer_is_said_once() {
    let (team, _colleague) = team();
    for name in ["one", "two"] {
        team.branch(name);
    }
    std::fs::rename(&team.remote, team.sandbox.path("away")).unwrap();
    let merge = team.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "one"]);
    assert_eq!(said(&merge).len(), 1, "{merge}");
    assert_eq!(team.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "two"]).stderr, "");
    assert_eq!(team.indexes(), ["main", "x"]);
}

#[test]
fn more_than_the_limit_is_left_and_said() {
    let (team, colleague) = team();
    for n in 1..=7 {
        team.index(&format!("gone{n}"), &format!("gone/{n}"), true);
    }
    team.sandbox.commit_all(&colleague, "Unrelated");
    team.sandbox.git(&colleague, &["push", "--quiet"]).ok();
    let pull = team.git(&["pull", "--quiet"]);
    assert_eq!(team.indexes(), ["gone6", "gone7", "main", "x"]);
    let said = said(&pull);
    assert!(said[0].ends_with("deleted-indexes") && said[0].contains("and 2 more"), "{pull}");
    assert_eq!(said[1], "2 more may go: `git devpi prune`");
}
