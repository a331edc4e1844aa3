//! Claims: one machine builds and the others wait, also when the builder is killed, paused, replaced or fails.

use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fixture::{Fixture, Machine, PROJECT};
use super::processes::{
    EnsureProcess, assert_one_release, claim_config, claim_name, claims, finish_all, machine_names, sha256_of, start,
    wait_for_builder,
};

const VERSION: &str = "1.4.57.dev0";
const INDEX: &str = "feature-x";

fn start_all(machines: &[Machine<'_>], names: &[String]) -> Vec<EnsureProcess> {
    machines.iter().zip(names).map(|(machine, name)| start(machine, name)).collect()
}

/// Starts a machine, and waits until it builds and has the claim.
fn start_building(fixture: &Fixture) -> EnsureProcess {
    let machine = fixture.machine("building", "feature/x");
    let ensure = start(&machine, "building");
    wait_for_builder(std::slice::from_ref(&ensure));
    assert_eq!(claims(fixture).len(), 1);
    ensure
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn another_machine_takes_over_from_a_killed_builder() {
    let mut fixture = Fixture::new();
    fixture.set_claim_timeout("10s");
    fixture.sandbox.set("BUILD_SECONDS", "3");
    let names = machine_names(4);
    let machines: Vec<_> = names.iter().map(|name| fixture.machine(name, "feature/x")).collect();
    let mut ensures = start_all(&machines, &names);
    let victim = wait_for_builder(&ensures);
    assert_eq!(claims(&fixture).len(), 1);
    let victim = ensures.remove(victim);
    victim.signal("-KILL");
    victim.finish();
    let (outputs, builds) = finish_all(ensures);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 0));
    assert_eq!(claims(&fixture), Vec::<String>::new());
    assert_eq!(builds, 1, "one machine has taken over");
}

#[test]
fn a_builder_that_was_paused_too_long_uses_the_published_file() {
    let mut fixture = Fixture::new();
    fixture.set_claim_timeout("10s");
    fixture.sandbox.set("BUILD_SECONDS", "1");
    let paused = start_building(&fixture);
    paused.signal("-STOP");
    let overtaking = start(&fixture.machine("overtaking", "feature/x"), "overtaking").finish();
    assert_one_release(&fixture, (INDEX, VERSION), (std::slice::from_ref(&overtaking), 0));
    assert_eq!(claims(&fixture), Vec::<String>::new(), "the paused machine's claim is deleted, too");
    paused.signal("-CONT");
    let (outputs, builds) = finish_all(vec![paused]);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 0));
    assert_eq!((sha256_of(&outputs[0]), builds), (sha256_of(&overtaking), 1));
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn a_claim_that_is_deleted_while_its_builder_is_paused_is_created_again() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("BUILD_SECONDS", "1");
    let paused = start_building(&fixture);
    paused.signal("-STOP");
    fixture.api.delete(&fixture.user.index(&claims(&fixture).remove(0)));
    paused.signal("-CONT");
    let (outputs, _) = finish_all(vec![paused]);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 0));
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn expired_claims_of_a_published_release_are_deleted_by_the_next_clean_up() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    machine.ensure(&[]).ok();
    let ours = claim_name(INDEX, VERSION, 3);
    let put = |name: &str, repository: &str, until: &str| {
        fixture.api.put(&fixture.user.index(name), &claim_config((repository, "feature/x"), &machine.commit(), until));
    };
    let (past, future) = ("2026-01-02T03:04:05Z", "2999-01-02T03:04:05Z");
    let live = ours.replace("-3", "-4");
    let strangers = ours.replace("-3", "-5");
    let other_build = format!("{INDEX}.claim-0123456789ab-1");
    put(&ours, "acme/demo", past);
    put(&live, "acme/demo", future);
    put(&strangers, "acme/other", past);
    put(&other_build, "acme/demo", past);
    machine.ensure(&[]).ok();
    assert_eq!(claims(&fixture).len(), 4, "an ensure that finds the release does not look for claims");
    machine.devpi(&["prune", "--yes"]).ok();
    let mut left = claims(&fixture);
    left.sort();
    let mut expected = vec![live, strangers];
    expected.sort();
    assert_eq!(left, expected, "active and foreign claims stay");
}

#[test]
fn a_builder_that_is_terminated_deletes_its_claim() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("BUILD_SECONDS", "30");
    let terminated = start_building(&fixture);
    terminated.signal("-TERM");
    terminated.finish();
    let started = Instant::now();
    while !claims(&fixture).is_empty() && started.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(claims(&fixture), Vec::<String>::new());
    assert!(fixture.files(INDEX, VERSION).is_empty());
}

