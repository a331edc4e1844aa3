//! A builder that is suspended, or loses its claim, and continues: it never writes into another machine's claim, and no release has files of two
//! builders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fixture::{Fixture, Machine, PROJECT, sha256};
use super::processes::{
    EnsureProcess, assert_one_release, claim_config, claim_name, claims, finish_all, sha256_of, signal_group, start,
    wait_at_barrier, wait_for_builder,
};
use crate::support::{DevpiServer, Fault, Proxy};

const BRANCH: &str = "feature/both";
const INDEX: &str = "feature-both";
const VERSION: &str = "1.4.57.dev0";
const FUTURE: &str = "2999-01-02T03:04:05Z";

/// A repository that releases wheel and sdist.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.release_both_formats(BRANCH);
    fixture
}

/// A machine that talks to the server through a proxy of its own.
fn proxied<'a>(fixture: &'a Fixture, name: &str) -> (Machine<'a>, Proxy) {
    let proxy = Proxy::start(DevpiServer::shared().url());
    let machine = fixture.machine(name, BRANCH).set("GIT_DEVPI_SERVER", proxy.url());
    (machine, proxy)
}

/// Starts `ensure`, which is stopped when the server has stored its first file, and waits for that.
fn start_until_first_upload(machine: &Machine<'_>, proxy: &Proxy, name: &str) -> EnsureProcess {
    let group = Arc::new(AtomicU32::new(0));
    let known = Arc::clone(&group);
    let stop = move || signal_group(known.load(Ordering::SeqCst), "-STOP");
    proxy.inject_at(("POST", ".claim-"), Fault::Call(Box::new(stop)));
    let mut ensure = wait_at_barrier(machine, name);
    group.store(ensure.id(), Ordering::SeqCst);
    ensure.release();
    wait_until("the first upload", || proxy.has_injected());
    ensure
}

fn wait_until(what: &str, is_done: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_done() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what} did not happen");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a machine has this file in its cache: it built the file, or fetched it.
fn has_file(machine: &Machine<'_>, sha256: &str) -> bool {
    let found = machine.fixture.sandbox.finish(&mut machine.program("find", &[machine.home.to_str().unwrap()]));
    found.text().contains(sha256)
}

#[test]
fn a_builder_that_continues_after_its_claim_was_used_again_writes_nothing_into_it() {
    let fixture = fixture();
    let (suspended, proxy) = proxied(&fixture, "suspended");
    let first = start_until_first_upload(&suspended, &proxy, "suspended");
    // The first machine continues while the second one is uploading to the same claim.
    let name = claims(&fixture).remove(0);
    fixture.api.delete(&fixture.user.index(&name));
    let (second, proxy) = proxied(&fixture, "second");
    let (id, listed) = (first.id(), fixture.user.index(&name));
    let api = fixture.api.clone();
    let uploaded = Arc::new(AtomicU32::new(u32::MAX));
    let seen = Arc::clone(&uploaded);
    let go_on = move || {
        signal_group(id, "-CONT");
        thread::sleep(Duration::from_secs(4));
        seen.store(u32::try_from(api.files(&listed, PROJECT, VERSION).len()).unwrap(), Ordering::SeqCst);
    };
    proxy.inject_at(("POST", ".claim-"), Fault::Call(Box::new(go_on)));
    let second_ensure = start(&second, "second");
    let (outputs, _) = finish_all(vec![second_ensure, first]);
    assert_eq!(uploaded.load(Ordering::SeqCst), 1, "the suspended builder uploaded to another machine's claim");
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 1));
    for (file, sha256) in fixture.files(INDEX, VERSION) {
        assert!(has_file(&second, &sha256), "{file} was built by the suspended machine");
    }
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn prune_keeps_an_expired_claim_and_the_next_machine_uses_another_name() {
    let mut fixture = fixture();
    fixture.set_claim_timeout("10s");
    let (suspended, proxy) = proxied(&fixture, "suspended");
    let first = start_until_first_upload(&suspended, &proxy, "suspended");
    let claim = claims(&fixture);
    thread::sleep(Duration::from_secs(11));
    let pruning = fixture.machine("pruning", BRANCH);
    let table = pruning.devpi(&["prune", "--dry-run", "--json"]).ok().json();
    let name = fixture.user.index(&claim[0]);
    let row = table["staying"].as_array().unwrap().iter().find(|row| row["index"] == name.as_str()).cloned();
    let reason = row.map(|row| row["reason"].to_string()).unwrap_or_default();
    assert!(reason.contains("since its builder may be suspended"), "{table}");
    pruning.devpi(&["prune", "--yes"]).ok();
    pruning.devpi(&["index", "delete", &claim[0], "--yes"]).code(1).says("may be suspended");
    assert_eq!(claims(&fixture), claim);

    let second = fixture.machine("second", BRANCH);
    let second_ensure = start(&second, "second");
    wait_until("a claim with another name", || claims(&fixture).contains(&claim_name(INDEX, VERSION, 2)));
    first.signal("-CONT");
    let (outputs, _) = finish_all(vec![second_ensure, first]);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 1));
    let files = fixture.files(INDEX, VERSION);
    let built_here = |machine: &Machine<'_>| files.iter().filter(|(_, sha256)| has_file(machine, sha256)).count();
    assert!(built_here(&suspended) == 2 || built_here(&second) == 2, "files of two builders: {files:?}");
    assert_eq!(claims(&fixture), Vec::<String>::new(), "after the publication the expired claim is deleted, too");
}

