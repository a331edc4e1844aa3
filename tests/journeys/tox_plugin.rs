//! The plugin of tox: without a change of tox's configuration every environment that would install the project gets the file of `ensure`,
//! and its result becomes evidence.

use std::path::Path;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Run, Tools};

/// Every way to install the project, and none.
pub const KINDS: &str = r#"[tox]
env_list = plain, wheel, editable, develop, sdist, skipped, uninstalled

[testenv]
commands = python -c "import demo_pkg, sys; sys.exit('identity' not in dir(demo_pkg))"

[testenv:wheel]
package = wheel

[testenv:editable]
package = editable

[testenv:develop]
use_develop = true

[testenv:sdist]
package = sdist

[testenv:skipped]
package = skip
commands = python -c ""

[testenv:uninstalled]
skip_install = true
commands = python -c ""
"#;

/// What tox can build by itself with the sample's backend, which has no editable wheels.
pub const PLAIN: &str =
    "[tox]\nenv_list = plain\n\n[testenv]\npackage = wheel\ncommands = python -c \"import demo_pkg\"\n";

/// Gives each build an identity, and counts the builds.
const SPY: &str = r#"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None, plain=build_wheel):
    if os.environ.get("FAIL_BUILD"):
        raise SystemExit("broken on purpose")
    with open(os.environ.get("BUILD_MARKS", os.devnull), "a") as f:
        f.write("built\n")
    with open("src/demo_pkg/__init__.py", "a") as f:
        f.write("identity = 1\n")
    return plain(wheel_directory)
"#;

/// A project without git-devpi in tox's configuration, and a tox with the plugin.
pub fn fixture(tox: &Tools, tox_ini: &str) -> Fixture {
    let mut fixture = Fixture::new();
    let (work, sandbox) = (fixture.work.clone(), &fixture.sandbox);
    let backend = std::fs::read_to_string(work.join("backend/in_tree.py")).unwrap();
    sandbox.write(&work, "backend/in_tree.py", &(backend + SPY));
    sandbox.write(&work, "tox.ini", tox_ini);
    std::fs::remove_file(work.join("toxfile.py")).unwrap();
    sandbox.commit_all(&work, "Plain tox");
    sandbox.git(&work, &["push", "--quiet"]).ok();
    let marks = sandbox.path("marks");
    fixture.sandbox.set("BUILD_MARKS", marks.to_str().unwrap()).set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    fixture.sandbox.path_first(&tox.bin());
    fixture.sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    fixture
}

pub fn newest() -> Tools {
    Tools::tox_with_plugin(&Tools::pins("tox"))
}

pub fn with_uv() -> Tools {
    Tools::tox_with_plugin(&format!("{}{}", Tools::pins("tox"), Tools::pins("tox-uv")))
}

pub fn tox(fixture: &Fixture, arguments: &[&str]) -> Run {
    fixture.sandbox.run(&fixture.work, "tox", arguments)
}

pub fn builds(fixture: &Fixture) -> usize {
    std::fs::read_to_string(fixture.sandbox.path("marks")).unwrap_or_default().lines().count()
}

