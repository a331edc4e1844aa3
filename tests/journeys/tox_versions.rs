//! Every tox 4 from 4.2, with and without tox-uv, in sequence and in parallel, with the configuration of `init`: the package
//! is built once, every environment installs that file, and no environment finds a missing or a second file.
//!
//! tox 4.2 to 4.41 calls `ensure` once for every environment, while others install; 4.42 calls it once.
//! The oldest and the newest always run. `cargo test --test journeys tox_versions -- --ignored --nocapture` runs all of them, with
//! `GIT_DEVPI_TEST_TOX=4.42` only that one.

#![allow(clippy::print_stdout, reason = "a longer run prints its progress")]

use std::path::Path;
use std::time::Instant;

use crate::fixture::{Fixture, PROJECT, apply_snippet};
use crate::support::{Run, Tools};

/// Where tox finds its configuration.
#[derive(Debug, Clone, Copy)]
enum Configuration {
    Ini,
    /// tox reads it from 4.21 on.
    Toml,
    Pyproject,
}

const TOML: &str = "env_list = [\"unit\", \"system\", \"third\"]\n\n[env_run_base]\n\
     commands = [[\"python\", \"-m\", \"unittest\", \"discover\", \"-s\", \"tests/{env_name}\"]]\n";

/// Counts builds, and gives each wheel an identity that is readable after its installation.
const SPY: &str = r#"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None, plain=build_wheel):
    import uuid
    if os.environ.get("FAIL_BUILD"):
        raise SystemExit("broken on purpose")
    identity = str(uuid.uuid4())
    with open(os.environ["BUILD_MARKS"], "a") as f:
        f.write(identity + "\n")
    with open("src/demo_pkg/identity.txt", "w") as f:
        f.write(identity)
    return plain(wheel_directory)
"#;

const ENVIRONMENTS: [&str; 3] = ["system", "third", "unit"];

fn fixture(tox: &Tools, configuration: Configuration) -> Fixture {
    let mut fixture = Fixture::new();
    let (work, sandbox) = (fixture.work.clone(), &fixture.sandbox);
    let read = |name: &str| std::fs::read_to_string(work.join(name)).unwrap();
    sandbox.write(&work, "backend/in_tree.py", &(read("backend/in_tree.py") + SPY));
    sandbox.write(&work, "tests/third/test_third.py", &read("tests/unit/test_unit.py"));
    match configuration {
        Configuration::Ini => {
            sandbox.write(&work, "tox.ini", &read("tox.ini").replace("unit, system", "unit, system, third"))
        }
        Configuration::Toml => sandbox.write(&work, "tox.toml", TOML),
        Configuration::Pyproject => {
            let native = TOML.replace("[env", "[tool.tox.env");
            sandbox.write(&work, "pyproject.toml", &format!("{}\n[tool.tox]\n{native}", read("pyproject.toml")));
        }
    }
    if !matches!(configuration, Configuration::Ini) {
        std::fs::remove_file(work.join("tox.ini")).unwrap();
        std::fs::remove_file(work.join("toxfile.py")).unwrap();
        apply_snippet(&work);
    }
    sandbox.commit_all(&work, "Three environments");
    sandbox.git(&work, &["push", "--quiet"]).ok();
    let marks = sandbox.path("marks");
    fixture.sandbox.set("BUILD_MARKS", marks.to_str().unwrap()).set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    fixture.sandbox.path_first(&tox.bin());
    fixture.sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    fixture
}

/// The identities of the wheels that were built, oldest first.
fn built(fixture: &Fixture) -> Vec<String> {
    let marks = std::fs::read_to_string(fixture.sandbox.path("marks")).unwrap_or_default();
    marks.lines().map(str::to_owned).collect()
}

/// Asserts that tox passed, and that every environment installed this build's wheel and has evidence for it on the server.
#[track_caller]
fn assert_tested(fixture: &Fixture, run: &Run, (number, builds): (&str, usize), reports: usize) {
    assert_eq!(run.status, 0, "{run}");
    let version = format!("1.4.{number}");
    let built = built(fixture);
    assert_eq!(built.len(), builds, "{run}");
    let file = fixture.file("main", &version);
    assert_eq!(Fixture::uploads(&file), 1);
    let wheels: Vec<_> = std::fs::read_dir(fixture.work.join(".tox/git-devpi")).unwrap().collect();
    assert_eq!(wheels.len(), 1, "{wheels:?}");
    for name in ENVIRONMENTS {
        let identity = installed(&fixture.work.join(".tox").join(name));
        assert_eq!(identity.as_deref(), built.last().map(String::as_str), "{name}: {run}");
    }
    let verdicts = fixture.verdicts("main", &version);
    assert_eq!(verdicts.len(), reports, "{verdicts:?} {run}");
    for name in ENVIRONMENTS {
        assert!(verdicts.contains(&(name.to_owned(), true)), "{verdicts:?} {run}");
    }
    for (_, report) in fixture.api.tox_results(&fixture.user.index("main"), PROJECT, &version) {
        for environment in report["testenvs"].as_object().unwrap().values() {
            assert_eq!(environment["installpkg"]["sha256"], file.sha256.as_str(), "{report}");
        }
    }
}

