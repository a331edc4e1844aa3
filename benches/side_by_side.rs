//! Figures side by side: git-devpi against a command that does the same by other means, in one run, in turns.
//!
//! `cargo bench` prints a line for each budget: medians, their ratio, and the requests that the server answered. Absolute times say
//! little about another machine; the ratios do.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::{DevpiServer, PythonProject, Sandbox, TestUser, Tools};

fn main() {
    let mut sandbox = Sandbox::with_tools();
    let server = DevpiServer::own();
    let user = server.user();
    let folder = set_up(&mut sandbox, &server, &user);
    start(&sandbox);
    pre_push(&sandbox, &server, &folder);
    ensure(&mut sandbox, &server, (&user, &folder));
    status(&sandbox, &server, (&user, &folder));
}

/// A repository with a remote, the project, the hook and a log-in.
fn set_up(sandbox: &mut Sandbox, server: &DevpiServer, user: &TestUser) -> PathBuf {
    let remote = sandbox.bare_remote("remote.git");
    let folder = sandbox.repository("work");
    PythonProject::new().version("1.4").write(&folder);
    sandbox.commit_all(&folder, "first");
    for (key, value) in [("server", server.url()), ("user", &user.name), ("releaseBranches", "main")] {
        sandbox.git(&folder, &["config", &format!("devpi.{key}"), value]).ok();
    }
    sandbox.git(&folder, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
    let login = ["git-devpi", "login", server.url(), "--login", &user.name, "--password-stdin"];
    sandbox.run_with_input(&folder, &login, user.password.as_bytes()).ok();
    sandbox.git(&folder, &["push", "--quiet", "-u", "origin", "main"]).ok();
    sandbox.devpi(&folder, &["hooks", "install", "--mode", "file"]).ok();
    folder
}

fn start(sandbox: &Sandbox) {
    let home = sandbox.path("home");
    let ours = || drop(sandbox.run(&home, "git-devpi", &["--version"]).ok());
    let theirs = || drop(sandbox.run(&home, "git", &["--version"]).ok());
    report("start, against git --version", in_turns(60, ours, theirs), None);
}

fn pre_push(sandbox: &Sandbox, server: &DevpiServer, folder: &Path) {
    let tip = sandbox.git(folder, &["rev-parse", "HEAD"]).ok().text().to_owned();
    let null = "0".repeat(40);
    let hook = folder.join(".git/hooks/pre-push");
    let empty = folder.join(".git/empty-hook");
    std::fs::write(&empty, "#!/bin/sh\n").unwrap();
    let remote = sandbox.git(folder, &["remote", "get-url", "origin"]).ok().text().to_owned();
    let run = |hook: &Path, line: &str| {
        let words = ["sh", hook.to_str().unwrap(), "origin", &remote];
        sandbox.run_with_input(folder, &words, line.as_bytes()).ok();
    };
    let update = format!("refs/heads/main {tip} refs/heads/main {tip}\n");
    run(&hook, &format!("refs/heads/main {tip} refs/heads/main {null}\n"));
    let before = server.requests_answered();
    let times = in_turns(40, || run(&hook, &update), || run(&empty, &update));
    report("pre-push, index known, against an empty sh hook", times, Some(server.requests_answered() - before));

    let mut count = 0;
    let before = server.requests_answered();
    let new_branch = || {
        count += 1;
        run(&hook, &format!("refs/heads/b{count} {tip} refs/heads/b{count} {null}\n"));
    };
    let took = median(repeat(10, new_branch));
    println!(
        "pre-push, new branch: {:.1} ms, {:.1} requests each",
        millis(took),
        (server.requests_answered() - before) as f64 / 10.0
    );
}

fn ensure(sandbox: &mut Sandbox, server: &DevpiServer, (user, folder): (&TestUser, &Path)) {
    sandbox.set("BUILD_NUMBER", "7").set("CI", "true");
    sandbox.devpi(folder, &["ensure", "--dest", "dist"]).ok();
    let before = server.requests_answered();
    let ours = || {
        let _ = std::fs::remove_dir_all(folder.join("dist"));
        sandbox.devpi(folder, &["ensure", "--dest", "dist"]).ok();
    };
    let simple = format!("{}{}/main/+simple/", server.url(), user.name);
    let theirs = || {
        let _ = std::fs::remove_dir_all(sandbox.path("pip"));
        let to = sandbox.path("pip");
        let words =
            ["-m", "pip", "download", "--quiet", "--no-deps", "--index-url", &simple, "-d", to.to_str().unwrap()];
        sandbox.run(folder, Tools::get().python().to_str().unwrap(), &[&words[..], &["demo-pkg==1.4.7"]].concat()).ok();
    };
    let times = in_turns(9, ours, theirs);
    let ours_alone = server.requests_answered() - before;
    report("ensure, already there, against pip download", times, None);
    let _ = ours_alone;
    let before = server.requests_answered();
    repeat(5, ours);
    println!("ensure, already there: {:.1} requests each", (server.requests_answered() - before) as f64 / 5.0);
    sandbox.unset("BUILD_NUMBER").unset("CI");
}

fn status(sandbox: &Sandbox, server: &DevpiServer, (user, folder): (&TestUser, &Path)) {
    let index = format!("{}/main", user.name);
    let client = sandbox.path("client");
    let client = client.to_str().unwrap();
    let devpi = Tools::get().bin().join("devpi");
    let devpi = devpi.to_str().unwrap();
    sandbox.run(folder, devpi, &["use", "--clientdir", client, &format!("{}{index}", server.url())]).ok();
    let ours = || drop(sandbox.devpi(folder, &["status"]).ok());
    let theirs = || {
        sandbox.run(folder, devpi, &["index", "--clientdir", client]).ok();
        sandbox.run(folder, devpi, &["list", "--clientdir", client]).ok();
    };
    ours();
    let before = server.requests_answered();
    repeat(5, ours);
    let requests = (server.requests_answered() - before) / 5;
    report("status, against devpi index + devpi list", in_turns(9, ours, theirs), Some(requests));
}

fn repeat(times: usize, mut what: impl FnMut()) -> Vec<Duration> {
    let mut one = || {
        let started = Instant::now();
        what();
        started.elapsed()
    };
    (0..times).map(|_| one()).collect()
}

/// Runs both in turns, so that what disturbs one disturbs the other.
fn in_turns(times: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (Duration, Duration) {
    let mut measured = (Vec::new(), Vec::new());
    for _ in 0..times {
        measured.0.extend(repeat(1, &mut ours));
        measured.1.extend(repeat(1, &mut theirs));
    }
    (median(measured.0), median(measured.1))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn report(what: &str, (ours, theirs): (Duration, Duration), requests: Option<usize>) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let requests = requests.map(|count| format!(", {count} requests")).unwrap_or_default();
    println!(
        "{what}: {:.1} ms against {:.1} ms, ratio {ratio:.2}, {:+.1} ms{requests}",
        millis(ours),
        millis(theirs),
        millis(ours) - millis(theirs)
    );
}
