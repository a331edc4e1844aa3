//! CI and colleagues with devpi users of their own: who may upload, who gives the right, and what those without it are told.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Run, TestUser};

/// A fixture whose release branch has these lines in its settings, and the user of CI.
fn fixture(lines: impl Fn(&Fixture, &TestUser) -> String) -> (Fixture, TestUser) {
    let (fixture, ci) = (Fixture::new(), DevpiServer::shared().user());
    commit_settings(&fixture, &lines(&fixture, &ci));
    (fixture, ci)
}

fn both_lists(fixture: &Fixture, ci: &TestUser) -> String {
    let owner = &fixture.user.name;
    format!("upload-users = [\"{}\"]\nevidence-users = [\"{owner}\", \"{}\"]\n", ci.name, ci.name)
}

/// Adds lines to the settings of the checked-out branch, and pushes it.
fn commit_settings(fixture: &Fixture, lines: &str) {
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &format!("{settings}{lines}"));
    fixture.sandbox.commit_all(&fixture.work, "Change the settings");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "-u", "origin", "HEAD"]).ok();
}

/// Runs a command as CI build `number` on another machine, where CI's user has a password and no token.
fn in_ci(fixture: &mut Fixture, (ci, number): (&TestUser, &str), arguments: &[&str]) -> Run {
    let machine = fixture.sandbox.path(&format!("machine-{number}"));
    if !machine.exists() {
        fixture.machine(&format!("machine-{number}"));
    }
    let home = fixture.sandbox.path("home-of-ci");
    let mut command = fixture.in_ci(number).sandbox.command(&machine, "git");
    command.arg("devpi").args(arguments).env("GIT_DEVPI_HOME", home);
    command.env("GIT_DEVPI_LOGIN", &ci.name).env("GIT_DEVPI_PASSWORD", &ci.password);
    // Beside the password, the environment has to name the server.
    command.env("GIT_DEVPI_SERVER", DevpiServer::shared().url());
    let run = fixture.sandbox.finish(&mut command);
    fixture.by_hand();
    run
}

fn acl(fixture: &Fixture, index: &str, key: &str) -> Value {
    fixture.api.index(&fixture.user.index(index)).expect("the index")[key].clone()
}

#[test]
fn the_owner_creates_indexes_ci_uploads_and_tests_and_the_owner_promotes() {
    let (mut fixture, ci) = fixture(both_lists);
    fixture.devpi(&["index", "create"]).ok();
    let both = json!([fixture.user.name, ci.name]);
    assert_eq!(acl(&fixture, "main", "acl_upload"), both);
    assert_eq!(acl(&fixture, "main", "acl_toxresult_upload"), both);

    let tested = in_ci(&mut fixture, (&ci, "57"), &["test", "-e", "unit"]);
    assert_eq!(tested.status, 0, "{tested}");
    let file = fixture.file("main", "1.4.57");
    assert_eq!(file.log[0], ("upload".to_owned(), Some(ci.name.clone())));
    let results = fixture.api.tox_results(&fixture.user.index("main"), PROJECT, "1.4.57");
    assert!(results.iter().all(|(link, _)| link.log[0].1.as_deref() == Some(&ci.name)), "{results:?}");

    fixture.devpi(&["promote", "1.4.57"]).ok();
    assert_eq!(fixture.file("prod", "1.4.57").sha256, file.sha256);
    let doctor = fixture.devpi(&["doctor", "--json"]).json();
    let rights = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "rights").unwrap();
    assert_eq!(rights["state"], "ok", "{rights}");
    assert!(rights["found"].as_str().unwrap().contains(&ci.name), "{rights}");
}

