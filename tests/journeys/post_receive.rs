//! The post-receive hook of a bare repository, called by real pushes: indexes by what really happened.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::prune_fixture::PruneFixture;
use crate::support::{DevpiServer, Fault, Proxy};

/// A fixture whose bare remote has the hook, and whose clone has none.
fn fixture_on(server: &DevpiServer) -> PruneFixture {
    let fixture = PruneFixture::on(server).without_grace();
    fixture.sandbox.devpi(&fixture.remote, &["hooks", "install", "--server-side"]).ok();
    fixture
}

/// The background processes of the bare repository.
fn workers(fixture: &PruneFixture) -> Vec<PathBuf> {
    let remote = fs::canonicalize(&fixture.remote).unwrap();
    let is_worker = |process: &PathBuf| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("finish-receive")
            && fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == remote)
    };
    fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(is_worker).collect()
}

#[track_caller]
fn wait_for_end(fixture: &PruneFixture) {
    let started = Instant::now();
    while !workers(fixture).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(100), "the background process does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn indexes_in_the_end(fixture: &PruneFixture) -> Vec<String> {
    wait_for_end(fixture);
    fixture.indexes()
}

/// The number of stored inputs.
fn stored(fixture: &PruneFixture) -> usize {
    fs::read_dir(fixture.remote.join("git-devpi/received")).map_or(0, Iterator::count)
}

