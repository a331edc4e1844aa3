//! What other clients do while `prune` deletes: an index that they use is given back, however long the server takes.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::prune_fixture::{PruneFixture, record};
use crate::support::{Api, DevpiServer, Fault, Proxy};

const CLAIM: &str = "used.claim-0123456789ab-1";
const FUTURE: &str = "2999-01-01T00:00:00Z";
const PAST: &str = "2020-01-01T00:00:00Z";

/// A fixture whose clone talks to the server through a proxy; `used` and `other` are merged, and go.
fn fixture(server: &DevpiServer) -> (PruneFixture, Proxy) {
    let proxy = Proxy::start(server.url());
    let fixture = PruneFixture::on(server).without_grace();
    fixture.git(&["config", "--global", "devpi.server", proxy.url()]);
    let words = ["git", "devpi", "login", "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.clone, &words, format!("{}\n", fixture.user.password).as_bytes()).ok();
    for branch in ["used", "other"] {
        fixture.merged(branch, branch);
        fixture.upload(branch);
    }
    (fixture, proxy)
}

fn claim(until: &str) -> Value {
    let record = json!({ "schema": 1, "kind": "claim", "repository": "shiny", "branch": "used", "holder": "h",
        "commit": "1".repeat(40), "until": until });
    json!({ "volatile": true, "bases": [], "custom_data": { "git-devpi": record } })
}

fn volatile(fixture: &PruneFixture, index: &str) -> Value {
    fixture.api.index(&fixture.user.index(index)).unwrap()["volatile"].clone()
}

/// The API for another client, as the fixture's user.
fn api(fixture: &PruneFixture, server: &DevpiServer) -> Api {
    server.api().logged_in(&fixture.user)
}

type Event = fn(&Api, &str);

/// What another client does to the index, and what prune says.
const EVENTS: [(&str, Event, &str); 6] = [
    (
        "a new release",
        |api, index| api.upload(index, ("demo-pkg", "2.0"), ("demo_pkg-2.0-py3-none-any.whl", b"new")),
        "it was used in the meantime",
    ),
    (
        "a new project",
        |api, index| api.upload(index, ("another", "1.0"), ("another-1.0-py3-none-any.whl", b"new")),
        "it was used in the meantime",
    ),
    (
        "a tox result",
        |api, index| {
            let file = api.files(index, "demo-pkg", "1.0").remove(0);
            api.post(
                &file.path,
                &json!({ "reportversion": "1", "toxversion": "4", "host": "h", "platform": "p", "testenvs": {} }),
            );
        },
        "it was used in the meantime",
    ),
    (
        "a claim",
        |api, index| drop(api.put(&format!("{index}.claim-0123456789ab-1"), &claim(FUTURE))),
        "a build of its branch is running",
    ),
    (
        "a claim under another name",
        |api, index| {
            let user = index.split('/').next().unwrap();
            drop(api.put(&format!("{user}/renamed.claim-0123456789ab-7"), &claim(FUTURE)));
        },
        "a build of its branch is running",
    ),
    (
        "a new life",
        |api, index| {
            let mut record = record("used", false);
            record["created"] = json!("2021-01-02T03:04:05Z");
            api.patch(index, &json!({ "custom_data": { "git-devpi": record } }));
        },
        "its record changed in the meantime",
    ),
];

#[test]
fn what_comes_while_the_server_holds_up_a_request_is_kept() {
    let server = DevpiServer::shared();
    for (moment, fault) in
        [("before the PATCH", Fault::Before as fn(Box<dyn Fn() + Send>) -> Fault), ("after the PATCH", Fault::Call)]
    {
        let (fixture, proxy) = fixture(server);
        for (event, act, said) in EVENTS {
            let what = format!("{event} {moment}");
            let (api, index) = (api(&fixture, server), fixture.user.index("used"));
            let call = move || {
                act(&api, &index);
                std::thread::sleep(Duration::from_millis(1500));
            };
            proxy.inject_at(("PATCH", "/used"), fault(Box::new(call)));
            let run = fixture.prune(&["--yes"]).ok().says(said);
            assert!(proxy.has_injected(), "{what}: {run}");
            assert!(fixture.indexes().contains(&"used".to_owned()), "{what}: {run}");
            assert!(!fixture.indexes().contains(&"other".to_owned()), "{what}: {run}");
            assert_eq!(volatile(&fixture, "used"), false, "{what}: {run}");
            // As before the event.
            for claim in fixture.indexes().iter().filter(|name| name.contains(".claim-")) {
                fixture.api.delete(&fixture.user.index(claim));
            }
            fixture
                .api
                .patch(&fixture.user.index("used"), &json!({ "custom_data": { "git-devpi": record("used", true) } }));
            fixture.index("other", "other", true);
        }
        assert_eq!(fixture.logs().len(), EVENTS.len(), "only what is deleted is logged");
        fixture.prune(&["--yes"]).ok();
        assert_eq!(fixture.indexes(), ["main"]);
    }
}

#[test]
fn an_index_that_is_taken_into_use_after_the_second_look_is_kept() {
    let server = DevpiServer::shared();
    let (fixture, proxy) = fixture(server);
    let (api, index) = (api(&fixture, server), fixture.user.index("used"));
    let take = move || drop(api.patch(&index, &json!({ "volatile": false })));
    proxy.inject_at(("DELETE", "/used"), Fault::Before(Box::new(take)));
    fixture.prune(&["--yes"]).ok().says("it is in use again");
    assert_eq!((fixture.indexes(), volatile(&fixture, "used")), (vec!["main".into(), "used".into()], json!(false)));
    assert_eq!(fixture.logs().len(), 1);
}

#[test]
fn an_index_whose_deletion_was_interrupted_stays_volatile_when_it_is_given_back() {
    let server = DevpiServer::shared();
    let (fixture, proxy) = fixture(server);
    fixture.api.patch(&fixture.user.index("used"), &json!({ "volatile": true }));
    let (api, index) = (api(&fixture, server), fixture.user.index("used"));
    let upload = move || EVENTS[0].1(&api, &index);
    proxy.inject_at(("PATCH", "/other"), Fault::Call(Box::new(upload)));
    fixture.prune(&["--yes"]).ok().says("it was used in the meantime");
    assert_eq!((fixture.indexes(), volatile(&fixture, "used")), (vec!["main".into(), "used".into()], json!(true)));
}

#[test]
fn a_claim_is_dead_only_when_it_was_seen_expired_twice() {
    let server = DevpiServer::shared();
    let (fixture, proxy) = fixture(server);
    // After a pause of the server, the listing comes before the renewal.
    fixture.claim(CLAIM, "used", PAST);
    fixture.claim("lone.claim-0123456789ab-1", "lone", PAST);
    let renewals = Arc::new(Mutex::new(0));
    let renew = {
        let (api, user, renewals) = (api(&fixture, server), fixture.user.name.clone(), Arc::clone(&renewals));
        move || {
            *renewals.lock().unwrap() += 1;
            for name in [CLAIM, "lone.claim-0123456789ab-1"] {
                let mut renewed = claim(FUTURE);
                renewed["custom_data"]["git-devpi"]["branch"] = json!(name.split('.').next().unwrap());
                api.patch(&format!("{user}/{name}"), &json!({ "custom_data": renewed["custom_data"] }));
            }
        }
    };
    proxy.inject_at(("GET", "/"), Fault::Call(Box::new(renew)));
    let run = fixture.prune(&["--yes", "--now"]).ok().says("a build of its branch is running").says("in the meantime");
    assert_eq!(*renewals.lock().unwrap(), 1);
    assert_eq!(fixture.indexes(), ["lone.claim-0123456789ab-1", "main", "used", CLAIM], "{run}");
    assert_eq!(volatile(&fixture, "used"), false);
    // Never renewed.
    for (name, branch) in [(CLAIM, "used"), ("lone.claim-0123456789ab-1", "lone")] {
        fixture.api.delete(&fixture.user.index(name));
        fixture.claim(name, branch, PAST);
    }
    let started = Instant::now();
    fixture.prune(&["--yes"]).ok();
    assert_eq!(fixture.indexes(), ["main"]);
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn only_what_can_go_is_read_and_a_deletion_costs_three_requests() {
    let server = DevpiServer::own();
    let fixture = PruneFixture::on(&server).without_grace();
    for n in 0..30 {
        fixture.index(&format!("gone{n}"), &format!("gone/{n}"), true);
    }
    let requests = |arguments: &[&str]| {
        let before = server.requests_answered();
        let run = fixture.prune(arguments).ok();
        (server.requests_answered() - before, run)
    };
    // The listings of the owner and of all users, and the newest build of main; 15 may go.
    let (shown, run) = requests(&["--dry-run"]);
    assert_eq!(run.stdout.matches("gone/").count(), 30, "{run}");
    assert!(shown <= 3 + 16, "{shown} requests");
    let (deleted, _) = requests(&["--yes", "--force"]);
    assert_eq!(fixture.indexes(), ["main"]);
    // And a listing for each eight, and once a day the kind of storage.
    assert!(deleted <= 3 + 4 + 1 + 3 * 30, "{deleted} requests");
}

#[test]
fn a_branch_that_is_pushed_meanwhile_keeps_its_index() {
    let server = DevpiServer::shared();
    for (what, refspec) in [
        ("a new commit", "HEAD:refs/heads/used"),
        ("a reset", "+main~1:refs/heads/used"),
        ("a deletion", ":refs/heads/used"),
    ] {
        let (fixture, proxy) = fixture(server);
        fixture.git(&["switch", "--quiet", "--create", "more", "used"]);
        fixture.sandbox.commit_all(&fixture.clone, "More");
        let command = std::sync::Mutex::new(fixture.sandbox.command(&fixture.clone, "git"));
        command.lock().unwrap().args(["push", "--quiet", "origin", refspec]);
        let call = move || assert!(command.lock().unwrap().status().unwrap().success());
        proxy.inject_at(("PATCH", "/used"), Fault::Call(Box::new(call)));
        let run = fixture.prune(&["--yes"]).ok().says("its branch changed on the remote in the meantime");
        assert!(proxy.has_injected(), "{what}: {run}");
        assert_eq!(volatile(&fixture, "used"), false, "{what}: {run}");
        assert!(!fixture.indexes().contains(&"other".to_owned()), "{what}: {run}");
    }
}
