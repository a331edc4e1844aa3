//! Plain `tox -e unit` in CI, with the snippet and the plugin that `init` writes: the package is built once, tested, and the server
//! holds the evidence.

use serde_json::json;

use crate::fixture::{Fixture, PROJECT};

#[test]
fn plain_tox_on_two_machines_tests_one_file_and_leaves_evidence() {
    let mut fixture = Fixture::new();
    let (one, two) = (fixture.machine("one"), fixture.machine("two"));
    fixture.in_ci("57");
    let unit = fixture.sandbox.run(&one, "tox", &["-e", "unit"]).ok();
    assert!(unit.stderr.contains("devpi: unit passed"), "{unit}");
    // A detached HEAD, as in CI.
    fixture.sandbox.git(&two, &["checkout", "--quiet", "--detach", "origin/main"]).ok();
    fixture.sandbox.run(&two, "tox", &["-e", "system"]).ok();

    let index = fixture.user.index("main");
    let file = fixture.file("main", "1.4.57");
    assert_eq!(Fixture::uploads(&file), 1, "built and uploaded once: {file:?}");
    assert_eq!(fixture.verdicts("main", "1.4.57"), [("system".to_owned(), true), ("unit".to_owned(), true)]);
    for (link, report) in fixture.api.tox_results(&index, PROJECT, "1.4.57") {
        assert_eq!(link.for_path.as_deref(), Some(file.path.as_str()));
        assert_eq!(link.log[0].1.as_deref(), Some(fixture.user.name.as_str()));
        assert_eq!(report["git-devpi"]["sha256"], file.sha256.as_str());
        assert_eq!(report["git-devpi"]["version"], "1.4.57");
        assert_ne!(report["host"], "localhost");
        assert!(!report.to_string().contains(&fixture.user.password));
        for environment in report["testenvs"].as_object().unwrap().values() {
            assert_eq!(environment["installpkg"]["sha256"], file.sha256.as_str());
            assert!(environment["test"][0]["output"].as_str().is_some());
        }
    }
    // Both machines have that file, and their work trees are unchanged.
    for machine in [&one, &two] {
        let wheel = machine.join(".tox/git-devpi/demo_pkg-1.4.57-py3-none-any.whl");
        assert_eq!(std::fs::read(wheel).unwrap(), fixture.api.bytes(&file.path));
        assert_eq!(fixture.sandbox.git(machine, &["status", "--porcelain"]).ok().text(), "");
    }
    // devpi-web shows a raw report of tox 4 as `unknown`, and git-devpi's as passed.
    let page = fixture.api.page(&format!("{index}/{PROJECT}/1.4.57"));
    assert_eq!(page.matches("class=\"passed\"").count(), 2, "{page}");
    assert!(!page.contains("\"unknown\"") && !page.contains("\"failed\""), "{page}");
}

#[test]
fn a_tag_builds_result_is_evidence_about_the_release_of_its_commit() {
    let mut fixture = Fixture::new();
    let version = fixture.build("61");
    let tag = [("REF", "refs/tags/v1.4"), ("REF_NAME", "v1.4"), ("REF_TYPE", "tag"), ("RUN_NUMBER", "99")];
    fixture.sandbox.set("GITHUB_ACTIONS", "true");
    for (name, value) in tag {
        fixture.sandbox.set(&format!("GITHUB_{name}"), value);
    }
    fixture.sandbox.run(&fixture.work, "tox", &["-e", "system"]).ok().says("devpi: system passed");
    assert_eq!(fixture.verdicts("main", &version), [("system".to_owned(), true)]);
}

#[test]
fn a_failed_environment_is_evidence_too() {
    let mut fixture = Fixture::new();
    fixture.sandbox.write(&fixture.work, "tests/unit/test_unit.py", "import sys\nsys.exit(3)\n");
    fixture.sandbox.commit_all(&fixture.work, "Break it");
    fixture.in_ci("58");
    let tox = fixture.sandbox.run(&fixture.work, "tox", &["-e", "unit"]).code(1);
    assert!(tox.stderr.contains("devpi: unit failed"), "{tox}");
    assert_eq!(fixture.verdicts("main", "1.4.58"), [("unit".to_owned(), false)]);
    let page = fixture.api.page(&format!("{}/{PROJECT}/1.4.58", fixture.user.index("main")));
    assert!(page.contains("class=\"failed\"") && !page.contains("class=\"passed\""), "{page}");
}

#[test]
fn outside_ci_the_plugin_prints_and_uploads_nothing() {
    let fixture = Fixture::new();
    let tox = fixture.sandbox.run(&fixture.work, "tox", &["-e", "unit"]).ok();
    assert!(!tox.stderr.contains("devpi: "), "{tox}");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
}

