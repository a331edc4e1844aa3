//! `git devpi results --requirements`: what pip and uv install from it is what was promoted, and nothing else.

use std::path::Path;

use serde_json::json;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Run};

/// A release in production, and the variables unset that name another index for uv.
fn promoted(number: &str) -> (Fixture, String) {
    let mut fixture = Fixture::new();
    for variable in ["UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"] {
        fixture.sandbox.unset(variable);
    }
    let version = fixture.build(number);
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture.devpi(&["promote", &version]).ok();
    (fixture, version)
}

/// Installs a requirements file with both installers, each into a folder of its own.
fn install(fixture: &Fixture, requirements: &str) -> [(Run, std::path::PathBuf); 2] {
    fixture.sandbox.write(&fixture.sandbox.path("home"), "requirements.txt", requirements);
    let home = fixture.sandbox.path("home");
    let install = |words: &[&str]| {
        let target = tempfile::Builder::new().prefix("installed-").tempdir_in(&home).unwrap().keep();
        let rest = ["install", "--require-hashes", "--target", target.to_str().unwrap(), "-r", "requirements.txt"];
        (fixture.sandbox.run(&home, words[0], &[&words[1..], &rest].concat()), target)
    };
    [install(&["python", "-m", "pip", "--no-cache-dir"]), install(&["uv", "--no-cache", "pip"])]
}

fn is_installed(target: &Path, version: &str) -> bool {
    target.join(format!("demo_pkg-{version}.dist-info/METADATA")).exists() && target.join("demo_pkg").exists()
}

#[test]
fn pip_and_uv_install_the_promoted_files_by_their_hashes() {
    let (fixture, version) = promoted("131");
    let file = fixture.file("prod", &version);
    let printed = fixture.devpi(&["results", "--requirements", &version]).ok();
    assert_eq!(printed.stderr, "");
    for (run, target) in install(&fixture, &printed.stdout) {
        assert!(is_installed(&target, &version), "{run}");
        run.ok();
    }
    let simple = format!("{}{}/+simple/", DevpiServer::shared().url(), fixture.user.index("prod"));
    let requirement = format!("{PROJECT}=={version} \\\n    --hash=sha256:{}", file.sha256);
    assert!(printed.stdout.ends_with(&format!("\n--index-url {simple}\n{requirement}\n")), "{printed}");
    assert!(!printed.stdout.contains(&fixture.user.password), "{printed}");
    let answer = fixture.devpi(&["results", "--requirements", &version, "--json"]).ok().json();
    assert_eq!((&answer["schema"], &answer["index_url"]), (&json!(1), &json!(simple)));
    assert_eq!((&answer["requirement"], &answer["in_production"]), (&json!(requirement), &json!(true)));
    assert_eq!(answer["hashes"], json!([format!("sha256:{}", file.sha256)]));

    // From a branch that knows nothing of the release, and without a version for the commit's release.
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "feature/x"]).ok();
    assert_eq!(fixture.devpi(&["results", "--requirements", &version]).ok().stdout, printed.stdout);
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "main"]).ok();
    assert_eq!(fixture.devpi(&["results", "--requirements"]).ok().stdout, printed.stdout);
}

#[test]
fn promote_prints_the_line_that_installs_the_release() {
    let (fixture, version) = promoted("135");
    let shown = fixture.devpi(&["promote", &version]).ok();
    let line = shown.stdout.lines().find_map(|line| line.strip_prefix("install it: ")).unwrap();
    assert_eq!(fixture.devpi(&["promote", &version, "--json"]).ok().json()["install"], line);
    assert!(!line.contains(&fixture.user.password), "{line}");
    let home = fixture.sandbox.path("home");
    for (prefix, target) in [("", "by-pip"), ("uv ", "by-uv")] {
        let words = format!("{prefix}{line} --target {target}");
        let words: Vec<&str> = words.split(' ').collect();
        let run = fixture.sandbox.run(&home, words[0], &words[1..]);
        assert!(is_installed(&home.join(target), &version), "{run}");
    }
    // Nothing to install where nothing was promoted.
    let blocked = fixture.devpi(&["promote", "1.4.999", "--json"]).code(1).json();
    assert_eq!(blocked["install"], json!(null));
}

#[test]
fn other_bytes_under_the_same_name_are_not_installed() {
    let (fixture, version) = promoted("132");
    let requirements = fixture.devpi(&["results", "--requirements", &version]).ok().stdout;
    let (prod, file) = (fixture.user.index("prod"), fixture.file("prod", &version));
    let bytes = fixture.api.bytes(&file.path);
    fixture.api.patch(&prod, &json!({"volatile": true}));
    fixture.api.upload(&prod, (PROJECT, &version), (&file.name, &[&bytes[..], b"tampered"].concat()));
    for (run, target) in install(&fixture, &requirements) {
        assert_ne!(run.status, 0, "{run}");
        assert!(!is_installed(&target, &version), "{run}");
    }
}

#[test]
fn what_is_not_in_production_is_taken_from_its_branch_and_said() {
    let mut fixture = Fixture::new();
    let version = fixture.build("133");
    let printed = fixture.devpi(&["results", "--requirements", &version]).ok().says("not in production");
    assert!(printed.stdout.contains(&format!("/{}/+simple/", fixture.user.index("main"))), "{printed}");
    fixture.devpi(&["results", "--requirements", "1.4.134"]).code(1);
    fixture.devpi(&["results", "--requirements", "--format", "json"]).code(2);
}
