//! A replica answers the reads, the primary the writes, behind a web server with a path of its own: the replica lags, restarts, has copied nothing
//! yet; the primary is down for a while; large files are refused.

use std::process::Output;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fixture::{Fixture, Machine};
use super::processes::{
    EnsureProcess, assert_one_release, claims, finish_all, machine_names, start, wait_at_barrier, wait_for_builder,
};
use crate::support::{DevpiServer, Front, FrontRequest};

const BRANCH: &str = "feature/x";
const INDEX: &str = "feature-x";
const VERSION: &str = "1.4.57.dev0";

/// A primary and its replica. They and the machine are busy enough with one journey at a time.
struct Pair {
    primary: DevpiServer,
    replica: DevpiServer,
    _alone: std::sync::MutexGuard<'static, ()>,
}

impl Pair {
    fn start() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let primary = DevpiServer::primary();
        let replica = DevpiServer::replica_of(&primary);
        Self { primary, replica, _alone: alone }
    }

    fn request(&self) -> FrontRequest {
        let (primary, replica) = (self.primary.url().to_owned(), self.replica.url().to_owned());
        FrontRequest { primary, replica, prefix: "/team/devpi/", max_body: 64_000_000 }
    }

    /// Waits until the replica has copied what the primary has now.
    fn wait_until_synced(&self, fixture: &Fixture) {
        let wanted = fixture.api.index_names(&fixture.user.name);
        let started = Instant::now();
        while self.replica.api().index_names(&fixture.user.name) != wanted {
            assert!(started.elapsed() < Duration::from_secs(60), "the replica does not copy");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn behind<'a>(front: &Front, machine: Machine<'a>) -> Machine<'a> {
    machine.set("GIT_DEVPI_SERVER", front.url())
}

fn said(outputs: &[Output]) -> String {
    outputs.iter().map(|output| String::from_utf8_lossy(&output.stderr)).collect::<Vec<_>>().join("\n---\n")
}

#[track_caller]
fn assert_all_succeed(outputs: &[Output]) {
    assert!(outputs.iter().all(|output| output.status.success()), "{}", said(outputs));
}

#[test]
fn a_replica_without_data_and_one_that_lags_cost_waiting_only() {
    let pair = Pair::start();
    for front in Front::all(&pair.request()) {
        let fixture = Fixture::on(&pair.primary);
        // Right after its start the replica answers 404 to everything; the second time it has stopped copying.
        let first = start(&behind(&front, fixture.machine("first", BRANCH)), "first").finish();
        assert_one_release(&fixture, (INDEX, VERSION), (std::slice::from_ref(&first), 0));
        pair.wait_until_synced(&fixture);
        pair.replica.signal("-STOP");
        let second = behind(&front, fixture.machine("second", BRANCH).set("BUILD_NUMBER", "58"));
        let started = Instant::now();
        let second = start(&second, "second");
        thread::sleep(Duration::from_secs(5));
        pair.replica.signal("-CONT");
        let (outputs, builds) = finish_all(vec![second]);
        assert!(started.elapsed() > Duration::from_secs(5));
        assert_one_release(&fixture, (INDEX, "1.4.58.dev0"), (&outputs, 0));
        assert_eq!(builds, 1);
        let third = behind(&front, fixture.machine("third", BRANCH).set("BUILD_NUMBER", "58"));
        let found = third.ensure(&["--dest", "dist"]).ok().json();
        assert_eq!(found["action"], "found", "{found}");
        let shown = third.devpi(&["status"]).ok();
        assert!(shown.text().contains("1.4.58.dev0"), "{shown}");
        third.devpi(&["prune", "--yes"]).ok();
        third.devpi(&["index", "delete", INDEX, "--yes"]).ok();
        assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
    }
}