#[test]
fn prune_deletes_an_expired_claim_whose_release_is_published() {
    let fixture = fixture();
    let machine = fixture.machine("first", BRANCH);
    machine.ensure(&[]).ok();
    let just_now = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(5);
    let about = |version: &str, number: u32| {
        let name = claim_name(INDEX, version, number);
        let mut config = claim_config(("acme/demo", BRANCH), &machine.commit(), &just_now.to_string());
        config["custom_data"]["git-devpi"]["project"] = json!(PROJECT);
        config["custom_data"]["git-devpi"]["version"] = json!(version);
        fixture.api.put(&fixture.user.index(&name), &config);
        name
    };
    let published = about(VERSION, 7);
    let unpublished = about("1.4.58.dev0", 7);
    // Its record names a release that its name does not stand for.
    let forged = format!("{INDEX}.claim-0123456789ab-1");
    let mut config = fixture.api.index(&fixture.user.index(&published)).unwrap();
    config = json!({ "volatile": true, "bases": [], "custom_data": config["custom_data"] });
    fixture.api.put(&fixture.user.index(&forged), &config);
    machine.devpi(&["prune", "--yes"]).ok();
    let mut left = claims(&fixture);
    left.sort();
    let mut expected = vec![forged, unpublished];
    expected.sort();
    assert_eq!(left, expected);
}

