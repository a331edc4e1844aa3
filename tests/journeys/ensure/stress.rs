//! Stress tests: many rounds of concurrent machines. One build, one sha256, no incomplete release.
//!
//! `GIT_DEVPI_TEST_ROUNDS=50 cargo test --test journeys ensure::stress -- --nocapture` runs more rounds, and prints the times.

#![allow(clippy::print_stdout, reason = "a longer run prints its progress")]

use std::hash::{BuildHasher, RandomState};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use super::fixture::{Fixture, Machine};
use super::processes::{
    EnsureProcess, assert_one_release, claims, finish_all, machine_names, wait_at_barrier, wait_for_builder,
};
use crate::support::DevpiServer;

const MACHINES: usize = 8;
const BRANCH: &str = "feature/x";
const INDEX: &str = "feature-x";

fn rounds() -> u32 {
    std::env::var("GIT_DEVPI_TEST_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap())
}

/// A random number below `limit`.
fn random_below(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}

/// A repository whose wheel takes 3 s to build.
fn fixture(server: &DevpiServer, formats: usize) -> Fixture {
    let mut fixture = Fixture::on(server);
    fixture.sandbox.set("BUILD_SECONDS", "3");
    if formats > 1 {
        fixture.release_both_formats(BRANCH);
    }
    fixture
}

/// Runs `round` for each round on machines with their own clones.
fn for_each_round(fixture: &Fixture, mut round: impl FnMut(&[Machine<'_>], u32)) {
    let mut machines: Vec<_> = machine_names(MACHINES).iter().map(|name| fixture.machine(name, BRANCH)).collect();
    for number in 1..=rounds() {
        machines = machines.into_iter().map(|machine| machine.set("BUILD_NUMBER", &number.to_string())).collect();
        round(&machines, number);
    }
}

fn version(round: u32) -> String {
    format!("1.4.{round}.dev0")
}

/// Starts `ensure` on all machines at the same moment.
fn start_all(machines: &[Machine<'_>], round: u32) -> Vec<EnsureProcess> {
    let names = (0..machines.len()).map(|n| format!("{round}-{n}"));
    let mut ensures: Vec<_> = machines.iter().zip(names).map(|(m, name)| wait_at_barrier(m, &name)).collect();
    ensures.iter_mut().for_each(EnsureProcess::release);
    ensures
}

fn said(outputs: &[Output]) -> String {
    outputs.iter().map(|output| String::from_utf8_lossy(&output.stderr)).collect::<Vec<_>>().join("\n")
}

fn one_build_each_round(formats: usize) {
    let fixture = &fixture(DevpiServer::shared(), formats);
    for_each_round(fixture, |machines, round| {
        let started = Instant::now();
        let (outputs, builds) = finish_all(start_all(machines, round));
        assert_one_release(fixture, (INDEX, &version(round)), (&outputs, formats - 1));
        assert_eq!(builds, 1, "round {round}\n{}", said(&outputs));
        assert_eq!(claims(fixture), Vec::<String>::new());
        println!("round {round}, {formats} format(s): 1 build, {:.1} s", started.elapsed().as_secs_f64());
    });
}

#[test]
fn eight_machines_build_once() {
    one_build_each_round(1);
}

#[test]
fn eight_machines_build_both_formats_once() {
    one_build_each_round(2);
}

#[test]
fn three_of_eight_machines_are_killed_and_the_others_finish() {
    let mut fixture = fixture(DevpiServer::shared(), 1);
    fixture.set_claim_timeout("10s");
    let fixture = &fixture;
    for_each_round(fixture, |machines, round| {
        let started = Instant::now();
        let mut ensures = start_all(machines, round);
        let mut killed = Vec::new();
        // In every other round the builder is killed; in the others it may be.
        if round % 2 == 1 {
            killed.push(ensures.remove(wait_for_builder(&ensures)));
        }
        while killed.len() < 3 {
            let victim = usize::try_from(random_below(ensures.len() as u64)).unwrap();
            killed.push(ensures.remove(victim));
        }
        for victim in killed {
            thread::sleep(Duration::from_millis(random_below(900)));
            victim.signal("-KILL");
            victim.finish();
        }
        let (outputs, builds) = finish_all(ensures);
        assert_one_release(fixture, (INDEX, &version(round)), (&outputs, 0));
        println!("round {round}, 3 killed: {builds} build(s) of the others, {:.1} s", started.elapsed().as_secs_f64());
        if !claims(fixture).is_empty() {
            // A killed machine may have created its claim after the publication.
            thread::sleep(Duration::from_secs(12));
            machines[0].ensure(&["--no-build"]).ok();
            assert_eq!(claims(fixture), Vec::<String>::new(), "round {round}");
        }
    });
}

#[test]
fn the_server_is_restarted_during_the_builds() {
    let mut server = DevpiServer::own();
    let fixture = &fixture(&server, 1);
    for_each_round(fixture, |machines, round| {
        let started = Instant::now();
        let ensures = start_all(machines, round);
        thread::sleep(Duration::from_millis(300 + random_below(4000)));
        let stopped = started.elapsed();
        server.stop();
        thread::sleep(Duration::from_millis(random_below(1500)));
        server.start_again();
        let (outputs, builds) = finish_all(ensures);
        assert_one_release(fixture, (INDEX, &version(round)), (&outputs, 0));
        assert_eq!(builds, 1, "round {round}, stopped after {stopped:?}\n{}", said(&outputs));
        assert_eq!(claims(fixture), Vec::<String>::new(), "round {round}, stopped after {stopped:?}");
        let (stopped, all) = (stopped.as_secs_f64(), started.elapsed().as_secs_f64());
        println!("round {round}, server stopped after {stopped:.1} s: 1 build, {all:.1} s");
    });
}
