//! Machines that may upload but not create indexes: without a claim, the first upload decides.

use serde_json::json;

use super::fixture::{Fixture, Machine};
use super::processes::{assert_one_release, finish_all, machine_names, sha256_of, start};
use crate::support::{DevpiServer, TestUser};

const VERSION: &str = "1.4.57.dev0";
const INDEX: &str = "feature-x";

/// A fixture whose owner has created the branch's index and allows `ci` to upload files and evidence.
fn fixture() -> (Fixture, TestUser) {
    let server = DevpiServer::shared();
    let (fixture, ci) = (Fixture::on(server), server.user());
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let evidence = format!("{settings}evidence-users = [\"{}\", \"{}\"]\n", fixture.user.name, ci.name);
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &evidence);
    fixture.sandbox.commit_all(&fixture.work, "Trust ci");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    // Settings about evidence apply as committed on the release branch.
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "HEAD:main"]).ok();
    let record = json!({"schema": 1, "kind": "branch", "repository": "acme/demo", "branch": "feature/x", "own_commits": true,
        "created": "2026-01-02T03:04:05Z"});
    let both = json!([fixture.user.name, ci.name]);
    let config = json!({"volatile": false, "custom_data": {"git-devpi": record}, "acl_upload": both, "acl_toxresult_upload": both});
    fixture.api.put(&fixture.user.index(INDEX), &config);
    (fixture, ci)
}

fn machine<'a>(fixture: &'a Fixture, ci: &TestUser, name: &str) -> Machine<'a> {
    let machine = fixture.machine(name, "feature/x").set("GIT_DEVPI_LOGIN", &ci.name);
    machine.set("GIT_DEVPI_PASSWORD", &ci.password).set("BUILD_SECONDS", "1")
}

#[test]
fn all_machines_use_the_first_upload() {
    let (fixture, ci) = fixture();
    fixture.release_both_formats("feature/x");
    let names = machine_names(4);
    let machines: Vec<_> = names.iter().map(|name| machine(&fixture, &ci, name)).collect();
    let ensures = machines.iter().zip(&names).map(|(machine, name)| start(machine, name)).collect();
    let (outputs, builds) = finish_all(ensures);
    assert_one_release(&fixture, (INDEX, VERSION), (&outputs, 1));
    assert!((1..=4).contains(&builds), "{builds}");
    assert_eq!(fixture.api.index_names(&fixture.user.name), [INDEX, "prod"]);
    assert_eq!(fixture.api.index_names(&ci.name), Vec::<String>::new());
}

#[test]
fn of_two_commits_the_first_is_published_and_the_other_is_an_error() {
    let (fixture, ci) = fixture();
    fixture.release_both_formats("feature/x");
    let first = machine(&fixture, &ci, "first");
    fixture.sandbox.write(&fixture.work, "more", "more");
    fixture.sandbox.commit_all(&fixture.work, "More");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let second = machine(&fixture, &ci, "second");
    let (outputs, _) = finish_all(vec![start(&first, "first"), start(&second, "second")]);
    let mut codes: Vec<_> = outputs.iter().map(|output| output.status.code().unwrap()).collect();
    let winner = outputs.iter().find(|output| output.status.success()).cloned();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [0, 5],
        "{}{}",
        String::from_utf8_lossy(&outputs[0].stderr),
        String::from_utf8_lossy(&outputs[1].stderr)
    );
    assert_one_release(&fixture, (INDEX, VERSION), (&[winner.unwrap()], 1));
}

#[test]
fn the_missing_files_of_a_killed_machine_are_added() {
    let (mut fixture, ci) = fixture();
    fixture.set_claim_timeout("10s");
    fixture.release_both_formats("feature/x");
    let index = fixture.user.index(INDEX);
    let name = format!("demo_pkg-{VERSION}.tar.gz");
    fixture.api.upload(&index, (super::fixture::PROJECT, VERSION), (&name, b"of the one that died"));
    let output = start(&machine(&fixture, &ci, "second"), "second").finish();
    let sha256 = sha256_of(&output);
    let files = fixture.files(INDEX, VERSION);
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files.contains(&(Fixture::wheel(VERSION), sha256)), "{files:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("{name} on {index} has no provenance")), "{said}");
}

#[test]
fn a_missing_index_is_a_clear_error() {
    let (fixture, ci) = fixture();
    fixture.branch("feature/y");
    let machine = fixture.machine("first", "feature/y").set("GIT_DEVPI_LOGIN", &ci.name);
    let machine = machine.set("GIT_DEVPI_PASSWORD", &ci.password);
    machine.ensure(&[]).code(4).says("feature-y").says(&fixture.user.name);
    assert_eq!(fixture.builds(), 0);
}