#[test]
fn a_received_branch_gets_an_index_and_a_deleted_one_loses_it() {
    let fixture = fixture_on(DevpiServer::shared());
    fixture.branch("x");
    assert_eq!(indexes_in_the_end(&fixture), ["main", "x"]);
    let record = &fixture.api.index(&fixture.user.index("x")).unwrap()["custom_data"]["git-devpi"];
    assert_eq!((&record["repository"], &record["own_commits"]), (&"shiny".into(), &true.into()));
    // Merged and pushed: the bare repository sees it. Tags get nothing.
    fixture.branch("y");
    wait_for_end(&fixture);
    fixture.git(&["tag", "v1"]);
    fixture.merge(&["x"]);
    fixture.git(&["push", "--quiet", "origin", "v1"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main", "y"]);
    // A deletion that no pre-push hook sees: by mirror.
    fixture.git(&["branch", "-D", "y"]);
    fixture.git(&["push", "--quiet", "--mirror", "origin"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main"]);
    assert_eq!(stored(&fixture), 0);
}

#[test]
fn only_what_the_repository_accepted_counts() {
    let fixture = fixture_on(DevpiServer::shared());
    fixture.sandbox.write(&fixture.remote, "hooks/update", "#!/bin/sh\ntest \"$1\" != refs/heads/refused\n");
    let hook = fixture.remote.join("hooks/update");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let words = ["push", "--quiet", "origin", "main:refused", "main:accepted"];
    fixture.sandbox.git(&fixture.clone, &words).code(1);
    assert_eq!(indexes_in_the_end(&fixture), ["accepted", "main"]);
}

#[test]
fn a_push_of_two_hundred_refs_does_not_wait_and_all_get_indexes() {
    let server = DevpiServer::own();
    let fixture = fixture_on(&server);
    let input: String = (0..200).map(|n| format!("create refs/heads/b{n:03} HEAD\n")).collect();
    fixture.sandbox.run_with_input(&fixture.clone, &["git", "update-ref", "--stdin"], input.as_bytes()).ok();
    fixture.git(&["config", "--global", "devpi.bases", &fixture.user.index("main")]);
    let (before, started) = (server.requests_answered(), Instant::now());
    fixture.git(&["push", "--quiet", "origin", "refs/heads/b*:refs/heads/b*"]);
    let pushed = started.elapsed();
    assert!(pushed < Duration::from_secs(5), "{pushed:?}");
    wait_for_end(&fixture);
    let requests = server.requests_answered() - before;
    assert_eq!(fixture.indexes().len(), 201);
    assert!(requests <= 202, "{requests} requests");
    // Deleted in one push: as many as a run in the background reads, which is less than its limit here.
    fixture.git(&["config", "--global", "devpi.pruneLimit", "150"]);
    let deleted: Vec<String> = (0..200).map(|n| format!(":b{n:03}")).collect();
    let words: Vec<&str> =
        ["push", "--quiet", "origin"].into_iter().chain(deleted.iter().map(String::as_str)).collect();
    fixture.git(&words);
    assert_eq!(indexes_in_the_end(&fixture).len(), 161);
}

#[test]
fn the_pusher_does_not_wait_and_one_process_serves_every_push() {
    let server = DevpiServer::shared();
    let fixture = PruneFixture::on(server).without_grace();
    let proxy = Proxy::start(server.url());
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    let words = ["git", "devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, fixture.user.password.as_bytes()).ok();
    fixture.sandbox.devpi(&fixture.remote, &["hooks", "install", "--server-side"]).ok();
    proxy.inject_after(1, Fault::Call(Box::new(|| std::thread::sleep(Duration::from_secs(4)))));
    for name in ["x", "y", "z"] {
        let started = Instant::now();
        fixture
            .sandbox
            .run(&fixture.clone, "sh", &["-c", &format!("git push origin main:{name} 3>&1 2>&1 | cat")])
            .ok();
        assert!(started.elapsed() < Duration::from_secs(3), "{name}: {:?}", started.elapsed());
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(workers(&fixture).len(), 1, "{name}");
    }
    assert_eq!(indexes_in_the_end(&fixture), ["main", "x", "y", "z"]);
    // A killed one leaves its inputs, and the next push does the work.
    proxy.inject_after(1, Fault::Call(Box::new(|| std::thread::sleep(Duration::from_secs(4)))));
    fixture.git(&["push", "--quiet", "origin", "main:killed"]);
    std::thread::sleep(Duration::from_millis(500));
    for process in workers(&fixture) {
        let id = process.file_name().unwrap().to_str().unwrap().to_owned();
        fixture.sandbox.run(&fixture.clone, "kill", &["-KILL", &id]).ok();
    }
    wait_for_end(&fixture);
    assert_eq!((fixture.indexes().contains(&"killed".to_owned()), stored(&fixture)), (false, 1));
    fixture.git(&["push", "--quiet", "origin", "main:next"]);
    assert_eq!(indexes_in_the_end(&fixture), ["killed", "main", "next", "x", "y", "z"]);
    assert_eq!(stored(&fixture), 0);
}

#[test]
fn settings_come_from_the_release_branch_and_a_missing_login_is_reported_to_the_pusher() {
    let fixture = fixture_on(DevpiServer::shared());
    // The repository ignores a branch, by what is committed on main.
    let settings = "release-branches = [\"main\"]\nignore-branches = [\"wip/*\"]\n";
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", settings);
    fixture.sandbox.commit_all(&fixture.clone, "Settings");
    fixture.git(&["push", "--quiet", "origin", "main"]);
    fixture.git(&["push", "--quiet", "origin", "main:wip/x", "main:x"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main", "x"]);
    fixture.sandbox.devpi(&fixture.remote, &["logout"]).ok();
    let push = fixture.git(&["push", "--quiet", "origin", "main:y"]);
    assert!(push.stderr.contains("remote: devpi: no index created for y: not logged in"), "{push}");
    assert_eq!(fixture.git(&["push", "--quiet", "origin", ":y"]).stderr, "");
    assert_eq!(stored(&fixture), 0);
}

#[test]
fn the_hook_is_installed_in_bare_repositories_only() {
    let fixture = PruneFixture::new();
    let install = ["hooks", "install", "--server-side"];
    fixture.sandbox.devpi(&fixture.clone, &install).code(3).says("bare repository").says("git devpi hooks install");
    let foreign = fixture.remote.join("hooks/post-receive");
    fixture.sandbox.write(&fixture.remote, "hooks/post-receive", "#!/bin/sh\ncat >../seen\n");
    fs::set_permissions(&foreign, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fixture.sandbox.devpi(&fixture.remote, &install).code(5).says("--chain");
    fixture.sandbox.devpi(&fixture.remote, &["hooks", "status"]).code(1);
    let chained =
        fixture.sandbox.devpi(&fixture.remote, &[install.as_slice(), &["--chain", "--json"]].concat()).ok().json();
    assert_eq!(
        (&chained["hooks"][0]["event"], &chained["hooks"][0]["done"]),
        (&"post-receive".into(), &"chained".into())
    );
    fixture.sandbox.devpi(&fixture.remote, &["hooks", "status"]).ok();
    // Another remote does not decide about the branches here.
    fixture.sandbox.git(&fixture.remote, &["remote", "add", "backup", "/nowhere"]).ok();
    fixture.sandbox.devpi(&fixture.remote, &install).ok();
    fixture.git(&["push", "--quiet", "origin", "main:x"]);
    assert_eq!(indexes_in_the_end(&fixture), ["main", "x"]);
    assert!(fs::read_to_string(fixture.sandbox.path("seen")).unwrap().contains("refs/heads/x"));
    fixture.sandbox.devpi(&fixture.remote, &["hooks", "uninstall"]).ok();
    assert!(fs::read_to_string(&foreign).unwrap().contains("cat >../seen"));
}