#[test]
fn eight_machines_build_once_while_the_replica_stops_and_restarts() {
    let mut pair = Pair::start();
    for (round, front) in Front::all(&pair.request()).into_iter().enumerate() {
        let mut fixture = Fixture::on(&pair.primary);
        fixture.sandbox.set("BUILD_SECONDS", "3");
        let names = machine_names(8);
        let machines: Vec<_> = names.iter().map(|name| behind(&front, fixture.machine(name, BRANCH))).collect();
        let mut ensures: Vec<_> = machines.iter().zip(&names).map(|(m, name)| wait_at_barrier(m, name)).collect();
        ensures.iter_mut().for_each(EnsureProcess::release);
        wait_for_builder(&ensures);
        if round == 0 {
            pair.replica.signal("-STOP");
            thread::sleep(Duration::from_secs(5));
            pair.replica.signal("-CONT");
        } else {
            pair.replica.stop();
            thread::sleep(Duration::from_secs(2));
            pair.replica.start_again();
        }
        let (outputs, builds) = finish_all(ensures);
        assert_all_succeed(&outputs);
        assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 0));
        assert_eq!(builds, 1, "{}", said(&outputs));
        assert_eq!(claims(&fixture), Vec::<String>::new());
    }
}

#[test]
fn a_primary_that_is_down_while_reads_are_served_costs_no_build() {
    let mut pair = Pair::start();
    for front in Front::all(&pair.request()) {
        let mut fixture = Fixture::on(&pair.primary);
        fixture.sandbox.set("BUILD_SECONDS", "2");
        pair.wait_until_synced(&fixture);
        let ensure = start(&behind(&front, fixture.machine("first", BRANCH)), "first");
        wait_for_builder(std::slice::from_ref(&ensure));
        pair.primary.stop();
        thread::sleep(Duration::from_secs(11));
        pair.primary.start_again();
        let (outputs, builds) = finish_all(vec![ensure]);
        assert_all_succeed(&outputs);
        assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 0));
        assert_eq!(builds, 1, "{}", said(&outputs));
    }
}

#[test]
fn a_file_that_the_front_refuses_is_named_with_its_size_and_not_built_again() {
    let pair = Pair::start();
    for front in Front::all(&FrontRequest { max_body: 200_000, ..pair.request() }) {
        let fixture = Fixture::on(&pair.primary);
        // Data that no compression makes smaller.
        let noise: String =
            (0..4000_u64).map(|n| git_devpi::system::files::sha256_of(&n.to_be_bytes()).to_string()).collect();
        fixture.sandbox.write(&fixture.work, "src/demo_pkg/data.py", &format!("DATA = '{noise}{noise}'\n"));
        fixture.sandbox.commit_all(&fixture.work, "Large");
        fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "HEAD:feature/x"]).ok();
        let machine = behind(&front, fixture.machine("first", BRANCH));
        let run = machine.ensure(&[]).code(6).says("exceeds the size limit").says(" kB").says("client_max_body_size");
        assert_eq!(fixture.builds(), 1, "{run}");
        let run = machine.ensure(&[]).code(6).says("whose file was refused before").says(" kB");
        assert_eq!(fixture.builds(), 1, "found out before the build: {run}");
        if !front.is_nginx() {
            front.set_max_body(64_000_000);
            assert_eq!(machine.ensure(&[]).ok().json()["action"], json!("built"));
            let found = |name: &str| {
                let checks = machine.devpi(&["doctor", "--json"]).json()["checks"].clone();
                let check = checks.as_array().unwrap().iter().find(|check| check["check"] == name).cloned();
                check.unwrap_or_else(|| panic!("{checks}"))
            };
            assert_eq!(found("replication")["state"], "ok");
            assert_eq!(found("body size")["state"], "ok");
            front.set_max_body(200_000);
            let refused = found("body size").to_string();
            assert!(refused.contains("refuses files of") && refused.contains("client_max_body_size"), "{refused}");
            assert!(refused.contains("warning") && refused.contains(".whl"), "{refused}");
        }
        assert!(fixture.builds() <= 2);
    }
}
