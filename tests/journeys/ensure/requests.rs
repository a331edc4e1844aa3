//! The requests of `ensure`, `status`, `results` and `env` where the release is there: their number does not depend on that of the indexes.

use serde_json::json;

use super::fixture::{Fixture, Machine, PROJECT};
use crate::support::{DevpiServer, Proxy};

const INDEX: &str = "feature-x";
const VERSION: &str = "1.4.57.dev0";

/// The requests of a call, sorted: those at the same time have no order.
fn requests(proxy: &Proxy, call: impl FnOnce()) -> Vec<String> {
    let before = proxy.requests().len();
    call();
    let mut requests = proxy.requests()[before..].to_vec();
    requests.sort();
    requests
}

fn machine<'a>(fixture: &'a Fixture, name: &str, proxy: &Proxy) -> Machine<'a> {
    fixture.machine(name, "feature/x").set("GIT_DEVPI_SERVER", proxy.url())
}

#[test]
fn a_release_that_is_there_costs_two_requests_and_what_the_cache_lacks() {
    let fixture = Fixture::new();
    let proxy = Proxy::start(DevpiServer::shared().url());
    machine(&fixture, "builder", &proxy).ensure(&[]).ok();
    for n in 0..30 {
        fixture.api.put(&fixture.user.index(&format!("other-{n}")), &json!({}));
    }
    let index = fixture.user.index(INDEX);
    let (config, release) = (format!("GET /{index}?no_projects="), format!("GET /{index}/{PROJECT}/{VERSION}"));
    let tester = machine(&fixture, "tester", &proxy);
    tester.devpi(&["login", proxy.url()]).ok();
    let first = requests(&proxy, || assert_eq!(tester.ensure(&[]).ok().json()["action"], "found"));
    assert_eq!(first.len(), 4, "the report and the file, too: {first:#?}");
    assert!(first.contains(&config) && first.contains(&release), "{first:#?}");
    assert!(first.iter().all(|request| request.starts_with("GET ")), "{first:#?}");
    let again = requests(&proxy, || drop(tester.ensure(&["--dest", "dist"]).ok()));
    assert_eq!(again, [release, config.clone()]);
    // The other verbs ask for this index, too, and never for all.
    for verb in [&["status"][..], &["results"], &["env"]] {
        let asked = requests(&proxy, || drop(tester.devpi(verb).ok()));
        assert!(asked.contains(&config), "{verb:?}: {asked:#?}");
        let all = format!("GET /{}", fixture.user.name);
        assert!(!asked.contains(&all) && asked.len() <= 4, "{verb:?}: {asked:#?}");
    }
}

/// The record decides, not the name: an index that has another name is found among all.
#[test]
fn an_index_under_another_name_is_found_by_its_record() {
    let fixture = Fixture::new();
    let proxy = Proxy::start(DevpiServer::shared().url());
    // The preferred name belongs to another branch.
    let record = |branch: &str| {
        json!({"custom_data": {"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/demo",
        "branch": branch, "own_commits": true, "created": "2026-01-01T00:00:00Z"}}, "volatile": false,
        "acl_toxresult_upload": [fixture.user.name]})
    };
    fixture.api.put(&fixture.user.index(INDEX), &record("feature-x"));
    let builder = machine(&fixture, "builder", &proxy);
    let built = builder.ensure(&[]).ok().json();
    let name = built["index"].as_str().unwrap().to_owned();
    assert!(name.starts_with(&format!("{}-", fixture.user.index(INDEX))), "{built}");
    let tester = machine(&fixture, "tester", &proxy);
    let found = tester.ensure(&[]).ok().json();
    assert_eq!((&found["action"], &found["index"]), (&json!("found"), &json!(name)));
    assert!(tester.devpi(&["env"]).ok().stdout.contains(&name));
    assert_eq!(fixture.files(INDEX, VERSION), []);
    // And one that an earlier template of index names gave it.
    fixture.sandbox.git(&tester.clone, &["config", "devpi.indexName", "new-{branch}"]).ok();
    assert_eq!(tester.ensure(&[]).ok().json()["index"], json!(name));
}

#[test]
fn a_build_costs_eight_round_trips() {
    // After a long build, the holder of the claim is read again.
    for (branch, seconds) in [("feature/x", "2"), ("main", "0")] {
        let mut fixture = Fixture::new();
        fixture.sandbox.set("BUILD_SECONDS", seconds);
        let proxy = Proxy::start(DevpiServer::shared().url());
        let builder = fixture.machine("builder", branch).set("GIT_DEVPI_SERVER", proxy.url());
        builder.devpi(&["login", proxy.url()]).ok();
        builder.devpi(&["index", "create"]).ok();
        // On a busy machine an answer about the holder may be too old for the next write.
        let builds = (57..60).map(|number| {
            let number = number.to_string();
            let arguments = ["--number", &number, "--dest", "dist"];
            proxy.traffic(|| assert_eq!(builder.ensure(&arguments).ok().json()["action"], "built"))
        });
        let traffic = builds.min_by_key(|traffic| traffic.round_trips).unwrap();
        assert!(traffic.round_trips <= 8 && traffic.requests.len() <= 16, "{branch}: {traffic:#?}");
        // The claim is deleted before the process ends.
        let names = fixture.api.index_names(&fixture.user.name);
        assert!(!names.iter().any(|name| name.contains(".claim-")), "{names:?}");
    }
}

