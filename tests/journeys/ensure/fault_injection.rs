//! Fault injection: `ensure` is killed after each of its requests, or loses the response, and the final state is the same.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::fixture::{Fixture, Machine};
use super::processes::{assert_one_release, claim_config, claim_name, claims, signal_group, start};
use crate::support::{DevpiServer, Fault, Proxy};

const BRANCH: &str = "feature/both";
const INDEX: &str = "feature-both";
const VERSION: &str = "1.4.57.dev0";
/// The number of concurrent cases.
const AT_ONCE: usize = 4;

/// A repository that releases wheel and sdist, and a proxy in front of the server.
fn fixture() -> (Fixture, Proxy) {
    let fixture = Fixture::new();
    fixture.release_both_formats(BRANCH);
    (fixture, Proxy::start(DevpiServer::shared().url()))
}

fn machine<'a>(fixture: &'a Fixture, name: &str, proxy: &Proxy) -> Machine<'a> {
    fixture.machine(name, BRANCH).set("GIT_DEVPI_SERVER", proxy.url())
}

/// The requests of an `ensure` without faults.
fn requests_of_one_ensure() -> Vec<String> {
    let (fixture, proxy) = fixture();
    machine(&fixture, "first", &proxy).ensure(&[]).ok();
    proxy.requests()
}

/// Runs `case` for every request from 1 to `count`.
fn for_each_request(count: usize, case: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(1);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n > count {
                        return;
                    }
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(n))).is_err() {
                        failed.lock().unwrap().push(n);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner().unwrap(), Vec::<usize>::new(), "the failed cases");
}

#[test]
fn another_machine_finishes_an_ensure_that_is_killed_after_any_request() {
    let requests = requests_of_one_ensure();
    assert!((10..40).contains(&requests.len()), "{requests:#?}");
    for_each_request(requests.len(), |n| {
        let (mut fixture, proxy) = fixture();
        fixture.set_claim_timeout("10s");
        let victim = machine(&fixture, "first", &proxy);
        let group = Arc::new(AtomicU32::new(0));
        let known = Arc::clone(&group);
        let kill = move || signal_group(known.load(Ordering::SeqCst), "-KILL");
        proxy.inject_after(n, Fault::Call(Box::new(kill)));
        let mut ensure = super::processes::wait_at_barrier(&victim, "first");
        group.store(ensure.id(), Ordering::SeqCst);
        ensure.release();
        assert!(!ensure.finish().status.success(), "the machine was killed after {:?}", proxy.requests().last());
        assert!(proxy.has_injected());
        let record = || fixture.api.index(&fixture.user.index(INDEX)).map(|config| config["custom_data"].clone());
        let before = record();

        let second = fixture.machine("second", BRANCH);
        let output = start(&second, "second").finish();
        assert_one_release(&fixture, (INDEX, VERSION), (&[output], 1));
        assert!(before.is_none() || before == record(), "{before:?} {:?}", record());
        // The killed machine's claim expires, and the next clean-up deletes it.
        if !claims(&fixture).is_empty() {
            thread::sleep(Duration::from_secs(11));
        }
        second.devpi(&["prune", "--yes"]).ok();
        assert_eq!(claims(&fixture), Vec::<String>::new(), "after {:?}", proxy.requests().last());
    });
}

#[test]
fn an_ensure_that_loses_any_response_succeeds() {
    let requests = requests_of_one_ensure();
    for_each_request(requests.len(), |n| {
        let (mut fixture, proxy) = fixture();
        fixture.set_claim_timeout("2m");
        let machine = machine(&fixture, "first", &proxy);
        proxy.inject_after(n, Fault::DropResponse);
        let started = Instant::now();
        let output = start(&machine, "first").finish();
        assert!(started.elapsed() < Duration::from_secs(100), "the machine waited for its own claim");
        assert!(proxy.has_injected());
        assert_one_release(&fixture, (INDEX, VERSION), (&[output], 1));
        assert_eq!(claims(&fixture), Vec::<String>::new(), "{:#?}", proxy.requests());
    });
}

#[test]
fn a_claim_that_is_renewed_after_it_was_read_as_expired_stays_valid() {
    let (fixture, proxy) = fixture();
    let machine = machine(&fixture, "second", &proxy);
    let claim = fixture.user.index(&claim_name(INDEX, VERSION, 1));
    let commit = machine.commit();
    let config = move |until: &str| claim_config(("acme/demo", BRANCH), &commit, until);
    fixture.api.put(&claim, &config("2026-01-02T03:04:05Z"));
    // The holder renews the claim after the other machine has read it as expired.
    let (api, name) = (fixture.api.clone(), claim.clone());
    let renew = move || drop(api.patch(&name, &config("2999-01-02T03:04:05Z")));
    proxy.inject_at(("GET", ".claim-"), Fault::Call(Box::new(renew)));
    let ensure = start(&machine, "second");
    while !proxy.has_injected() {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(4));
    assert_eq!(ensure.builds(), 0, "the machine replaced an active holder");
    fixture.api.delete(&claim);
    assert_one_release(&fixture, (INDEX, VERSION), (&[ensure.finish()], 1));
}
