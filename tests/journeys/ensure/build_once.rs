//! Build once: the first machine builds and publishes, all others fetch the same bytes.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::fixture::{Fixture, PROJECT, sha256};
use crate::support::DevpiServer;

const VERSION: &str = "1.4.57.dev0";

#[test]
fn the_first_machine_builds_and_the_second_fetches() {
    let fixture = Fixture::new();
    let first = fixture.machine("first", "feature/x");
    let answer = first.ensure(&["--dest", "../one"]).ok().json();
    let commit = first.commit();
    let index = fixture.user.index("feature-x");
    let expected = json!({
        "schema": 1, "project": PROJECT, "version": VERSION, "index": index, "file": Fixture::wheel(VERSION),
        "sha256": answer["sha256"], "path": answer["path"], "action": "built",
        "commit": commit, "constraints": null,
    });
    assert_eq!(answer, expected);
    let path = std::fs::canonicalize(answer["path"].as_str().unwrap()).unwrap();
    assert_eq!(path, std::fs::canonicalize(fixture.sandbox.path("one")).unwrap().join(Fixture::wheel(VERSION)));

    // The state of the server.
    let sha = answer["sha256"].as_str().unwrap();
    assert_eq!(fixture.files("feature-x", VERSION), [(Fixture::wheel(VERSION), sha.to_owned())]);
    let provenance = fixture.provenance("feature-x", VERSION);
    assert_eq!(provenance.len(), 1, "{provenance:?}");
    assert_eq!((&provenance[0]["kind"], &provenance[0]["commit"]), (&json!("provenance"), &json!(commit)));
    assert_eq!((&provenance[0]["sha256"], &provenance[0]["version"]), (&json!(sha), &json!(VERSION)));
    let config = fixture.api.index(&index).unwrap();
    assert_eq!((&config["volatile"], &config["acl_toxresult_upload"]), (&json!(false), &json!([fixture.user.name])));
    assert_eq!(config["custom_data"]["git-devpi"]["own_commits"], json!(true));
    let release = fixture.api.get(&format!("{index}/{PROJECT}/{VERSION}")).unwrap();
    assert_eq!(release["result"]["requires_python"], ">=3.9", "devpi takes it from the form, not from the file");
    let production = fixture.api.get(&fixture.user.index("prod")).unwrap();
    assert_eq!(production["result"]["projects"], json!([PROJECT]), "the name is registered in production");
    assert!(fixture.files("prod", VERSION).is_empty());

    // Another machine, without a login: nothing is built again.
    let second = fixture.machine("second", "feature/x").unset("GIT_DEVPI_PASSWORD");
    let found = second.ensure(&["--dest", "../two"]).ok().json();
    assert_eq!((&found["sha256"], &found["action"]), (&answer["sha256"], &json!("found")));
    assert_eq!(sha256(&fixture.sandbox.path("two").join(Fixture::wheel(VERSION))), sha);
    assert_eq!(fixture.builds(), 1);
    assert_eq!(fixture.provenance("feature-x", VERSION).len(), 1);
    for machine in [&first, &second] {
        assert_eq!(fixture.sandbox.git(&machine.clone, &["status", "--porcelain"]).ok().text(), "");
        assert_eq!(fixture.sandbox.git(&machine.clone, &["tag"]).ok().text(), "");
    }
}

#[test]
fn an_existing_release_costs_three_requests_and_the_download() {
    let server = DevpiServer::own();
    let fixture = Fixture::on(&server);
    fixture.machine("first", "feature/x").ensure(&[]).ok();
    let second = fixture.machine("second", "feature/x").unset("GIT_DEVPI_PASSWORD");
    // A release of a moment ago costs one more: the first time, the server is asked how it stores.
    thread::sleep(Duration::from_secs(5));
    let before = server.requests_answered();
    second.ensure(&["--dest", "dist"]).ok();
    assert_eq!(server.requests_answered() - before, 4);
    let before = server.requests_answered();
    second.ensure(&["--dest", "dist"]).ok();
    assert_eq!(server.requests_answered() - before, 2, "report and file are in the cache");
}

#[test]
fn both_formats_are_published_and_the_wheel_is_in_dest() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("BUILD_SECONDS", "0.3");
    fixture.release_both_formats("feature/both");
    let machines = ["a", "b"].map(|name| fixture.machine(name, "feature/both"));
    let children = machines.each_ref().map(|machine| {
        let mut command = machine.command(&["ensure", "--dest", "dist"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    });
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut files = fixture.files("feature-both", VERSION);
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[1].0.ends_with(".tar.gz"));
    for machine in &machines {
        assert_eq!(super::fixture::listing(&machine.clone.join("dist")), [Fixture::wheel(VERSION)]);
        assert_eq!(sha256(&machine.clone.join("dist").join(Fixture::wheel(VERSION))), files[0].1);
    }
    let commit = machines[0].commit();
    let provenance = fixture.provenance("feature-both", VERSION);
    assert!(provenance.len() == 2 && provenance.iter().all(|note| note["commit"] == commit.as_str()), "{provenance:?}");
}

#[test]
fn a_file_without_provenance_is_used_after_the_claim_timeout() {
    let mut fixture = Fixture::new();
    fixture.set_claim_timeout("10s");
    let machine = fixture.machine("first", "feature/x");
    let index = fixture.user.index("feature-x");
    fixture.api.put(&index, &record("feature/x", false));
    fixture.api.upload(&index, (PROJECT, VERSION), (&Fixture::wheel(VERSION), b"of another tool"));
    let run = machine.ensure(&[]).ok();
    assert_eq!(run.json()["action"], "found");
    run.says("has no provenance");
    assert_eq!(fixture.builds(), 0);
}

#[test]
fn a_machine_that_is_publishing_is_waited_for() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    let index = fixture.user.index("feature-x");
    fixture.api.put(&index, &record("feature/x", false));
    fixture.api.upload(&index, (PROJECT, VERSION), (&Fixture::wheel(VERSION), b"of another machine"));
    let ensure = machine.command(&["ensure"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let file = &fixture.api.files(&index, PROJECT, VERSION)[0];
    let note =
        json!({"schema": 1, "kind": "provenance", "commit": "a".repeat(40), "version": VERSION, "sha256": file.sha256});
    let report = json!({"testenvs": {}, "toxversion": "0", "host": "h", "platform": "p", "git-devpi": note});
    fixture.api.post(&file.path, &report);
    let output = ensure.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "the other machine's provenance decides: {said}");
    assert!(said.contains("aaaaaaa"), "{said}");
}

#[test]
fn an_index_left_volatile_by_a_deletion_is_repaired() {
    let fixture = Fixture::new();
    let index = fixture.user.index("feature-x");
    fixture.api.put(&index, &record("feature/x", true));
    fixture.machine("first", "feature/x").ensure(&[]).ok();
    let config = fixture.api.index(&index).unwrap();
    assert_eq!(
        (&config["volatile"], &config["custom_data"]["git-devpi"]["own_commits"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(config["custom_data"]["other tool"], "stays");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["feature-x", "prod"]);
}

fn record(branch: &str, volatile: bool) -> serde_json::Value {
    json!({"volatile": volatile, "custom_data": {"other tool": "stays", "git-devpi": {"schema": 1, "kind": "branch",
        "repository": "acme/demo", "branch": branch, "own_commits": false, "created": "2026-01-02T03:04:05Z"}}})
}
