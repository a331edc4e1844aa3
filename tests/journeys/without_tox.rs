//! Evidence without tox: the recipes of git-devpi-workflow(7) for plain pytest, nox and hatch, and JUnit reports of any program.

use std::path::Path;

use serde_json::json;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{Run, Tools};

const PAGE: &str = include_str!("../../man/git-devpi-workflow.7");

/// The example of the page that begins with `first`, as a person types it.
fn recipe(first: &str) -> String {
    let blocks = PAGE.split(".nf\n").skip(1).map(|rest| rest.split(".fi").next().unwrap());
    let plain =
        blocks.map(|block| block.replace("\\-", "-").replace("\\&", "").replace("\\(aq", "'").replace("\\e", "\\"));
    plain.into_iter().find(|block| block.starts_with(first)).unwrap_or_else(|| panic!("no recipe begins with {first}"))
}

/// The sample without tox, in CI as build 57; pytest, nox and hatch are on PATH.
fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    let (work, sandbox) = (fixture.work.clone(), &fixture.sandbox);
    sandbox.git(&work, &["rm", "--quiet", "tox.ini", "toxfile.py"]).ok();
    sandbox.write(&work, ".gitignore", "dist/\n.venv/\n.nox/\nreport.xml\n__pycache__/\n");
    sandbox.commit_all(&work, "No tox");
    sandbox.git(&work, &["push", "--quiet"]).ok();
    fixture.sandbox.path_first(&Tools::without_tox().bin());
    fixture.sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    let home = fixture.sandbox.path("home/hatch");
    fixture.sandbox.set("HATCH_DATA_DIR", home.to_str().unwrap()).set("HATCH_CACHE_DIR", home.to_str().unwrap());
    fixture.sandbox.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    fixture.in_ci("57");
    fixture
}

fn sh(fixture: &Fixture, script: &str) -> Run {
    fixture.sandbox.run(&fixture.work, "sh", &["-c", script])
}

/// The installed file is the published one, `unit` is green, and the release can be promoted.
#[track_caller]
fn promotes(fixture: &Fixture, run: &Run) {
    assert_eq!(fixture.verdicts("main", "1.4.57"), [("unit".to_owned(), true)], "{run}");
    let file = fixture.file("main", "1.4.57");
    let results = fixture.devpi(&["results", "1.4.57", "--json"]).ok().json();
    assert_eq!(results["files"][0]["sha256"], file.sha256.as_str());
    let reports = fixture.api.tox_results(&fixture.user.index("main"), PROJECT, "1.4.57");
    let report = reports.iter().find(|(_, report)| report["git-devpi"]["kind"] == "test").unwrap();
    assert_eq!(report.1["git-devpi"]["tests"]["unit"]["tests"], 1, "{}", report.1);
    fixture.devpi(&["promote", "1.4.57"]).ok();
}

/// A failing test is red, and the recipe ends with an error.
#[track_caller]
fn a_red_run(fixture: &mut Fixture, script: &str) {
    fixture.sandbox.write(&fixture.work, "tests/unit/test_unit.py", "def test_red():\n    assert False\n");
    fixture.sandbox.commit_all(&fixture.work, "A failing test");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture.in_ci("58");
    let run = sh(fixture, script);
    assert_ne!(run.status, 0, "{run}");
    assert_eq!(fixture.verdicts("main", "1.4.58"), [("unit".to_owned(), false)], "{run}");
}

#[cfg(unix)]
#[test]
fn plain_pytest() {
    let mut fixture = fixture();
    let script = recipe("git devpi ensure --dest dist");
    let run = sh(&fixture, &script).ok();
    promotes(&fixture, &run);
    a_red_run(&mut fixture, &script);
}

#[cfg(unix)]
#[test]
fn nox() {
    let mut fixture = fixture();
    fixture.sandbox.write(&fixture.work, "noxfile.py", &recipe("import nox"));
    fixture.sandbox.commit_all(&fixture.work, "nox");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let run = sh(&fixture, "nox -s unit").ok();
    promotes(&fixture, &run);
    a_red_run(&mut fixture, "nox -s unit");
}

#[cfg(unix)]
#[test]
fn hatch() {
    let mut fixture = fixture();
    let pyproject = std::fs::read_to_string(fixture.work.join("pyproject.toml")).unwrap();
    let environment = recipe("[tool.hatch.envs.ci]");
    fixture.sandbox.write(&fixture.work, "pyproject.toml", &format!("{pyproject}\n{environment}"));
    fixture.sandbox.commit_all(&fixture.work, "hatch");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let run = sh(&fixture, "hatch run ci:unit").ok();
    promotes(&fixture, &run);
    a_red_run(&mut fixture, "hatch run ci:unit");
}

const GREEN: &str = "<testsuite name='s' time='0.25'><testcase name='a'/><testcase name='b'/></testsuite>";