#[test]
fn a_foreign_package_is_neither_evidence_nor_a_failure() {
    let mut fixture = Fixture::new();
    fixture.build("59");
    fixture.in_ci("59");
    let hook = |fixture: &Fixture, package: &str, report: &str| {
        let words = ["git-devpi", "hook", "tox", "--env", "unit", "--exit-code", "0", "--package", package];
        fixture.sandbox.run_with_input(&fixture.work, &words, report.as_bytes()).ok()
    };
    let report =
        crate::fixture::report(&fixture.file("main", "1.4.59").sha256, "unit", true)["testenvs"]["unit"].to_string();
    let other = fixture.sandbox.path("demo_pkg-1.4.59-py3-none-any.whl");
    std::fs::write(&other, "other bytes").unwrap();
    hook(&fixture, other.to_str().unwrap(), &report).says("devpi: no evidence from unit: it tested another file");
    let honest = crate::fixture::report(&sha256(b"other bytes"), "unit", true)["testenvs"]["unit"].to_string();
    hook(&fixture, other.to_str().unwrap(), &honest)
        .says("devpi: no evidence from unit: demo_pkg-1.4.59-py3-none-any.whl differs from the file on");
    let stranger = fixture.sandbox.path("stranger-1.0-py3-none-any.whl");
    std::fs::write(&stranger, "x").unwrap();
    hook(&fixture, stranger.to_str().unwrap(), &report).says("is not a package of this repository");
    hook(&fixture, other.to_str().unwrap(), "no JSON").says("devpi: no evidence from unit: ");
    assert_eq!(fixture.verdicts("main", "1.4.59"), []);
    // `git devpi test` uploads by itself.
    fixture.sandbox.set("GIT_DEVPI_IN_TEST", "1");
    assert_eq!(hook(&fixture, other.to_str().unwrap(), &honest).stderr, "");
    fixture.sandbox.unset("GIT_DEVPI_IN_TEST");
    // An unreachable server gives one warning.
    fixture.sandbox.set("GIT_DEVPI_SERVER", "http://127.0.0.1:9/");
    let words = ["git-devpi", "hook", "tox", "--env", "unit", "--exit-code", "0", "--package"];
    let package = fixture.sandbox.path("dist/demo_pkg-1.4.59-py3-none-any.whl");
    let words = [&words[..], &[package.to_str().unwrap()]].concat();
    let run = fixture.sandbox.run_with_input(&fixture.work, &words, report.as_bytes()).ok();
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    assert!(run.stderr.starts_with("devpi: no evidence from unit: "), "{run}");
}

#[test]
fn an_expired_login_is_renewed_with_a_password() {
    let mut fixture = Fixture::new();
    fixture.build("66");
    fixture.in_ci("66");
    let report = crate::fixture::report(&fixture.file("main", "1.4.66").sha256, "unit", true);
    let package = fixture.sandbox.path("dist/demo_pkg-1.4.66-py3-none-any.whl");
    let words =
        ["git-devpi", "hook", "tox", "--env", "unit", "--exit-code", "0", "--package", package.to_str().unwrap()];
    let input = report["testenvs"]["unit"].to_string();
    fixture.forget_token();
    let run = fixture.sandbox.run_with_input(&fixture.work, &words, input.as_bytes()).ok();
    let run = run.says("devpi: no evidence from unit: ").says("has expired");
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    assert_eq!(fixture.verdicts("main", "1.4.66"), []);
    let password = fixture.user.password.clone();
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &password);
    fixture.sandbox.run_with_input(&fixture.work, &words, input.as_bytes()).ok().says("devpi: unit passed");
    assert_eq!(fixture.verdicts("main", "1.4.66"), [("unit".to_owned(), true)]);
}

#[test]
fn an_exit_code_other_than_0_never_passes() {
    let mut fixture = Fixture::new();
    fixture.build("60");
    fixture.in_ci("60");
    let report = crate::fixture::report(&fixture.file("main", "1.4.60").sha256, "unit", true);
    let package = fixture.sandbox.path("dist/demo_pkg-1.4.60-py3-none-any.whl");
    let words =
        ["git-devpi", "hook", "tox", "--env", "unit", "--exit-code", "-9", "--package", package.to_str().unwrap()];
    let input = report["testenvs"]["unit"].to_string();
    fixture.sandbox.run_with_input(&fixture.work, &words, input.as_bytes()).ok().says("devpi: unit failed");
    assert_eq!(fixture.verdicts("main", "1.4.60"), [("unit".to_owned(), false)]);
    assert_eq!(json!(fixture.verdicts("prod", "1.4.60").len()), 0);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    let mut digest = sha2::Sha256::new();
    digest.update(bytes);
    git_devpi::system::files::finish_sha256(digest).as_str().to_owned()
}