#[test]
fn waiting_machines_fail_with_the_build_and_the_next_ensure_builds_again() {
    let mut fixture = Fixture::new();
    let backend = std::fs::read_to_string(fixture.work.join("backend/in_tree.py")).unwrap();
    let failing = "\nplain_wheel = build_wheel\ndef build_wheel(d, c=None, m=None):\n    name = plain_wheel(d)\n    \
                   if os.environ.get('FAIL'):\n        raise SystemExit('broken on purpose')\n    return name\n";
    fixture.sandbox.write(&fixture.work, "backend/in_tree.py", &format!("{backend}{failing}"));
    fixture.sandbox.commit_all(&fixture.work, "may fail");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture.sandbox.set("BUILD_SECONDS", "4");
    let names = machine_names(2);
    let machines: Vec<_> = names.iter().map(|name| fixture.machine(name, "feature/x").set("FAIL", "1")).collect();
    let (outputs, builds) = finish_all(start_all(&machines, &names));
    for output in &outputs {
        assert_eq!(output.status.code(), Some(7), "{}", said(output));
    }
    assert_eq!(builds, 1);
    assert!(outputs.iter().any(|output| said(output).contains("broken on purpose")));
    let waiting = outputs.iter().map(said).find(|said| said.contains("failed on another machine")).unwrap();
    assert!(waiting.contains(": the builder ended with status 2"), "{waiting}");
    assert_eq!(waiting.matches("waiting for").count(), 1, "a log repeats it once a minute: {waiting}");
    let noted = fixture.api.index(&fixture.user.index(&claims(&fixture)[0])).unwrap();
    let reason = noted["custom_data"]["git-devpi"]["failed"].as_str().unwrap();
    assert!(!reason.contains('/'), "the record is public: {reason}");

    fixture.sandbox.set("BUILD_SECONDS", "0");
    let healthy = fixture.machine("healthy", "feature/x");
    assert_one_release(&fixture, (INDEX, VERSION), (&[start(&healthy, "healthy").finish()], 0));
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn a_foreign_index_with_a_claims_name_is_skipped() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("BUILD_SECONDS", "30");
    let killed = start_building(&fixture);
    let name = claims(&fixture).remove(0);
    killed.signal("-KILL");
    killed.finish();
    let foreign = fixture.user.index(&name);
    fixture.api.patch(&foreign, &json!({ "custom_data": {}, "title": "not ours" }));
    fixture.sandbox.set("BUILD_SECONDS", "0");
    let other = fixture.machine("other", "feature/x");
    assert_one_release(&fixture, (INDEX, VERSION), (&[start(&other, "other").finish()], 0));
    assert_eq!(claims(&fixture), [name], "the foreign index stays, and the claim is deleted");
}

#[test]
fn of_two_commits_with_one_number_one_is_published_and_the_other_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("BUILD_SECONDS", "1");
    let first = fixture.machine("first", "feature/x");
    fixture.sandbox.write(&fixture.work, "more", "more");
    fixture.sandbox.commit_all(&fixture.work, "More");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let second = fixture.machine("second", "feature/x");
    let ensures = vec![start(&first, "first"), start(&second, "second")];
    let (outputs, _) = finish_all(ensures);
    let codes: Vec<_> = outputs.iter().map(|output| output.status.code().unwrap()).collect();
    assert!(codes == [0, 5] || codes == [5, 0], "{codes:?} {}", said(&outputs[1]));
    let rejected = outputs.iter().find(|output| output.status.code() == Some(5)).unwrap();
    for machine in [&first, &second] {
        assert!(said(rejected).contains(&machine.commit()[..7]), "{}", said(rejected));
    }
    let published = fixture.provenance(INDEX, VERSION);
    let winner = if codes[0] == 0 { &first } else { &second };
    assert_eq!(published.len(), 1, "{published:?}");
    assert_eq!(published[0]["commit"], winner.commit().as_str());
    assert_eq!(fixture.api.files(&fixture.user.index(INDEX), PROJECT, VERSION).len(), 1);
}

#[test]
fn a_claim_timeout_out_of_bounds_is_an_error_before_the_build() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x").set("GIT_DEVPI_CLAIM_TIMEOUT", "9s");
    machine.ensure(&[]).code(3).says("claim-timeout = \"9s\"").says("GIT_DEVPI_CLAIM_TIMEOUT").says("shorter than 10s");
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    for (value, limit) in [("29s", "shorter than 30s"), ("3h", "longer than 2h")] {
        fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &format!("{settings}claim-timeout = \"{value}\"\n"));
        fixture.sandbox.commit_all(&fixture.work, value);
        fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
        let machine = fixture.machine(value, "feature/x");
        machine.ensure(&[]).code(3).says(value).says(".git-devpi.toml").says(limit);
        machine.set("GIT_DEVPI_CLAIM_TIMEOUT", "20s").ensure(&["--number", value.trim_end_matches(['s', 'h'])]).ok();
    }
    assert_eq!(fixture.builds(), 2);
}