/// The folders in `.tox`.
pub fn environments(fixture: &Fixture) -> Vec<String> {
    let entries = std::fs::read_dir(fixture.work.join(".tox")).map(|entries| entries.flatten().collect::<Vec<_>>());
    let mut names: Vec<String> =
        entries.unwrap_or_default().iter().map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn passed(names: &[&str]) -> Vec<(String, bool)> {
    names.iter().map(|name| ((*name).to_owned(), true)).collect()
}

#[track_caller]
fn every_environment_installs_the_built_file(tools: &Tools, arguments: &[&str]) {
    let mut fixture = fixture(tools, KINDS);
    fixture.in_ci("57");
    let run = tox(&fixture, arguments).ok();
    assert_eq!(builds(&fixture), 1, "{run}");
    let tested = ["develop", "editable", "plain", "sdist", "wheel"];
    assert_eq!(fixture.verdicts("main", "1.4.57"), passed(&tested), "{run}");
    let file = fixture.file("main", "1.4.57");
    for (_, report) in fixture.api.tox_results(&fixture.user.index("main"), PROJECT, "1.4.57") {
        for environment in report["testenvs"].as_object().unwrap().values() {
            assert_eq!(environment["installpkg"]["sha256"], file.sha256.as_str(), "{report}");
        }
    }
    let is_packaging =
        |name: &String| name.starts_with(".pkg") && fixture.work.join(".tox").join(name).join("pyvenv.cfg").exists();
    assert!(!environments(&fixture).iter().any(is_packaging), "{run}");
    fixture.devpi(&["promote", "1.4.57", "--require", "editable"]).ok();
}

#[test]
fn every_environment_of_the_newest_tox_installs_the_built_file() {
    every_environment_installs_the_built_file(&newest(), &[]);
}

#[test]
fn every_parallel_environment_with_tox_uv_installs_the_built_file() {
    every_environment_installs_the_built_file(&with_uv(), &["-p"]);
}

#[test]
fn every_environment_of_the_oldest_tox_installs_the_built_file() {
    every_environment_installs_the_built_file(&Tools::tox_with_plugin("tox==4.2.8\n"), &["-p"]);
}

#[test]
#[ignore = "makes virtual environments of many versions"]
fn every_environment_of_other_versions_of_tox_installs_the_built_file() {
    for requirements in ["tox==4.4.12\n", "tox==4.11.4\n", "tox==4.21.2\n", "tox==4.30.3\n", "tox==4.41.0\n"] {
        every_environment_installs_the_built_file(&Tools::tox_with_plugin(requirements), &[]);
        every_environment_installs_the_built_file(&Tools::tox_with_plugin(requirements), &["-p"]);
        a_failing_build_runs_once(&Tools::tox_with_plugin(requirements));
    }
}

#[test]
fn a_lock_runner_installs_the_built_file() {
    let ini = "[tox]\nenv_list = locked, skipped\n\n[testenv]\nrunner = uv-venv-lock-runner\n\
               commands = python -c \"import demo_pkg; demo_pkg.identity\"\n\n[testenv:skipped]\npackage = skip\ncommands = python -c \"\"\n";
    let mut fixture = fixture(&with_uv(), ini);
    let uv = with_uv().bin().join("uv");
    fixture.sandbox.run(&fixture.work, uv.to_str().unwrap(), &["lock", "--quiet"]).ok();
    fixture.sandbox.commit_all(&fixture.work, "Lock");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture.in_ci("57");
    let run = tox(&fixture, &[]).ok();
    assert_eq!((builds(&fixture), fixture.verdicts("main", "1.4.57")), (1, passed(&["locked"])), "{run}");
}

#[test]
fn outside_ci_and_without_a_server_tox_works_as_without_the_plugin() {
    let mut fixture = fixture(&newest(), PLAIN);
    let before = fixture.api.indexes(&fixture.user.name);
    let plain = tox(&fixture, &["-e", "plain"]);
    assert!(plain.status == 0 && !plain.to_string().contains("git-devpi"), "{plain}");
    assert!(environments(&fixture).contains(&".pkg".to_owned()), "tox builds the package itself: {plain}");
    let verbose = tox(&fixture, &["-v", "-e", "plain"]).ok();
    assert_eq!(verbose.stdout.matches("git-devpi: tox builds the package itself: this is no CI build").count(), 1);

    // In the CI of a repository that has nothing to do with devpi.
    fixture.in_ci("57");
    fixture.sandbox.git(&fixture.work, &["rm", "--quiet", ".git-devpi.toml"]).ok();
    fixture.sandbox.commit_all(&fixture.work, "No settings");
    let server = DevpiServer::shared().url();
    // Also where a variable of the whole organisation names the server.
    let variables = [None, Some(("GIT_DEVPI_SERVER", server))];
    for variable in variables {
        if let Some((name, value)) = variable {
            fixture.sandbox.set(name, value).set("GIT_DEVPI_LOGIN", "acme");
        }
        let stranger = tox(&fixture, &["-e", "plain"]);
        assert!(stranger.status == 0 && !stranger.to_string().contains("git-devpi"), "{stranger}");
    }
    std::fs::remove_dir_all(fixture.work.join(".git")).unwrap();
    for variable in variables {
        match variable {
            Some((name, value)) => fixture.sandbox.set(name, value),
            None => fixture.sandbox.unset("GIT_DEVPI_SERVER"),
        };
        let unpacked = tox(&fixture, &["-e", "plain"]);
        assert!(unpacked.status == 0 && !unpacked.to_string().contains("git-devpi"), "{unpacked}");
    }
    assert_eq!(fixture.api.indexes(&fixture.user.name), before);
}

#[test]
fn settings_that_cannot_be_read_are_a_warning() {
    let mut fixture = fixture(&newest(), PLAIN);
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", "server = [");
    fixture.sandbox.commit_all(&fixture.work, "Broken");
    fixture.in_ci("57");
    let run = tox(&fixture, &["-e", "plain"]).ok();
    assert!(run.stdout.contains("tox builds the package itself: .git-devpi.toml cannot be read"), "{run}");
}

#[test]
fn verbs_that_install_nothing_build_nothing() {
    let mut fixture = fixture(&newest(), KINDS);
    fixture.in_ci("57");
    for arguments in
        [&["list"][..], &["config", "-e", "plain"], &["-l"], &["depends"], &["run", "-re", "skipped,uninstalled"]]
    {
        let run = tox(&fixture, arguments).ok();
        assert_eq!(builds(&fixture), 0, "{run}");
    }
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
    // It installs, and tests nothing.
    let run = tox(&fixture, &["--notest", "-e", "plain,wheel"]).ok();
    assert_eq!((builds(&fixture), fixture.verdicts("main", "1.4.57")), (1, vec![]), "{run}");
    // An environment that exists is tested without a second build.
    let run = tox(&fixture, &["-e", "plain"]).ok();
    assert_eq!((builds(&fixture), fixture.verdicts("main", "1.4.57")), (1, passed(&["plain"])), "{run}");
    // A recreated one gets the same file. A development environment is for a person, who edits the work tree.
    let run = tox(&fixture, &["-re", "wheel"]).ok();
    assert_eq!((builds(&fixture), fixture.verdicts("main", "1.4.57")), (1, passed(&["plain", "wheel"])), "{run}");
    let run = tox(&fixture, &["devenv", "-e", "develop", fixture.sandbox.path("venv").to_str().unwrap()]);
    assert!(!run.to_string().contains("git devpi") && fixture.verdicts("main", "1.4.57").len() == 2, "{run}");
}

#[test]
fn the_users_own_package_is_tested_as_it_is() {
    let mut fixture = fixture(&newest(), KINDS);
    let version = fixture.build("57");
    let path = fixture.sandbox.path(&format!("dist/demo_pkg-{version}-py3-none-any.whl"));
    fixture.in_ci("58");
    let run = tox(&fixture, &["-e", "plain", "--installpkg", path.to_str().unwrap()]).ok();
    assert_eq!(
        (builds(&fixture), fixture.api.versions(&fixture.user.index("main"), PROJECT)),
        (1, vec![version]),
        "{run}"
    );
}

/// Whatever the version and the mode, tox ends with an error, and the builder's output is there once.
#[track_caller]
fn a_failing_build_runs_once(tools: &Tools) {
    for arguments in [&[][..], &["-p"]] {
        let mut fixture = fixture(tools, KINDS);
        fixture.in_ci("57").sandbox.set("FAIL_BUILD", "1");
        let run = tox(&fixture, &[arguments, &["-e", "plain,wheel,skipped"]].concat());
        assert_ne!(run.status, 0, "{run}");
        let text = run.to_string();
        assert_eq!(text.matches("broken on purpose").count(), 1, "{run}");
        assert!(text.matches("failed with exit code 7 of `git devpi ensure`").count() >= 2, "{run}");
        assert!(run.stdout.contains("plain: FAIL") && run.stdout.contains("wheel: FAIL"), "{run}");
        assert_eq!(fixture.api.versions(&fixture.user.index("main"), PROJECT), [] as [&str; 0]);
    }
}

#[test]
fn a_failing_build_fails_every_environment_and_runs_once() {
    a_failing_build_runs_once(&newest());
}

#[test]
fn a_failing_build_fails_every_environment_of_the_oldest_tox() {
    a_failing_build_runs_once(&Tools::tox_with_plugin("tox==4.2.8\n"));
}

#[test]
fn a_wrong_server_fails_every_environment_after_one_attempt() {
    let mut fixture = fixture(&newest(), KINDS);
    fixture.in_ci("57").sandbox.set("GIT_DEVPI_SERVER", "http://127.0.0.1:1/").set("GIT_DEVPI_DEADLINE", "1s");
    let run = tox(&fixture, &["-e", "plain,wheel"]);
    assert_ne!(run.status, 0, "{run}");
    assert_eq!(run.to_string().matches("error: ").count(), 1, "{run}");
}

#[test]
fn a_project_with_the_toxfile_posts_once() {
    let mut fixture = Fixture::new();
    fixture.sandbox.path_first(&newest().bin());
    fixture.sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    fixture.in_ci("57");
    let run = tox(&fixture, &["-e", "unit"]).ok();
    assert_eq!(fixture.verdicts("main", "1.4.57"), passed(&["unit"]), "{run}");
}

#[test]
fn a_red_environment_is_evidence_too() {
    let red = KINDS.replace(
        "[testenv:wheel]\npackage = wheel",
        "[testenv:wheel]\npackage = wheel\ncommands = python -c \"raise SystemExit(3)\"",
    );
    let mut fixture = fixture(&newest(), &red);
    fixture.in_ci("57");
    let run = tox(&fixture, &["-e", "plain,wheel"]);
    assert_ne!(run.status, 0, "{run}");
    assert_eq!(fixture.verdicts("main", "1.4.57"), [("plain".to_owned(), true), ("wheel".to_owned(), false)], "{run}");
}

/// Runs in one process: each as if it were alone, whether the plugin acts in the other one or not.
const SEVERAL_RUNS: &str = r#"
import os, sys
from tox.run import main

def run(folder, number):
    os.chdir(folder)
    os.environ["BUILD_NUMBER"] = number
    assert main(["-e", "plain", "--workdir", os.path.join(folder, ".tox", number)]) == 0

work, other = sys.argv[1:]
run(other, "56")
run(work, "57")
run(work, "58")
run(other, "59")
"#;

#[track_caller]
fn runs_of_one_process_are_independent(tools: &Tools) {
    let mut fixture = fixture(tools, PLAIN);
    let other = fixture.sandbox.repository("other");
    let backend = std::fs::read_to_string(fixture.work.join("backend/in_tree.py")).unwrap();
    for name in ["pyproject.toml", "src/demo_pkg/__init__.py"] {
        fixture.sandbox.write(&other, name, &std::fs::read_to_string(fixture.work.join(name)).unwrap());
    }
    fixture.sandbox.write(&other, "backend/in_tree.py", &backend);
    fixture.sandbox.write(&other, "tox.ini", PLAIN);
    fixture.sandbox.commit_all(&other, "Without settings");
    fixture.in_ci("1");
    let (work, other) = (fixture.work.to_str().unwrap(), other.to_str().unwrap());
    let python = tools.bin().join("python");
    let run = fixture.sandbox.run(&fixture.work, python.to_str().unwrap(), &["-c", SEVERAL_RUNS, work, other]).ok();
    let versions = fixture.api.versions(&fixture.user.index("main"), PROJECT);
    assert_eq!(versions, ["1.4.57", "1.4.58"], "{run}");
    for version in versions {
        assert_eq!(fixture.verdicts("main", &version), passed(&["plain"]), "{run}");
    }
}

#[test]
fn several_runs_of_one_process_are_independent() {
    runs_of_one_process_are_independent(&newest());
}

#[test]
fn several_runs_of_one_process_are_independent_with_tox_uv() {
    runs_of_one_process_are_independent(&with_uv());
}

#[test]
fn several_runs_of_one_process_are_independent_in_the_oldest_tox() {
    runs_of_one_process_are_independent(&Tools::tox_with_plugin("tox==4.2.8\n"));
}