#[test]
fn a_junit_report_is_evidence_for_the_named_environment() {
    let mut fixture = Fixture::new();
    fixture.build("57");
    fixture.in_ci("57");
    let add = |text: &str, further: &[&str]| {
        fixture.sandbox.write(&fixture.work, ".git/report.xml", text);
        fixture.devpi(&[&["results", "add", "--junit", ".git/report.xml"], further].concat())
    };
    for (bad, reason) in [
        ("", "it is not JUnit XML"),
        ("{\"testenvs\": {}}", "it is not JUnit XML"),
        ("<testsuites/>", "it lists no test"),
        ("<testsuite tests='3'/>", "its suites declare 3, but it has no <testcase> element"),
        ("<testsuite><testcase><skipped/></testcase></testsuite>", "all of its tests were skipped (1)"),
    ] {
        add(bad, &["--env", "unit"]).code(3).says(".git/report.xml is not evidence").says(reason).says("hint: ");
    }
    let missing = fixture.devpi(&["results", "add", "--junit", "none.xml", "--env", "unit"]);
    missing.code(3).says("none.xml is not evidence").says("cannot be read");
    for bad in [&[][..], &["--env", ".pkg"], &["--env", ""], &["--env", "a b"]] {
        add(GREEN, bad).code(2);
    }
    add(GREEN, &["--env", "unit", "1.4.99"]).code(1).says("1.4.99");
    let huge = format!("<testsuite>{}</testsuite>", " ".repeat(17 * 1024 * 1024));
    add(&huge, &["--env", "unit"]).code(3).says("more than the limit of 16777216 (16 MB)").says("hint: leave out");
    assert_eq!(fixture.verdicts("main", "1.4.57"), []);

    let answer = add(GREEN, &["--env", "unit", "--json"]).ok().json();
    assert_eq!(answer["added"][0]["environments"], json!(["unit"]));
    assert_eq!(fixture.verdicts("main", "1.4.57"), [("unit".to_owned(), true)]);
    let results = fixture.devpi(&["results", "1.4.57", "--json"]).ok().json();
    assert_eq!(results["evidence"][0]["verdict"], "passed", "{results}");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    // The program says more than its report, for example about coverage.
    add(GREEN, &["--env", "unit", "--exit-code", "2", "1.4.57"]).ok();
    let results = fixture.devpi(&["results", "1.4.57", "--json"]).ok().json();
    let decides = results["evidence"].as_array().unwrap().iter().find(|line| line["standing"] == "decides").unwrap();
    assert_eq!(decides["verdict"], "failed", "{results}");
}

#[cfg(unix)]
#[test]
fn the_hint_for_an_unknown_encoding_converts_the_report() {
    let mut fixture = Fixture::new();
    fixture.build("57");
    fixture.in_ci("57");
    let report = format!("<?xml version=\"1.0\" encoding=\"UTF-7\" ?>\n{GREEN}");
    fixture.sandbox.write(&fixture.work, ".git/a report.xml", &report);
    let run = fixture.devpi(&["results", "add", "--junit", ".git/a report.xml", "--env", "unit"]).code(3);
    let run = run.says("the encoding \"UTF-7\", which is not supported");
    let command = run.stderr.split("convert it: `").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    sh(&fixture, command).ok();
    fixture.devpi(&["results", "add", "--junit", "utf-8.xml", "--env", "unit"]).ok();
    assert_eq!(fixture.verdicts("main", "1.4.57"), [("unit".to_owned(), true)]);
}

#[test]
fn of_a_release_with_several_files_the_tested_one_is_named() {
    let mut fixture = Fixture::new();
    fixture.sandbox.git(&fixture.work, &["config", "devpi.formats", "wheel sdist"]).ok();
    fixture.build("57");
    fixture.in_ci("57");
    fixture.sandbox.write(&fixture.work, ".git/report.xml", GREEN);
    let words = ["results", "add", "--junit", ".git/report.xml", "--env", "unit"];
    fixture.devpi(&words).code(2).says("1.4.57 has several files (").says("--package FILE");
    fixture
        .devpi(&[&words[..], &["--package", ".git/report.xml"]].concat())
        .code(3)
        .says("is not a file of demo-pkg 1.4.57");
    fixture
        .devpi(&[&words[..], &["--package", "../none.whl"]].concat())
        .code(3)
        .says("is not a file of demo-pkg 1.4.57");
    let path = "../dist/demo_pkg-1.4.57-py3-none-any.whl";
    let added = fixture.devpi(&[&words[..], &["--package", path]].concat()).ok();
    assert!(added.stdout.starts_with("demo_pkg-1.4.57-py3-none-any.whl on "), "{added}");
}

#[test]
fn an_environment_that_nothing_knows_is_named() {
    let mut fixture = Fixture::new();
    fixture.build("57");
    fixture.in_ci("57");
    fixture.sandbox.write(&fixture.work, ".git/report.xml", GREEN);
    let tox = "[tox]\nenv_list = unit, py{311,312}-system\n\n[testenv:extra]\ncommands = python -c \"\"\n";
    let add = |environment: &str| {
        let run = fixture.devpi(&["results", "add", "--junit", ".git/report.xml", "--env", environment, "--json"]).ok();
        let warning = run.stderr.lines().find(|line| line.starts_with("warning: ")).map(str::to_owned);
        (warning.unwrap_or_default(), run.json()["unknown_environment"].clone())
    };
    let quiet = (String::new(), json!(null));
    fixture.sandbox.write(&fixture.work, "tox.ini", tox);
    for known in ["unit", "py311-system", "extra"] {
        assert_eq!(add(known), quiet, "{known}");
    }
    let (warning, answer) = add("unti");
    assert!(
        warning.contains("unti is neither in `require` (require in ") && warning.contains("--env unit"),
        "{warning}"
    );
    assert_eq!(answer, json!({ "environment": "unti", "did_you_mean": "unit" }));
    assert_eq!(add("py311-sytem").1["did_you_mean"], "py311-system");
    let (warning, answer) = add("nightly");
    assert!(warning.ends_with("nor an environment of tox, so no promotion asks for it"), "{warning}");
    assert_eq!(answer["did_you_mean"], json!(null));
    // Without tox's configuration and without `require` each name is as good as another.
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings.replace("require", "#"));
    assert!(add("nightly").0.contains("`require` is not set"));
    std::fs::remove_file(fixture.work.join("tox.ini")).unwrap();
    assert_eq!(add("nightly"), quiet);
}
