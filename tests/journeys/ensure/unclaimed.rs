//! Machines that may upload to the branch's index, and may not create one: there is no claim, and the first upload wins.

use serde_json::json;

use super::fleet::{finish_all, names, one_release, sha256_of, start};
use super::stage::{Machine, Stage};
use crate::support::{DevpiServer, TestUser};

const VERSION: &str = "1.4.57.dev0";
const INDEX: &str = "feature-x";

/// A stage whose owner has made the branch's index, and who lets `ci` upload files and evidence there.
fn stage() -> (Stage, TestUser) {
    let server = DevpiServer::shared();
    let (stage, ci) = (Stage::on(server), server.user());
    let settings = std::fs::read_to_string(stage.work.join(".git-devpi.toml")).unwrap();
    let evidence = format!("{settings}evidence-users = [\"{}\", \"{}\"]\n", stage.user.name, ci.name);
    stage.sandbox.write(&stage.work, ".git-devpi.toml", &evidence);
    stage.sandbox.commit_all(&stage.work, "Trust ci");
    stage.sandbox.git(&stage.work, &["push", "--quiet"]).ok();
    // What decides about evidence counts as committed on the release branch.
    stage.sandbox.git(&stage.work, &["push", "--quiet", "origin", "HEAD:main"]).ok();
    let record = json!({"schema": 1, "kind": "branch", "repository": "acme/demo", "branch": "feature/x", "own_commits": true,
        "created": "2026-01-02T03:04:05Z"});
    let both = json!([stage.user.name, ci.name]);
    let config = json!({"volatile": false, "custom_data": {"git-devpi": record}, "acl_upload": both, "acl_toxresult_upload": both});
    stage.api.put(&stage.user.index(INDEX), &config);
    (stage, ci)
}

fn machine<'a>(stage: &'a Stage, ci: &TestUser, name: &str) -> Machine<'a> {
    let machine = stage.machine(name, "feature/x").set("GIT_DEVPI_LOGIN", &ci.name);
    machine.set("GIT_DEVPI_PASSWORD", &ci.password).set("BUILD_SECONDS", "1")
}

#[test]
fn all_of_them_end_with_the_first_upload() {
    let (stage, ci) = stage();
    stage.releases_both_formats("feature/x");
    let names = names(4);
    let machines: Vec<_> = names.iter().map(|name| machine(&stage, &ci, name)).collect();
    let ensures = machines.iter().zip(&names).map(|(machine, name)| start(machine, name)).collect();
    let (outputs, builds) = finish_all(ensures);
    one_release(&stage, (INDEX, VERSION), (&outputs, 1));
    assert!((1..=4).contains(&builds), "{builds}");
    assert_eq!(stage.api.index_names(&stage.user.name), [INDEX, "prod"]);
    assert_eq!(stage.api.index_names(&ci.name), Vec::<String>::new());
}

#[test]
fn of_two_commits_the_first_is_published_and_the_other_told() {
    let (stage, ci) = stage();
    stage.releases_both_formats("feature/x");
    let first = machine(&stage, &ci, "first");
    stage.sandbox.write(&stage.work, "more", "more");
    stage.sandbox.commit_all(&stage.work, "More");
    stage.sandbox.git(&stage.work, &["push", "--quiet"]).ok();
    let second = machine(&stage, &ci, "second");
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
    one_release(&stage, (INDEX, VERSION), (&[winner.unwrap()], 1));
}

#[test]
fn what_a_machine_that_died_has_left_out_is_added() {
    let (mut stage, ci) = stage();
    stage.claims_run_out_after("2s");
    stage.releases_both_formats("feature/x");
    let index = stage.user.index(INDEX);
    let name = format!("demo_pkg-{VERSION}.tar.gz");
    stage.api.upload(&index, (super::stage::PROJECT, VERSION), (&name, b"of the one that died"));
    let output = start(&machine(&stage, &ci, "second"), "second").finish();
    let sha256 = sha256_of(&output);
    let files = stage.files(INDEX, VERSION);
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files.contains(&(Stage::wheel(VERSION), sha256)), "{files:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("{name} on {index} does not say from which commit it is")), "{said}");
}

#[test]
fn a_missing_index_is_a_clear_error() {
    let (stage, ci) = stage();
    stage.branch("feature/y");
    let machine = stage.machine("first", "feature/y").set("GIT_DEVPI_LOGIN", &ci.name);
    let machine = machine.set("GIT_DEVPI_PASSWORD", &ci.password);
    machine.ensure(&[]).code(4).says("feature-y").says(&stage.user.name);
    assert_eq!(stage.builds(), 0);
}
