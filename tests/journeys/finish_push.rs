//! The finisher: after a real `git push` of a release branch or of a deletion, indexes go without anybody's doing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::prune_fixture::PruneFixture;
use crate::support::{DevpiServer, Fault, Proxy};

/// A fixture with pre-push; `x` has an index, and is merged into `main` here, not on the remote.
fn fixture_on(server: &DevpiServer) -> PruneFixture {
    let fixture = PruneFixture::on(server).without_grace();
    fixture.branch("x");
    fixture.index("x", "x", true);
    fixture.install_hook(&fixture.clone, "pre-push");
    // The clone knows the index of `main`, so that pre-push asks nothing.
    fixture.sandbox.commit_all(&fixture.clone, "Known");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    wait_for_end(&fixture);
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "x"]);
    fixture
}

fn fixture() -> PruneFixture {
    fixture_on(DevpiServer::shared())
}

/// The processes of finishers in the clone.
fn finishers(clone: &Path) -> Vec<PathBuf> {
    let clone = fs::canonicalize(clone).unwrap();
    let is_finisher = |process: &PathBuf| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("finish-push")
            && fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == clone)
    };
    fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(is_finisher).collect()
}

/// Waits until this holds, for ten seconds at the most.
#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn wait_for_end(fixture: &PruneFixture) {
    wait_for_finishers(&fixture.clone);
}

/// Waits until no background process cleans up after a push from `clone`.
#[track_caller]
pub fn wait_for_finishers(clone: &Path) {
    wait_until("the finisher ends", || finishers(clone).is_empty());
}

/// The names of indexes after the finisher has ended.
#[track_caller]
fn indexes_in_the_end(fixture: &PruneFixture) -> Vec<String> {
    wait_for_end(fixture);
    fixture.indexes()
}

fn notes(fixture: &PruneFixture) -> String {
    fs::read_to_string(fixture.clone.join(".git/git-devpi/unfinished-push.json")).unwrap_or_default()
}

#[test]
fn after_a_push_of_main_the_indexes_of_merged_branches_go() {
    let fixture = fixture();
    let sha256 = fixture.upload("x");
    let push = fixture.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!((push.stdout.as_str(), push.stderr.as_str()), ("", ""));
    assert_eq!(indexes_in_the_end(&fixture), ["main"]);
    assert_eq!(fixture.logs()[0]["files"][0]["sha256"], sha256.as_str());
    assert_eq!(notes(&fixture), "");
}

