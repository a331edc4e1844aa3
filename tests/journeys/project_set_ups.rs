//! Real projects of many set-ups, from `init` over plain tox to the evidence. Only the test's own lines are added to their repositories.
//!
//! Three of them in each run; all fourteen by `cargo test --test journeys every_set_up -- --ignored --nocapture`.

#![allow(clippy::print_stdout, reason = "a longer run prints its progress")]

use serde_json::json;

use crate::real_packages::{Package, unpack};
use crate::support::{DevpiServer, Sandbox, Tools};
use crate::tox_plugin;

/// A package, and the version that build 57 of its main branch gets.
const fn package(
    (name, version, sha256): (&'static str, &'static str, &'static str),
    tag: Option<&'static str>,
    expected: &'static str,
) -> Package {
    Package { name, version, sha256, tag, module: name, expected: ("", expected) }
}

/// `setup.py`, the version imported from the module.
const SIX: Package =
    package(("six", "1.17.0", "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81"), None, "1.17.0.57");
/// `setup.py`, the version read by a function of it.
const MCCABE: Package =
    package(("mccabe", "0.7.0", "348e0240c33b60bbdf4e523192ef919f28cb2c3d7d5c7794f74009290f236325"), None, "0.7.0.57");
/// `setup.cfg` with `attr:`.
const FLAKE8: Package =
    package(("flake8", "7.1.1", "049d058491e228e03e67b390f311bbf88fce2dbaa8fa673e7aea87b7198b8d38"), None, "7.1.1.57");
/// setuptools with setuptools-scm.
const PLUGGY: Package = package(
    ("pluggy", "1.5.0", "2cffa88e94fdc978c4c574f15f9e59b7f4201d439195c3715ca9e2486f1d0cf1"),
    Some("1.5.0"),
    "1.5.57",
);
/// hatchling with hatch-vcs.
const FILELOCK: Package = package(
    ("filelock", "3.16.1", "c249fbfcd5db47e5e2d6d62198e565475ee65e4831e2561c8e313fa7eb961435"),
    Some("3.16.1"),
    "3.16.57",
);
/// hatchling, the version in a module.
const COLORAMA: Package = package(
    ("colorama", "0.4.6", "08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44"),
    None,
    "0.4.6.57",
);
/// flit-scm.
const EXCEPTIONGROUP: Package = package(
    ("exceptiongroup", "1.2.2", "47c2edf7c6738fafb49fd34290706d1a1a2f4d1c6df275526b62cbb4aa5393cc"),
    Some("1.2.2"),
    "1.2.57",
);
/// flit, the version in `[project]`.
const CLICK: Package =
    package(("click", "8.1.8", "ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a"), None, "8.1.8.57");
/// poetry-core.
const RICH: Package =
    package(("rich", "13.9.4", "439594978a49a09530cff7ebc4b5c7103ef57baf48d5ea3184f21d9a2befa098"), None, "13.9.4.57");
/// pdm-backend, the version in `[project]`.
const UNEARTH: Package = package(
    ("unearth", "0.17.2", "0b8a2afd3476f1ab6155fc579501ac47fffe43547d88a70e5a5b76a7fe6caa2c"),
    None,
    "0.17.2.57",
);
/// setuptools with an extension in C, the version in `[project]`.
const MARKUPSAFE: Package = package(
    ("markupsafe", "3.0.2", "ee55d3edf80167e48ea11a923c7386f4669df67d7994554387f84e7d8b0a2bf0"),
    None,
    "3.0.2.57",
);
/// pbr.
const STEVEDORE: Package = package(
    ("stevedore", "5.3.0", "9a64265f4060312828151c204efbe9b7a9852a0d9228756344dbc7e4023e375a"),
    Some("5.3.0"),
    "5.3.57",
);

/// maturin, the version in `Cargo.toml`: Cargo accepts only three numbers.
const RPDS_PY: Package = Package {
    module: "rpds",
    ..package(
        ("rpds-py", "0.18.1", "dc48b479d540770c811fbd1eb9ba2bb66951863e448efec2e2c102625328e92f"),
        None,
        "0.18.1.57",
    )
};
/// versioneer.
const TOOLZ: Package = package(
    ("toolz", "0.12.1", "ecca342664893f177a13dac0e6b41cbd8ac25a358e5f215316d43e2100224f4d"),
    Some("0.12.1"),
    "0.12.57",
);

#[test]
fn setup_cfg_setuptools_scm_and_hatch_get_evidence_by_init_and_plain_tox() {
    run_all(&[FLAKE8, PLUGGY, COLORAMA]);
}

#[test]
#[ignore = "fourteen packages: some minutes"]
fn every_set_up_gets_evidence_by_init_and_plain_tox() {
    run_all(&[
        SIX,
        MCCABE,
        FLAKE8,
        PLUGGY,
        FILELOCK,
        COLORAMA,
        EXCEPTIONGROUP,
        CLICK,
        RICH,
        UNEARTH,
        MARKUPSAFE,
        STEVEDORE,
        RPDS_PY,
        TOOLZ,
    ]);
}

#[test]
#[ignore = "compiles an extension in Rust: some minutes"]
fn maturin_and_versioneer_get_evidence_by_init_and_plain_tox() {
    run_all(&[TOOLZ, RPDS_PY]);
}

/// Goes on after a failure, so that one run shows all of them.
fn run_all(packages: &[Package]) {
    let mut failed = Vec::new();
    for package in packages {
        let started = std::time::Instant::now();
        let result = std::panic::catch_unwind(|| from_init_to_evidence(package));
        println!(
            "{} {}: {} in {:.1} s",
            package.name,
            package.version,
            if result.is_ok() { "ok" } else { "FAILED" },
            started.elapsed().as_secs_f64()
        );
        if result.is_err() {
            failed.push(package.name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

fn from_init_to_evidence(package: &Package) {
    let server = DevpiServer::shared();
    let user = server.user();
    let mut sandbox = Sandbox::with_tools();
    let tox = tox_plugin::newest();
    sandbox.path_first(&tox.bin());
    sandbox.path_first(std::path::Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password).set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    // Cargo is found through the real home folder.
    // maturin needs rustup and Cargo, which find their folders in the home folder.
    for (variable, folder) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
        let below_home = || std::env::home_dir().map(|home| home.join(folder).into_os_string());
        if let Some(place) = std::env::var_os(variable).or_else(below_home) {
            sandbox.set(variable, place.to_str().unwrap());
        }
    }
    let remote = sandbox.bare_remote(&format!("teams/{}.git", package.name));
    let work = sandbox.clone_of(&remote, "work");
    unpack(&sandbox, package, &work);
    // What an sdist has and its repository does not.
    for made in ["PKG-INFO", "setup.cfg.orig", "ChangeLog", "AUTHORS"] {
        let _ = std::fs::remove_file(work.join(made));
    }
    if work.join("versioneer.py").exists() {
        // An sdist has the version in place of the code that reads it from git.
        sandbox.run(&work, Tools::get().python().to_str().unwrap(), &["versioneer.py", "setup"]).ok();
    }
    let commands = format!("change_dir = {{env_tmp_dir}}\ncommands = python -c \"import {}\"\n", package.module);
    sandbox.write(&work, "tox.ini", &format!("[tox]\nenv_list = unit\n\n[testenv]\n{commands}"));
    sandbox.commit_all(&work, "first");
    if let Some(tag) = package.tag {
        sandbox.git(&work, &["tag", tag]).ok();
    }
    sandbox.git(&work, &["push", "--quiet", "-u", "origin", "main", "--tags"]).ok();
    let init = sandbox.devpi(&work, &["init", "--server", server.url(), "--user", &user.name, "--yes"]).ok();
    init.says(&format!("{} on a release branch", package.expected.1));
    sandbox.commit_all(&work, "Set git-devpi up");
    sandbox.git(&work, &["push", "--quiet", "origin", "main"]).ok();

    sandbox.set("CI", "true").set("BUILD_NUMBER", "57").set("GIT_DEVPI_SERVER", server.url());
    sandbox.run(&work, "tox", &["-e", "unit"]).ok().says("devpi: unit passed");
    let api = server.api().logged_in(&user);
    let name = api.index_names(&user.name).into_iter().find(|name| name.ends_with("-main")).expect("an index of main");
    let index = user.index(&name);
    let files = api.files(&index, package.name, package.expected.1);
    assert_eq!(files.len(), 1, "{files:?}");
    let results = api.tox_results(&index, package.name, package.expected.1);
    let unit = results.iter().find_map(|(_, report)| report["testenvs"].get("unit")).expect("evidence of unit");
    assert_eq!((&unit["installpkg"]["sha256"], &unit["result"]["success"]), (&json!(files[0].sha256), &json!(true)));
    assert_eq!(sandbox.git(&work, &["status", "--porcelain"]).ok().text(), "");
}
