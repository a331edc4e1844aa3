//! `git devpi test`: works without tox configuration, returns tox's exit code, and uploads evidence once.

use crate::fixture::{Fixture, PROJECT};

/// A tox.ini without `init`'s snippet and plugin.
const PLAIN_TOX: &str = "[tox]\nenv_list = unit, lint, system\n\n[testenv]\ncommands = python -m unittest discover -s tests/{env_name}\n\n\
    [testenv:lint]\nskip_install = true\ncommands = python -c \"print('clean')\"\n\n\
    [testenv:elsewhere]\nplatform = no-such-platform\n\n\
    [testenv:secrets]\npass_env = *\ncommands = python -c \"import os; print('password', os.environ.get('GIT_DEVPI_PASSWORD')); \
    print('index', os.environ.get('PIP_INDEX_URL'), os.environ.get('UV_DEFAULT_INDEX'))\"\n";

fn plain() -> Fixture {
    let fixture = Fixture::new();
    fixture.sandbox.write(&fixture.work, "tox.ini", PLAIN_TOX);
    std::fs::remove_file(fixture.work.join("toxfile.py")).unwrap();
    fixture.sandbox.commit_all(&fixture.work, "Know nothing of git-devpi");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture
}

#[test]
fn only_environments_that_tested_the_file_are_evidence() {
    let mut fixture = plain();
    fixture.in_ci("61");
    let run = fixture.devpi(&["test", "-e", "unit", "-e", "lint", "-e", "elsewhere"]);
    assert!([0, 1].contains(&run.status), "{run}");
    let run = run.says("unit: passed").says("lint: no evidence: it installed no package");
    assert!(run.stdout.contains("clean"), "tox has our stdout: {run}");
    assert_eq!(fixture.verdicts("main", "1.4.61"), [("unit".to_owned(), true)]);
    // The second machine fetches the file.
    let other = fixture.machine("other");
    fixture.sandbox.devpi(&other, &["test", "-e", "system", "--", "-v"]).ok();
    assert_eq!(fixture.verdicts("main", "1.4.61"), [("system".to_owned(), true), ("unit".to_owned(), true)]);
    assert_eq!(Fixture::uploads(&fixture.file("main", "1.4.61")), 1);
}

#[test]
fn the_exit_code_is_toxs_and_a_failure_is_evidence() {
    let mut fixture = plain();
    fixture.sandbox.write(&fixture.work, "tests/unit/test_unit.py", "import sys\nsys.exit(3)\n");
    fixture.sandbox.commit_all(&fixture.work, "Break it");
    fixture.in_ci("62");
    let tox = fixture.devpi(&["test", "-e", "unit"]);
    assert_ne!(tox.status, 0, "{tox}");
    assert_eq!(fixture.verdicts("main", "1.4.62"), [("unit".to_owned(), false)]);
    // An unknown environment: tox's exit code, and no evidence.
    fixture.devpi(&["test", "-e", "no-such-environment-at-all"]).code(254).says("no evidence");
    assert_eq!(fixture.verdicts("main", "1.4.62").len(), 1);
}

#[test]
fn the_plugin_does_not_upload_a_second_time() {
    let mut fixture = Fixture::new();
    fixture.in_ci("63");
    let tox = fixture.devpi(&["test", "-e", "unit"]).ok();
    assert!(!tox.stderr.contains("devpi: "), "{tox}");
    assert_eq!(fixture.verdicts("main", "1.4.63"), [("unit".to_owned(), true)]);
}

#[test]
fn child_processes_get_the_index_and_no_secret() {
    let mut fixture = plain();
    fixture.in_ci("64");
    let password = fixture.user.password.clone();
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &password);
    let run = fixture.devpi(&["test", "-e", "secrets"]).ok();
    assert!(run.stdout.contains("password None"), "{run}");
    let simple = format!("{}/+simple/", fixture.user.index("main"));
    let line = run.stdout.lines().find(|line| line.starts_with("index ")).unwrap();
    assert_eq!(line.matches(&simple).count(), 2, "{run}");
    let index = fixture.user.index("main");
    for (_, report) in fixture.api.tox_results(&index, PROJECT, "1.4.64") {
        let text = report.to_string();
        assert!(!text.contains(&password) && !text.contains(fixture.api.token()), "{text}");
    }
}

#[test]
fn a_local_version_is_tested_and_not_published() {
    let mut fixture = plain();
    // It needs neither a server nor a login.
    fixture.sandbox.set("GIT_DEVPI_SERVER", "http://127.0.0.1:9/");
    fixture.devpi(&["test", "-e", "unit"]).ok().says("unit: passed").says("is not published");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
}