#[test]
fn after_a_push_of_a_deletion_the_index_goes() {
    let fixture = fixture();
    for name in ["y", "z"] {
        fixture.branch(name);
    }
    // By the name of the remote and by its URL, for which git updates no remote-tracking branch.
    fixture.git(&["push", "--quiet", "origin", ":x"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main", "y", "z"]);
    fixture.git(&["push", "--quiet", fixture.remote.to_str().unwrap(), ":y"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main", "z"]);
    assert_eq!(notes(&fixture), "");
}

#[test]
fn a_push_that_fails_or_is_a_dry_run_leads_to_no_request() {
    let server = DevpiServer::own();
    let mut fixture = fixture_on(&server);
    let before = server.requests_answered();
    fixture.git(&["push", "--quiet", "--dry-run", "origin", "main"]);
    wait_for_end(&fixture);
    let refuse = "#!/bin/sh\necho refused >&2\nexit 1\n";
    fixture.sandbox.write(&fixture.remote, "hooks/pre-receive", refuse);
    let hook = fixture.remote.join("hooks/pre-receive");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for refs in [["main", "main"], ["main", ":x"]] {
        fixture.sandbox.git(&fixture.clone, &["push", "--quiet", "origin", refs[0], refs[1]]).code(1);
        wait_for_end(&fixture);
    }
    // A later hook of the user refuses it.
    fixture.sandbox.write(&fixture.clone, ".git/hooks/pre-push", "#!/bin/sh\ngit-devpi hook pre-push \"$@\"\nexit 1\n");
    fs::remove_file(&hook).unwrap();
    fixture.sandbox.git(&fixture.clone, &["push", "--quiet", "origin", "main"]).code(1);
    wait_for_end(&fixture);
    fixture.install_hook(&fixture.clone, "pre-push");
    // In CI there is none.
    fixture.sandbox.set("CI", "true");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    assert!(finishers(&fixture.clone).is_empty());
    assert_eq!((server.requests_answered() - before, notes(&fixture)), (0, String::new()));
    assert_eq!(fixture.indexes(), ["main", "x"]);
    fixture.sandbox.unset("CI");
    // The next push of any branch has nothing noted, and the next of main does it.
    fixture.sandbox.commit_all(&fixture.clone, "Next");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main"]);
}

/// A fixture whose requests go through a proxy.
fn behind_proxy() -> (PruneFixture, Proxy) {
    let server = DevpiServer::shared();
    let fixture = PruneFixture::on(server).without_grace();
    let proxy = Proxy::start(server.url());
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    let words = ["git", "devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, fixture.user.password.as_bytes()).ok();
    fixture.branch("x");
    fixture.index("x", "x", true);
    fixture.install_hook(&fixture.clone, "pre-push");
    fixture.sandbox.commit_all(&fixture.clone, "Known");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    wait_for_end(&fixture);
    (fixture, proxy)
}

#[test]
fn no_reader_of_a_push_waits_for_the_finisher() {
    let (fixture, proxy) = behind_proxy();
    let lines = [
        "git push --quiet origin main | cat",
        "git push --quiet origin main 2>&1 | cat",
        "git push --quiet origin main 3>&1 >/dev/null 2>&1 | cat",
        "out=$(git push --quiet origin main 9>&1 2>&1)",
    ];
    for line in lines {
        proxy.inject_after(1, Fault::Call(Box::new(|| std::thread::sleep(Duration::from_secs(4)))));
        fixture.sandbox.commit_all(&fixture.clone, "More");
        let started = Instant::now();
        fixture.sandbox.run(&fixture.clone, "sh", &["-c", line]).ok();
        let elapsed = started.elapsed();
        assert_eq!(finishers(&fixture.clone).len(), 1, "{line}: it is at work");
        assert!(elapsed < Duration::from_secs(3), "{line}: {elapsed:?}");
        wait_for_end(&fixture);
    }
}

#[test]
fn one_finisher_at_a_time_serves_every_push() {
    let (fixture, proxy) = behind_proxy();
    for name in ["y", "z"] {
        fixture.branch(name);
    }
    wait_for_end(&fixture);
    proxy.inject_after(1, Fault::Call(Box::new(|| std::thread::sleep(Duration::from_secs(3)))));
    fixture.git(&["push", "--quiet", "origin", ":x"]);
    wait_until("the finisher asks the server", || proxy.has_injected());
    for name in ["y", "z"] {
        fixture.git(&["push", "--quiet", "origin", &format!(":{name}")]);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(finishers(&fixture.clone).len(), 1);
    }
    assert_eq!(indexes_in_the_end(&fixture), ["main"], "also the pushes during its work");
}

#[test]
fn what_a_killed_finisher_left_the_next_push_does() {
    let (fixture, proxy) = behind_proxy();
    proxy.inject_after(1, Fault::Call(Box::new(|| std::thread::sleep(Duration::from_secs(5)))));
    fixture.git(&["push", "--quiet", "origin", ":x"]);
    wait_until("the finisher asks the server", || proxy.has_injected());
    for process in finishers(&fixture.clone) {
        let id = process.file_name().unwrap().to_str().unwrap().to_owned();
        fixture.sandbox.run(&fixture.clone, "kill", &["-KILL", &id]).ok();
    }
    wait_for_end(&fixture);
    assert_eq!(fixture.indexes(), ["main", "x"]);
    assert!(notes(&fixture).contains("\"x\""));
    // A push of another branch.
    fixture.branch("y");
    assert_eq!(indexes_in_the_end(&fixture), ["main", "y"]);
}

#[test]
fn a_push_after_fetch_prune_cleans_up() {
    let fixture = fixture();
    // The hook knows the branches of this clone's pushes.
    fixture.branch("y");
    let colleague = fixture.colleague();
    fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", ":y"]).ok();
    fixture.git(&["fetch", "--quiet", "--prune"]);
    assert_eq!(fixture.indexes(), ["main", "x", "y"]);
    fixture.branch("z");
    assert_eq!(indexes_in_the_end(&fixture), ["main", "x", "z"]);
    assert_eq!(notes(&fixture), "");
}

#[test]
fn an_index_within_keep_for_goes_with_a_push_after_it() {
    let fixture = fixture();
    fixture.git(&["config", "--global", "devpi.keepFor", "4s"]);
    fixture.upload("x");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main", "x"]);
    fixture.branch("y");
    assert!(finishers(&fixture.clone).is_empty(), "nothing is due");
    std::thread::sleep(Duration::from_secs(5));
    fixture.branch("z");
    assert_eq!(indexes_in_the_end(&fixture), ["main", "y", "z"]);
}

#[test]
fn without_a_login_as_owner_there_is_no_finisher() {
    let fixture = fixture();
    fixture.git(&["config", "devpi.login", "another"]);
    fixture.sandbox.git(&fixture.clone, &["push", "--quiet", "origin", "main"]).ok();
    assert!(finishers(&fixture.clone).is_empty());
    assert_eq!((fixture.indexes(), notes(&fixture)), (vec!["main".to_owned(), "x".to_owned()], String::new()));
}