/// The identity of the wheel that is installed in an environment of tox.
fn installed(environment: &Path) -> Option<String> {
    // tox-uv 1.0 creates it one folder below.
    let places = [environment.join("lib"), environment.join(".venv/lib")];
    let python = places.iter().find_map(|place| std::fs::read_dir(place).ok())?.next()?.ok()?.path();
    std::fs::read_to_string(python.join("site-packages/demo_pkg/identity.txt")).ok()
}

#[track_caller]
fn run_scenario(tox: &Tools, configuration: Configuration) {
    let mut fixture = fixture(tox, configuration);
    let tox = |fixture: &Fixture, arguments: &[&str]| fixture.sandbox.run(&fixture.work, "tox", arguments);
    fixture.in_ci("57");
    assert_tested(&fixture, &tox(&fixture, &[]), ("57", 1), 3);
    // The environments exist, and so does the wheel of the build before.
    fixture.in_ci("58");
    assert_tested(&fixture, &tox(&fixture, &["-p"]), ("58", 2), 3);
    assert_tested(&fixture, &tox(&fixture, &["--recreate", "-e", "unit"]), ("58", 2), 4);
    // A failed build fails the run, although the old wheel still exists.
    fixture.in_ci("59").sandbox.set("FAIL_BUILD", "1");
    let failed = tox(&fixture, &["-e", "unit,system"]);
    assert_ne!(failed.status, 0, "{failed}");
    assert!(failed.to_string().contains("broken on purpose"), "{failed}");
    assert_eq!(fixture.verdicts("main", "1.4.59"), []);
    assert_eq!(fixture.verdicts("main", "1.4.58").len(), 4, "{failed}");
}

#[test]
fn the_oldest_tox() {
    run_scenario(&Tools::tox("tox==4.2.8\n"), Configuration::Ini);
}

#[test]
fn the_newest_tox() {
    run_scenario(&Tools::tox(&Tools::pins("tox")), Configuration::Toml);
}

#[test]
fn the_newest_tox_with_tox_uv() {
    run_scenario(Tools::get(), Configuration::Pyproject);
}

#[test]
#[ignore = "makes a dozen virtual environments and takes minutes"]
fn all_versions_of_tox() {
    use Configuration::{Ini, Pyproject, Toml};
    let newest = Tools::pins("tox");
    let newest_uv = Tools::pins("tox-uv");
    let mut failed = 0;
    for (requirements, configurations) in [
        ("tox==4.2.8", &[Ini][..]),
        ("tox==4.4.12", &[Ini]),
        ("tox==4.11.4", &[Ini]),
        ("tox==4.21.2", &[Ini, Toml, Pyproject]),
        ("tox==4.30.3", &[Ini, Toml, Pyproject]),
        ("tox==4.41.0", &[Ini, Toml, Pyproject]),
        ("tox==4.42.0", &[Ini, Toml, Pyproject]),
        (&newest, &[Ini, Toml, Pyproject]),
        ("tox==4.12.1\ntox-uv==1.0.2", &[Ini]),
        ("tox==4.21.2\ntox-uv==1.13.1", &[Ini, Toml]),
        ("tox==4.30.3\ntox-uv==1.28.1", &[Ini, Toml, Pyproject]),
        (&format!("{newest}{newest_uv}"), &[Ini, Toml, Pyproject]),
    ] {
        if !requirements.contains(&std::env::var("GIT_DEVPI_TEST_TOX").unwrap_or_default()) {
            continue;
        }
        let tools = Tools::tox(requirements);
        for configuration in configurations {
            let started = Instant::now();
            let name = requirements.lines().next().unwrap_or_default();
            let outcome = std::panic::catch_unwind(|| run_scenario(&tools, *configuration));
            let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
            failed += usize::from(outcome.is_err());
            let with = if requirements.contains("tox-uv") { "with tox-uv" } else { "" };
            println!("{name} {with} {configuration:?}: {verdict}, {:.1} s", started.elapsed().as_secs_f64());
        }
    }
    assert_eq!(failed, 0);
}

#[test]
#[ignore = "takes minutes"]
fn ten_parallel_runs_of_the_oldest_tox() {
    let mut fixture = fixture(&Tools::tox("tox==4.2.8\n"), Configuration::Ini);
    for round in 1..=10 {
        let number = (100 + round).to_string();
        fixture.in_ci(&number);
        let started = Instant::now();
        let run = fixture.sandbox.run(&fixture.work, "tox", &["-p"]);
        assert_tested(&fixture, &run, (&number, round), 3);
        println!("round {round}: ok, {:.1} s", started.elapsed().as_secs_f64());
    }
}