#[test]
fn a_release_that_is_missing_is_asked_for_once_before_the_claim_and_once_after_it() {
    let fixture = Fixture::new();
    let proxy = Proxy::start(DevpiServer::shared().url());
    let builder = machine(&fixture, "builder", &proxy);
    builder.devpi(&["index", "create"]).ok();
    let before = proxy.requests().len();
    builder.ensure(&[]).ok();
    let requests = proxy.requests()[before..].to_vec();
    let claim = requests.iter().position(|request| request.starts_with("PUT") && request.contains(".claim-")).unwrap();
    let upload =
        requests.iter().position(|request| request.starts_with("POST") && request.contains(".claim-")).unwrap();
    let release = format!("GET /{}/{PROJECT}/{VERSION}", fixture.user.index(INDEX));
    let asked = |requests: &[String]| requests.iter().filter(|request| **request == release).count();
    assert_eq!(asked(&requests[..claim]), 1, "with the index: {requests:#?}");
    assert_eq!(asked(&requests[claim..upload]), 1, "another machine may have published it meanwhile: {requests:#?}");
    let report = |request: &&String| request.starts_with("GET") && request.contains(".toxresult-");
    assert_eq!(requests.iter().find(report), None, "its own provenance");
}

#[test]
fn status_of_a_new_machine_takes_two_round_trips() {
    let fixture = Fixture::new();
    let proxy = Proxy::start(DevpiServer::shared().url());
    let builder = machine(&fixture, "builder", &proxy);
    for number in ["57", "58", "59"] {
        builder.ensure(&["--number", number]).ok();
    }
    let reader = machine(&fixture, "reader", &proxy);
    let traffic = proxy.traffic(|| {
        let status = reader.devpi(&["status", "--json"]).ok().json();
        assert_eq!(status["projects"][0]["releases"].as_array().unwrap().len(), 3, "{status}");
    });
    assert!(traffic.round_trips <= 2 && traffic.requests.len() == 5, "with three reports: {traffic:#?}");
}

#[test]
fn the_newest_releases_of_many_are_read_without_the_others() {
    const MANY: usize = 80;
    let fixture = Fixture::new();
    let proxy = Proxy::start(DevpiServer::shared().url());
    let builder = machine(&fixture, "builder", &proxy);
    builder.devpi(&["index", "create"]).ok();
    let index = fixture.user.index(INDEX);
    for n in 0..MANY {
        let version = format!("1.4.{n}.dev0");
        fixture.api.upload(&index, (PROJECT, &version), (&Fixture::wheel(&version), version.as_bytes()));
    }
    let shown = |traffic: Option<&mut Vec<String>>| {
        let mut shown = serde_json::Value::Null;
        let sent = proxy.traffic(|| shown = builder.devpi(&["status", "--json"]).ok().json());
        if let Some(requests) = traffic {
            *requests = sent.requests;
        }
        let project = &shown["projects"][0];
        let versions = project["releases"].as_array().unwrap().iter().map(|release| release["version"].clone());
        (versions.collect::<Vec<_>>(), project["release_count"].clone(), sent.answered_bytes)
    };
    let mut requests = Vec::new();
    let (versions, count, _) = shown(Some(&mut requests));
    let newest: Vec<String> = (MANY - 5..MANY).rev().map(|n| format!("1.4.{n}.dev0")).collect();
    assert_eq!((versions, count), (newest.iter().map(|version| json!(version)).collect(), json!(MANY)));
    let read = requests.iter().filter(|request| request.contains(&format!("/{PROJECT}/1.4."))).count();
    assert_eq!((read, requests.len()), (5, 8), "{requests:#?}");
    // A version that devpi has in another spelling than the file's name.
    let odd = "demo_pkg-1.5.0-py3-none-any.whl";
    fixture.api.upload(&index, (PROJECT, "1.5"), (odd, b"odd"));
    let (versions, count, _) = shown(None);
    assert_eq!((&versions[0], versions.len(), count), (&json!("1.5"), 5, json!(MANY + 1)));
}

#[test]
fn a_login_at_a_known_server_is_one_request() {
    let fixture = Fixture::new();
    let proxy = Proxy::start(DevpiServer::shared().url());
    let machine = machine(&fixture, "first", &proxy);
    let login = || requests(&proxy, || drop(machine.devpi(&["login", proxy.url()]).ok().says(&fixture.user.name)));
    // A server that is named for the first time might be something else.
    assert_eq!(login(), ["GET /+api", "POST /+login"]);
    assert_eq!(login(), ["POST /+login"]);
}