#[test]
fn missing_rights_are_found_before_the_build_and_added_by_the_owner() {
    let (mut fixture, ci) = fixture(both_lists);
    fixture.devpi(&["index", "create"]).ok();
    let (owner, index) = (fixture.user.name.clone(), fixture.user.index("main"));
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "HEAD:side"]).ok();
    let lacking: [(&str, Value); 3] = [
        ("acl_upload", json!({"acl_upload": [owner]})),
        ("acl_toxresult_upload", json!({"acl_toxresult_upload": [owner]})),
        ("acl_upload, acl_toxresult_upload", json!({"acl_upload": [], "acl_toxresult_upload": [owner]})),
    ];
    let mends: [&[&str]; 4] =
        [&["index", "create"], &["index", "sync"], &["prune", "--yes"], &["ensure", "--dest", "../dist"]];
    for (number, mend) in (60..).zip(mends) {
        let (rights, config) = &lacking[number % lacking.len()];
        fixture.api.patch(&index, config);
        let run = in_ci(&mut fixture, (&ci, &number.to_string()), &["ensure"]).code(4);
        assert!(run.stderr.contains(&format!("{} has no right to", ci.name)), "{run}");
        assert!(run.stderr.contains(&format!("{index} ({rights})")), "{run}");
        assert!(run.stderr.contains("git devpi index create --branch main") && run.stderr.contains(&owner), "{run}");
        assert!(!run.stderr.contains("building"), "{run}");
        assert!(fixture.api.versions(&index, PROJECT).iter().all(|version| !version.ends_with(&number.to_string())));
        let doctor = fixture.devpi(&["doctor"]);
        assert!(doctor.stdout.contains(&ci.name) && doctor.stderr.contains("git devpi index sync"), "{doctor}");

        fixture.in_ci(&(number + 100).to_string());
        fixture.devpi(mend).ok();
        fixture.by_hand();
        assert_eq!(acl(&fixture, "main", "acl_toxresult_upload"), json!([owner, ci.name]), "{mend:?}");
        assert!(acl(&fixture, "main", "acl_upload").as_array().unwrap().contains(&json!(ci.name)), "{mend:?}");
        in_ci(&mut fixture, (&ci, &number.to_string()), &["ensure"]).ok();
    }
}

#[test]
fn a_branch_cannot_name_who_uploads() {
    let (fixture, mallory) = fixture(|_, _| String::new());
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "feature/x"]).ok();
    commit_settings(&fixture, &format!("upload-users = [\"{}\"]\n", mallory.name));
    fixture.devpi(&["index", "create"]).ok();
    assert_eq!(acl(&fixture, "feature-x", "acl_upload"), json!([fixture.user.name]));
    // The user's own settings count everywhere, and nothing takes a right away.
    fixture.sandbox.git(&fixture.work, &["config", "devpi.uploadUsers", &mallory.name]).ok();
    fixture.devpi(&["index", "create"]).ok();
    fixture.sandbox.git(&fixture.work, &["config", "--unset", "devpi.uploadUsers"]).ok();
    fixture.devpi(&["index", "create"]).ok();
    assert_eq!(acl(&fixture, "feature-x", "acl_upload"), json!([fixture.user.name, mallory.name]));
    let doctor = fixture.devpi(&["doctor"]).says("acl_upload-=");
    assert!(doctor.stdout.contains(&format!("{} may upload to", mallory.name)), "{doctor}");
}

#[test]
fn a_fork_cannot_name_who_uploads() {
    let (fixture, mallory) = fixture(|_, _| String::new());
    fixture.devpi(&["index", "create"]).ok();
    let fork = fixture.sandbox.bare_remote("mallory/fork.git");
    fixture.sandbox.git(&fixture.work, &["remote", "set-url", "origin", fork.to_str().unwrap()]).ok();
    commit_settings(&fixture, &format!("upload-users = [\"{}\"]\n", mallory.name));
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "HEAD:side"]).ok();
    fixture.devpi(&["index", "create"]).ok();
    fixture.devpi(&["index", "sync"]).ok();
    fixture.devpi(&["index", "create", "--branch", "another"]).ok();
    for index in ["main", "side", "another"] {
        assert_eq!(acl(&fixture, index, "acl_upload"), json!([fixture.user.name]), "{index}");
    }
}

#[test]
fn init_proposes_the_rights_of_a_login_beside_the_owner() {
    let (fixture, ci) = fixture(|_, _| String::new());
    let server = DevpiServer::shared();
    let login = ["git-devpi", "login", server.url(), "--login", &ci.name, "--password-stdin"];
    fixture.sandbox.run_with_input(&fixture.work, &login, ci.password.as_bytes()).ok();
    fixture.sandbox.git(&fixture.work, &["config", "devpi.login", &ci.name]).ok();
    let run = fixture.devpi(&["init", "--yes"]).ok();
    assert!(format!("{run}").contains("only"), "{run}");
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    assert!(settings.contains(&format!("upload-users = [\"{}\"]", ci.name)), "{settings}");
    assert!(settings.contains(&format!("evidence-users = [\"{}\", \"{}\"]", fixture.user.name, ci.name)), "{settings}");
    let names = fixture.api.index_names(&fixture.user.name);
    assert!(!names.iter().any(|name| name.ends_with("main")), "{names:?}");
    fixture.devpi(&["init", "--yes"]).ok();
    assert_eq!(std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap(), settings);
}