#[test]
fn a_suspended_builder_renews_no_claim_of_another_machine_and_builds_once() {
    let mut fixture = fixture();
    fixture.set_claim_timeout("10s");
    fixture.sandbox.set("BUILD_SECONDS", "8");
    let machine = fixture.machine("suspended", BRANCH);
    let ensure = start(&machine, "suspended");
    wait_for_builder(std::slice::from_ref(&ensure));
    ensure.signal("-STOP");
    let claim = fixture.user.index(&claims(&fixture).remove(0));
    fixture.api.delete(&claim);
    let theirs = claim_config(("acme/demo", BRANCH), &machine.commit(), FUTURE);
    fixture.api.put(&claim, &theirs);
    ensure.signal("-CONT");
    // A third of the timeout, and the rest of the build, pass.
    thread::sleep(Duration::from_secs(12));
    let record = fixture.api.index(&claim).unwrap()["custom_data"].clone();
    assert_eq!(record, theirs["custom_data"], "the claim of another machine was renewed");
    assert!(fixture.api.files(&claim, PROJECT, VERSION).is_empty());
    fixture.api.delete(&claim);
    let (outputs, builds) = finish_all(vec![ensure]);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 1));
    assert_eq!(builds, 1, "what was built is published under the next claim");
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn a_terminated_builder_leaves_a_claim_with_files_and_never_deletes_another_machines() {
    let fixture = fixture();
    let (machine, proxy) = proxied(&fixture, "terminated");
    let first = start_until_first_upload(&machine, &proxy, "terminated");
    first.signal("-TERM");
    first.signal("-CONT");
    assert!(!first.finish().status.success());
    let claim = fixture.user.index(&claims(&fixture).remove(0));
    let record = fixture.api.index(&claim).unwrap()["custom_data"]["git-devpi"].clone();
    assert_eq!(record["abandoned"], true, "{record}");

    // Another machine need not wait, and does not use the name.
    let (second, proxy) = proxied(&fixture, "second");
    let started = Instant::now();
    let second = start_until_first_upload(&second, &proxy, "second");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let own = fixture.user.index(&claim_name(INDEX, VERSION, 2));
    // Its claim is used by yet another machine when it is terminated.
    fixture.api.delete(&own);
    let theirs = claim_config(("acme/demo", BRANCH), &machine.commit(), FUTURE);
    fixture.api.put(&own, &theirs);
    second.signal("-TERM");
    second.signal("-CONT");
    assert!(!second.finish().status.success());
    assert_eq!(
        fixture.api.index(&own).map(|config| config["custom_data"].clone()),
        Some(theirs["custom_data"].clone())
    );
    fixture.api.delete(&own);
    let third = start(&fixture.machine("third", BRANCH), "third").finish();
    assert_one_release(&fixture, (INDEX, VERSION), (&[third], 1));
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn a_file_of_another_client_in_the_claim_is_not_published() {
    let fixture = fixture();
    let (machine, proxy) = proxied(&fixture, "first");
    let (api, user) = (fixture.api.clone(), fixture.user.clone());
    let upload = move || {
        let claim = user.index(&claim_name(INDEX, VERSION, 1));
        let foreign = format!("demo_pkg-{VERSION}-py2-none-any.whl");
        api.upload(&claim, (PROJECT, VERSION), (&foreign, b"of another machine"));
    };
    proxy.inject_at(("POST", ".claim-"), Fault::Call(Box::new(upload)));
    let (outputs, builds) = finish_all(vec![start(&machine, "first")]);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 1));
    assert_eq!(builds, 1);
    assert_eq!(claims(&fixture), Vec::<String>::new());
}

#[test]
fn an_index_that_is_deleted_during_the_build_is_created_again() {
    for (moment, event) in [("PUT", ".claim-"), ("POST", ".claim-"), ("PATCH", ".claim-")] {
        let mut fixture = fixture();
        // The third moment is a renewal, so during the build.
        fixture.set_claim_timeout("10s");
        fixture.sandbox.set("BUILD_SECONDS", "5");
        let (machine, proxy) = proxied(&fixture, "first");
        let (api, index) = (fixture.api.clone(), fixture.user.index(INDEX));
        let delete = move || {
            api.patch(&index, &json!({"volatile": true}));
            api.delete(&index);
        };
        proxy.inject_at((moment, event), Fault::Call(Box::new(delete)));
        let (outputs, builds) = finish_all(vec![start(&machine, "first")]);
        assert!(proxy.has_injected());
        assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 1));
        assert_eq!(builds, 1, "after {moment}");
        let config = fixture.api.index(&fixture.user.index(INDEX)).unwrap();
        assert_eq!(
            (&config["volatile"], &config["custom_data"]["git-devpi"]["branch"]),
            (&json!(false), &json!(BRANCH))
        );
        assert_eq!(claims(&fixture), Vec::<String>::new(), "after {moment}");
        assert_eq!(sha256_of(&outputs[0]), sha256(&machine.clone.join("dist").join(Fixture::wheel(VERSION))));
    }
}
