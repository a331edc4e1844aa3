//! `ensure` when there is nothing to build, and the requests of every path.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::fixture::{Fixture, remove};
use crate::measure::{in_turns, report};
use crate::support::{Backend, DevpiServer, Tools};

const NUMBER: usize = 7;

pub fn hit(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::InTree);
    fixture.ensure(NUMBER);
    let simple = format!("{}{}/main/+simple/", server.url(), fixture.user.name);
    let to = fixture.sandbox.path("downloaded");
    let to = to.to_str().unwrap();
    let python = Tools::get().python();
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--index-url", &simple, "-d", to, "demo-pkg==1.4.7"];
    let ours = || {
        remove(&fixture.work.join("dist"));
        fixture.ensure(NUMBER);
    };
    let theirs = || {
        remove(to.as_ref());
        fixture.sandbox.run(&fixture.work, python.to_str().unwrap(), &pip).ok();
    };
    report("ensure, already there, against pip download", in_turns(9, ours, theirs), "at most 1/10");
    let uv = Tools::get().bin().join("uv");
    let uv = [uv.to_str().unwrap(), "pip", "install", "--quiet", "--no-deps", "--no-cache", "--target", to];
    let theirs = || {
        remove(to.as_ref());
        fixture
            .sandbox
            .run(&fixture.work, uv[0], &[&uv[1..], &["--index-url", &simple, "demo-pkg==1.4.7"]].concat())
            .ok();
    };
    report("ensure, already there, against uv pip install", in_turns(9, ours, theirs), "less than 1");
}

pub fn requests(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::InTree);
    let first = fixture.requests(|| fixture.ensure(NUMBER));
    let warm = fixture.requests(|| fixture.ensure(NUMBER));
    remove(&fixture.cache());
    remove(&fixture.work.join("dist"));
    let cold = fixture.requests(|| fixture.ensure(NUMBER));
    let build = fixture.requests(|| fixture.ensure(NUMBER + 1));
    println!(
        "ensure, requests: hit {warm}, hit with an empty cache {cold} (at most 3 + the download), build {build}, first build of a \
         project {first}"
    );
}

/// The requests of a machine that waits for another one's build.
pub fn waiting(server: &DevpiServer) {
    const SPAN: Duration = Duration::from_secs(6);
    let fixture = Fixture::new(server, Backend::InTree);
    fixture.ensure(NUMBER);
    let mark = fixture.sandbox.path("mark");
    let start = |home: &str| {
        let other = fixture.sandbox.clone_of(&fixture.remote, home);
        let mut command = fixture.command(NUMBER + 1, "git");
        command.args(["devpi", "ensure"]).current_dir(other).env("BUILD_MARKS", &mark).env("BUILD_SECONDS", "12");
        command.env("GIT_DEVPI_HOME", fixture.sandbox.path(&format!("homes/{home}")));
        command.env("GIT_DEVPI_PASSWORD", &fixture.user.password);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut builder = start("builder");
    let started = Instant::now();
    while !mark.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "no process builds");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut waiter = start("waiter");
    std::thread::sleep(Duration::from_secs(2));
    // The builder renews its claim every five minutes, so these are the waiting machine's requests.
    let count = fixture.requests(|| std::thread::sleep(SPAN));
    assert!(builder.wait().unwrap().success() && waiter.wait().unwrap().success());
    println!("ensure, waiting: {:.1} requests per second in the first ten rounds", count as f64 / SPAN.as_secs_f64());
}

pub fn many_indexes(server: &DevpiServer) {
    let fixture = Fixture::new(server, Backend::InTree);
    fixture.ensure(NUMBER);
    for (from, wanted) in [(2, 1), (2, 100), (101, 400)] {
        fixture.add_indexes(from, wanted);
        let list = format!("{}{}", server.url(), fixture.user.name);
        let ours = || fixture.ensure(NUMBER);
        let curl = ["--silent", "--fail", "--output", "/dev/null", "--header", "Accept: application/json", &list];
        let theirs = || drop(fixture.sandbox.run(&fixture.work, "curl", &curl).ok());
        ours();
        let what = format!("ensure, already there, with {wanted} indexes, against curl asking for them");
        report(&what, in_turns(9, ours, theirs), &format!("{} requests", fixture.requests(ours)));
    }
}
