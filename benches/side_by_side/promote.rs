//! `git devpi promote` and `git devpi results`: their requests, and a promotion against `devpi push`.

use serde_json::{Value, json};

use crate::fixture::{Fixture, remove};
use crate::measure::{Pair, median, repeat, report};
use crate::support::{Backend, DevpiServer, Tools};

pub const PROJECT: &str = "demo-pkg";
pub const PROMOTE: [&str; 3] = ["promote", "1.4.1", "--require=env-1"];

/// A release with a passed result of `env-1`, and a production index.
pub fn green_release(server: &DevpiServer) -> Fixture<'_> {
    let fixture = Fixture::new(server, Backend::InTree);
    fixture.ensure(1);
    add_results(&fixture, 1..=1);
    fixture.api().put(&fixture.user.index("prod"), &json!({"volatile": false, "bases": []}));
    fixture
}

fn add_results(fixture: &Fixture<'_>, numbers: impl Iterator<Item = usize>) {
    let numbers: Vec<usize> = numbers.collect();
    for file in fixture.api().files(&fixture.user.index("main"), PROJECT, "1.4.1") {
        for number in &numbers {
            fixture.api().post(&file.path, &tox_result(&file.sha256, *number));
        }
    }
}

fn tox_result(sha256: &str, number: usize) -> Value {
    json!({
        "reportversion": "1", "toxversion": "4.67.15", "platform": "linux", "host": "machine",
        "testenvs": {format!("env-{number}"): {
            "installpkg": {"basename": "x.whl", "type": "file", "sha256": sha256},
            "result": {"success": true, "exit_code": 0, "duration": 1.0, "skipped": false},
            "setup": [],
            "test": [{"command": ["python"], "output": "", "err": "", "retcode": 0, "run_id": "commands[0]"}],
        }},
    })
}

pub fn clear_production(fixture: &Fixture<'_>) {
    fixture.api().delete(&format!("{}/{PROJECT}/1.4.1?force=", fixture.user.index("prod")));
}

/// Runs a verb that has to succeed.
fn run(fixture: &Fixture<'_>, words: &[&str]) {
    fixture.sandbox.devpi(&fixture.work, words).ok();
}

pub fn promote(server: &DevpiServer) {
    let fixture = green_release(server);
    let cold = fixture.requests(|| run(&fixture, &PROMOTE));
    let hit = fixture.requests(|| run(&fixture, &PROMOTE));
    clear_production(&fixture);
    let plain = fixture.requests(|| run(&fixture, &PROMOTE));
    fixture.sandbox.git(&fixture.work, &["config", "devpi.formats", "wheel sdist"]).ok();
    fixture.ensure(1);
    add_results(&fixture, 1..=1);
    let late = fixture.requests(|| run(&fixture, &PROMOTE));
    println!(
        "promote, requests: already there {hit}, one file {plain}, one file with an empty cache of results {cold}, a late second file {late}"
    );
}

pub fn results(server: &DevpiServer) {
    let fixture = green_release(server);
    let words = ["results", "1.4.1"];
    let count = || {
        remove(&fixture.cache());
        (fixture.requests(|| run(&fixture, &words)), fixture.requests(|| run(&fixture, &words)))
    };
    let one = count();
    add_results(&fixture, 2..=20);
    let twenty = count();
    println!(
        "results, requests with an empty and with a filled cache: 1 environment {} and {}, 20 environments {} and {}",
        one.0, one.1, twenty.0, twenty.1
    );
}

pub fn against_push(server: &DevpiServer) {
    let fixture = green_release(server);
    let client = fixture.sandbox.path("client");
    let client = client.to_str().unwrap();
    let devpi = Tools::get().bin().join("devpi");
    let devpi = |words: &[&str]| drop(fixture.sandbox.run(&fixture.work, devpi.to_str().unwrap(), words).ok());
    let main = format!("{}{}/main", server.url(), fixture.user.name);
    devpi(&["use", "--clientdir", client, &main]);
    devpi(&["login", "--clientdir", client, &fixture.user.name, "--password", &fixture.user.password]);
    let prod = fixture.user.index("prod");
    let push = || devpi(&["push", "--clientdir", client, &format!("{PROJECT}==1.4.1"), &prod]);
    run(&fixture, &PROMOTE);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        clear_production(&fixture);
        ours.extend(repeat(1, || run(&fixture, &PROMOTE)));
        clear_production(&fixture);
        theirs.extend(repeat(1, push));
    }
    clear_production(&fixture);
    let requests = fixture.requests(push);
    report(
        "promote, against devpi push, which asks for no evidence",
        Pair { ours: median(ours), theirs: median(theirs) },
        &format!("devpi push sends {requests} requests"),
    );
}
