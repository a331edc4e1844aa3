//! `ensure` that is cut off after any of its requests, or does not hear the answer to it: the end state is the same.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::fleet::{claim_config, claim_name, claims, one_release, signal_group, start};
use super::stage::{Machine, Stage};
use crate::support::{DevpiServer, Proxy, Trouble};

const BRANCH: &str = "feature/both";
const INDEX: &str = "feature-both";
const VERSION: &str = "1.4.57.dev0";
/// How many stages are played at the same time.
const AT_ONCE: usize = 4;

/// A repository that releases wheel and sdist, and a proxy before the server.
fn stage() -> (Stage, Proxy) {
    let stage = Stage::new();
    stage.releases_both_formats(BRANCH);
    (stage, Proxy::start(DevpiServer::shared().url()))
}

fn machine<'a>(stage: &'a Stage, name: &str, proxy: &Proxy) -> Machine<'a> {
    stage.machine(name, BRANCH).set("GIT_DEVPI_SERVER", proxy.url())
}

/// What an `ensure` that nobody disturbs asks for.
fn undisturbed() -> Vec<String> {
    let (stage, proxy) = stage();
    machine(&stage, "first", &proxy).ensure(&[]).ok();
    proxy.requests()
}

/// Plays `scene` for every request from 1 to `count`.
fn for_each_request(count: usize, scene: impl Fn(usize) + Sync) {
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
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scene(n))).is_err() {
                        failed.lock().unwrap().push(n);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner().unwrap(), Vec::<usize>::new(), "the requests after which it went wrong");
}

#[test]
fn an_ensure_that_is_killed_after_any_request_is_finished_by_another() {
    let requests = undisturbed();
    assert!((10..40).contains(&requests.len()), "{requests:#?}");
    for_each_request(requests.len(), |n| {
        let (mut stage, proxy) = stage();
        stage.claims_run_out_after("2s");
        let victim = machine(&stage, "first", &proxy);
        let group = Arc::new(AtomicU32::new(0));
        let known = Arc::clone(&group);
        let kill = move || signal_group(known.load(Ordering::SeqCst), "-KILL");
        proxy.trouble_after(n, Trouble::Call(Box::new(kill)));
        let mut ensure = super::fleet::wait_at_barrier(&victim, "first");
        group.store(ensure.id(), Ordering::SeqCst);
        ensure.go();
        assert!(!ensure.finish().status.success(), "it was killed after {:?}", proxy.requests().last());
        assert!(proxy.has_made_trouble());
        let record = || stage.api.index(&stage.user.index(INDEX)).map(|config| config["custom_data"].clone());
        let before = record();

        let second = stage.machine("second", BRANCH);
        let output = start(&second, "second").finish();
        one_release(&stage, (INDEX, VERSION), (&[output], 1));
        assert!(before.is_none() || before == record(), "{before:?} {:?}", record());
        // What the killed one has left runs out, and goes with whoever comes then.
        thread::sleep(Duration::from_secs(3));
        second.ensure(&["--no-build"]).ok();
        assert_eq!(claims(&stage), Vec::<String>::new(), "after {:?}", proxy.requests().last());
    });
}

#[test]
fn an_ensure_that_loses_the_answer_to_any_request_gets_through() {
    let requests = undisturbed();
    for_each_request(requests.len(), |n| {
        let (mut stage, proxy) = stage();
        stage.claims_run_out_after("2m");
        let machine = machine(&stage, "first", &proxy);
        proxy.trouble_after(n, Trouble::LoseAnswer);
        let started = Instant::now();
        let output = start(&machine, "first").finish();
        assert!(started.elapsed() < Duration::from_secs(100), "it has waited for its own claim");
        assert!(proxy.has_made_trouble());
        one_release(&stage, (INDEX, VERSION), (&[output], 1));
        assert_eq!(claims(&stage), Vec::<String>::new(), "{:#?}", proxy.requests());
    });
}

#[test]
fn a_claim_that_is_renewed_after_it_was_seen_expired_is_not_overtaken() {
    let (stage, proxy) = stage();
    let machine = machine(&stage, "second", &proxy);
    let claim = stage.user.index(&claim_name(INDEX, VERSION, 1));
    let commit = machine.commit();
    let config = move |until: &str| claim_config(("acme/demo", BRANCH), &commit, until);
    stage.api.put(&claim, &config("2026-01-02T03:04:05Z"));
    // The holder renews when the other one has just been told that the time is over.
    let (api, name) = (stage.api.clone(), claim.clone());
    let renew = move || drop(api.patch(&name, &config("2999-01-02T03:04:05Z")));
    proxy.trouble_at(("GET", ".claim-"), Trouble::Call(Box::new(renew)));
    let ensure = start(&machine, "second");
    while !proxy.has_made_trouble() {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(4));
    assert_eq!(ensure.builds(), 0, "it has overtaken a holder that lives");
    stage.api.delete(&claim);
    one_release(&stage, (INDEX, VERSION), (&[ensure.finish()], 1));
}
