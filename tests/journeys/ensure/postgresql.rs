//! A devpi-server on PostgreSQL, whose storage is not atomic: of several concurrent writes each is answered with success, and the last one stays.
//!
//! `cargo test --test journeys ensure::postgresql -- --ignored --nocapture` runs 14 rounds of eight machines and prints the builds of each.

use std::process::Output;
use std::time::Instant;

use super::fixture::{Fixture, Machine};
use super::processes::{
    EnsureProcess, assert_one_release, claim_config, claims, finish_all, machine_names, wait_at_barrier,
};
use crate::support::{DevpiServer, report};

const MACHINES: usize = 8;
const BRANCH: &str = "feature/x";
const INDEX: &str = "feature-x";

/// A repository on a server with PostgreSQL; `None` with a message where this machine has none.
fn fixture() -> Option<Fixture> {
    match DevpiServer::on_postgresql() {
        Ok(server) => {
            let mut fixture = Fixture::on(server);
            fixture.sandbox.set("BUILD_SECONDS", "3");
            Some(fixture)
        }
        Err(why) => {
            report(&format!("skipped: {why}"));
            None
        }
    }
}

fn said(outputs: &[Output]) -> String {
    outputs.iter().map(|output| String::from_utf8_lossy(&output.stderr)).collect::<Vec<_>>().join("\n---\n")
}

/// Starts `ensure` on all machines at the same moment.
fn start_all(machines: &[Machine<'_>], round: u32) -> Vec<EnsureProcess> {
    let names = (0..machines.len()).map(|n| format!("{round}-{n}"));
    let mut ensures: Vec<_> = machines.iter().zip(names).map(|(m, name)| wait_at_barrier(m, &name)).collect();
    ensures.iter_mut().for_each(EnsureProcess::release);
    ensures
}

/// Runs rounds of eight machines that need one version; returns the number of builds of each round.
fn rounds(fixture: &Fixture, count: u32) -> Vec<usize> {
    let mut machines: Vec<_> = machine_names(MACHINES).iter().map(|name| fixture.machine(name, BRANCH)).collect();
    let mut all = Vec::new();
    for round in 1..=count {
        let started = Instant::now();
        machines = machines.into_iter().map(|machine| machine.set("BUILD_NUMBER", &round.to_string())).collect();
        let (outputs, builds) = finish_all(start_all(&machines, round));
        assert!(outputs.iter().all(|output| output.status.success()), "round {round}\n{}", said(&outputs));
        assert_one_release(fixture, (INDEX, &format!("1.4.{round}.dev0")), (&outputs, 0));
        report(&format!("round {round}: {builds} build(s), {:.1} s", started.elapsed().as_secs_f64()));
        all.push(builds);
    }
    all
}

#[test]
fn eight_machines_get_the_servers_bytes() {
    let Some(fixture) = fixture() else { return };
    let builds = rounds(&fixture, 2);
    assert!(builds.iter().sum::<usize>() <= 3, "{builds:?}");
}

#[test]
#[ignore = "takes minutes: 14 rounds"]
fn fourteen_rounds_of_eight_machines_build_once() {
    let Some(fixture) = fixture() else { return };
    let builds = rounds(&fixture, 14);
    let once = builds.iter().filter(|builds| **builds == 1).count();
    report(&format!("one build in {once} of 14 rounds"));
    assert!(once >= 13, "{builds:?}");
}

#[test]
fn the_first_builds_of_eight_branches_succeed() {
    let Some(fixture) = fixture() else { return };
    let branches: Vec<String> = (1..=8).map(|n| format!("topic/{n}")).collect();
    branches.iter().for_each(|branch| drop(fixture.branch(branch)));
    let machines: Vec<_> = branches.iter().map(|branch| fixture.machine(&branch.replace('/', "-"), branch)).collect();
    let (outputs, builds) = finish_all(start_all(&machines, 0));
    assert!(outputs.iter().all(|output| output.status.success()), "{}", said(&outputs));
    assert_eq!(builds, 8);
    for (branch, output) in branches.iter().zip(&outputs) {
        let index = branch.replace('/', "-");
        assert_one_release(&fixture, (&index, "1.4.57.dev0"), (std::slice::from_ref(output), 0));
        let config = fixture.api.index(&fixture.user.index(&index)).unwrap();
        assert_eq!(config["custom_data"]["git-devpi"]["branch"], branch.as_str());
    }
}

#[test]
fn one_process_creates_and_deletes_many_indexes() {
    let Some(fixture) = fixture() else { return };
    let machine = fixture.machine("first", BRANCH);
    let branches: Vec<String> = (1..=10).map(|n| format!("many-{n}")).collect();
    let refs: Vec<String> = branches.iter().map(|branch| format!("main:refs/heads/{branch}")).collect();
    let push =
        [&["push", "--quiet", "--no-verify", "origin"][..], &refs.iter().map(String::as_str).collect::<Vec<_>>()];
    fixture.sandbox.git(&fixture.work, &push.concat()).ok();
    machine.devpi(&["index", "sync"]).ok();
    let names = fixture.api.index_names(&fixture.user.name);
    let missing: Vec<&String> = branches.iter().filter(|branch| !names.contains(branch)).collect();
    assert!(missing.is_empty(), "{missing:?} are missing");

    // Expired long ago.
    for branch in &branches {
        let past = claim_config(("acme/demo", branch), &machine.commit(), "2020-01-01T00:00:00Z");
        fixture.api.put(&fixture.user.index(&format!("{branch}.claim-0123456789ab-1")), &past);
    }
    machine.devpi(&["prune", "--yes"]).ok();
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn doctor_names_the_storage_and_what_it_does_not_promise() {
    let Some(fixture) = fixture() else { return };
    let machine = fixture.machine("first", BRANCH);
    let storage = |machine: &Machine<'_>| {
        let checks = machine.devpi(&["doctor", "--json"]).json();
        checks["checks"].as_array().unwrap().iter().find(|check| check["check"] == "storage").cloned().unwrap()
    };
    let found = storage(&machine);
    assert!(found.to_string().contains("the last one stays"), "{found}");
    let other = Fixture::on(DevpiServer::shared());
    let found = storage(&other.machine("first", BRANCH));
    assert!(found.to_string().contains("transactional"), "{found}");
}
