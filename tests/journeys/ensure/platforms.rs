//! Native projects: one wheel for each platform in one release.
//!
//! Scripts stand in for other platforms' interpreters: they report other tags, and run the real Python for everything else.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Output, Stdio};

use serde_json::{Value, json};

use super::fixture::{Fixture, Machine, PROJECT, listing, sha256};

const VERSION: &str = "1.4.57.dev0";
const INDEX: &str = "feature-x";

const OLD: &str = "cp39-cp39-linux_x86_64";
const NEW: &str = "cp313-cp313-linux_x86_64";
const WINDOWS: &str = "cp313-cp313-win_amd64";

/// The tags of an interpreter, best first, as `packaging` returns them.
const OLD_TAGS: &str = "cp39-cp39-manylinux_2_36_x86_64 cp39-cp39-linux_x86_64 cp39-abi3-linux_x86_64 py3-none-any";
const NEW_TAGS: &str = "cp313-cp313-manylinux_2_17_x86_64 cp313-cp313-linux_x86_64 cp313-abi3-linux_x86_64 \
     cp311-abi3-linux_x86_64 py3-none-linux_x86_64 py3-none-any";
const WINDOWS_TAGS: &str = "cp313-cp313-win_amd64 cp313-abi3-win_amd64 py3-none-any";

/// A machine with such an interpreter on PATH, which builds wheels for `tag`.
fn machine<'a>(fixture: &'a Fixture, name: &str, (tags, tag): (&str, &str)) -> Machine<'a> {
    let python = fixture.sandbox.interpreter(&format!("python-{name}"), tags);
    let path = format!("{}:{}", python.parent().unwrap().display(), fixture.sandbox.variables()["PATH"]);
    fixture.machine(name, "feature/x").set("PATH", &path).set("WHEEL_TAG", tag)
}

fn wheel(tag: &str) -> String {
    format!("demo_pkg-{VERSION}-{tag}.whl")
}

fn names(fixture: &Fixture) -> Vec<String> {
    let mut names: Vec<_> = fixture.files(INDEX, VERSION).into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

fn claims(fixture: &Fixture) -> Vec<String> {
    fixture.api.index_names(&fixture.user.name).into_iter().filter(|name| name.contains(".claim-")).collect()
}

/// Asserts that every file has the provenance of this commit, and that no claim exists.
#[track_caller]
fn assert_one_release(fixture: &Fixture, commit: &str, tags: &[&str]) {
    let mut expected: Vec<_> = tags.iter().map(|tag| wheel(tag)).collect();
    expected.sort();
    assert_eq!(names(fixture), expected);
    let mut proven: Vec<(Value, Value)> = fixture
        .provenance(INDEX, VERSION)
        .into_iter()
        .map(|note| (note["commit"].clone(), note["sha256"].clone()))
        .collect();
    let mut files: Vec<_> =
        fixture.files(INDEX, VERSION).into_iter().map(|(_, sha256)| (json!(commit), json!(sha256))).collect();
    proven.sort_by_key(|(_, sha)| sha.to_string());
    files.sort_by_key(|(_, sha)| sha.to_string());
    assert_eq!(proven, files);
    assert_eq!(claims(fixture), Vec::<String>::new());
}

fn start(machine: &Machine<'_>) -> Child {
    let mut command = machine.command(&["ensure", "--json", "--dest", "dist"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
fn finish(child: Child) -> Value {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

#[test]
fn each_platform_adds_its_wheel_and_uses_the_compatible_one() {
    let fixture = Fixture::new();
    let old = machine(&fixture, "old", (OLD_TAGS, OLD));
    let first = old.ensure(&["--dest", "dist"]).ok().json();
    assert_eq!((&first["action"], &first["file"]), (&json!("built"), &json!(wheel(OLD))));
    let commit = old.commit();
    assert_one_release(&fixture, &commit, &[OLD]);

    let new = machine(&fixture, "new", (NEW_TAGS, NEW));
    new.ensure(&["--no-build"]).code(1).says(&wheel(OLD)).says("no compatible file").says("--python");
    let second = new.ensure(&["--dest", "dist"]).ok().json();
    assert_eq!((&second["action"], &second["file"]), (&json!("built"), &json!(wheel(NEW))));
    assert_one_release(&fixture, &commit, &[NEW, OLD]);
    assert_eq!(fixture.builds(), 2);
    let kept = fixture.files(INDEX, VERSION).into_iter().find(|(name, _)| *name == wheel(OLD)).unwrap();
    assert_eq!(first["sha256"], kept.1.as_str(), "the first wheel does not change");

    // Other machines of both platforms fetch. `--python` takes a version, a program or an environment.
    let python = fixture.sandbox.interpreter("other", OLD_TAGS);
    let venv = python.parent().unwrap().parent().unwrap().to_str().unwrap().to_owned();
    let third = machine(&fixture, "third", (NEW_TAGS, WINDOWS)).unset("GIT_DEVPI_PASSWORD");
    let dist = third.clone.join("dist");
    let found = |machine: &Machine<'_>, arguments: &[&str], expected: &Value| {
        let answer = machine.ensure(&[&["--dest", "dist"], arguments].concat()).ok().json();
        let file = expected["file"].as_str().unwrap();
        assert_eq!((&answer["action"], &answer["sha256"]), (&json!("found"), &expected["sha256"]));
        assert_eq!(listing(&dist), [file]);
        assert_eq!(sha256(&dist.join(file)), expected["sha256"].as_str().unwrap());
    };
    found(&third, &[], &second);
    found(&third, &["--python", python.to_str().unwrap()], &first);
    found(&third, &["--python", "3.13"], &second);
    let third = third.set("VIRTUAL_ENV", &venv);
    found(&third, &[], &first);
    found(&third, &["--python", "3.13"], &second);
    assert_eq!(fixture.builds(), 2);
}

#[test]
fn the_best_wheel_is_used_and_a_source_distribution_is_the_last_choice() {
    let fixture = Fixture::new();
    let new = machine(&fixture, "new", (NEW_TAGS, NEW));
    let index = fixture.user.index(INDEX);
    fixture.api.put(&index, &record());
    // Added in order, the worst first. With wheel as format an sdist is used only where nothing is
    // built. Files for unknown interpreters are ignored.
    let stem = format!("demo_pkg-{VERSION}");
    let sdist = format!("{stem}.tar.gz");
    let put = |name: &str| put(&fixture, (&index, VERSION), name, &new.commit());
    put(&sdist);
    put(&wheel(WINDOWS));
    assert_eq!(new.ensure(&["--no-build"]).ok().json()["file"], sdist.as_str());
    for name in [
        "py3-none-any",
        "py3-none-linux_x86_64",
        "cp311-abi3-linux_x86_64",
        "cp313-abi3-linux_x86_64",
        "cp313-cp313-linux_x86_64",
        "cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64",
        "1-cp313-cp313-manylinux_2_17_x86_64",
        "10-cp313-cp313-manylinux_2_17_x86_64",
    ]
    .map(|tag| format!("{stem}-{tag}.whl"))
    {
        put(&name);
        assert_eq!(new.ensure(&[]).ok().json()["file"], name.as_str());
    }
    for worse in ["2-cp313-cp313-manylinux_2_17_x86_64", "cp313-cp313-musllinux_1_2_x86_64", "py2-none-any"] {
        put(&format!("{stem}-{worse}.whl"));
    }
    let best = format!("{stem}-10-cp313-cp313-manylinux_2_17_x86_64.whl");
    assert_eq!(new.ensure(&[]).ok().json()["file"], best.as_str());
    assert_eq!(fixture.builds(), 0);
}

#[test]
fn a_tag_build_uses_a_compatible_wheel_or_the_source_distribution() {
    let fixture = Fixture::new();
    let tagged = machine(&fixture, "tagged", (NEW_TAGS, NEW)).unset("GIT_DEVPI_BRANCH").set("GITHUB_ACTIONS", "true");
    let tagged = tagged.set("GITHUB_REF", "refs/tags/v1.4").set("GITHUB_REF_NAME", "v1.4");
    let tagged = tagged.set("GITHUB_REF_TYPE", "tag").set("GITHUB_RUN_NUMBER", "3");
    let prod = fixture.user.index("prod");
    for (name, expected) in [
        ("demo_pkg-1.4.57-cp313-cp313-win_amd64.whl", None),
        ("demo_pkg-1.4.57.tar.gz", Some("demo_pkg-1.4.57.tar.gz")),
        ("demo_pkg-1.4.57-cp313-abi3-linux_x86_64.whl", Some("demo_pkg-1.4.57-cp313-abi3-linux_x86_64.whl")),
    ] {
        put(&fixture, (&prod, "1.4.57"), name, &tagged.commit());
        let run = tagged.ensure(&[]);
        match expected {
            None => drop(run.code(1).says("no release of demo-pkg was built from commit")),
            Some(file) => assert_eq!(run.ok().json()["file"], file),
        }
    }
    assert_eq!(fixture.builds(), 0);
}

#[test]
fn concurrent_machines_of_two_platforms_create_one_release() {
    for (round, slow) in [("a", OLD), ("b", WINDOWS)] {
        let fixture = Fixture::new();
        let old = machine(&fixture, &format!("{round}-old"), (OLD_TAGS, OLD));
        let windows = machine(&fixture, &format!("{round}-windows"), (WINDOWS_TAGS, WINDOWS));
        let seconds = |tag: &str| if tag == slow { "1.5" } else { "0" };
        let (old, windows) = (old.set("BUILD_SECONDS", seconds(OLD)), windows.set("BUILD_SECONDS", seconds(WINDOWS)));
        let answers = [&old, &windows].map(start).map(finish);
        assert_eq!(answers.map(|answer| answer["file"].clone()), [json!(wheel(OLD)), json!(wheel(WINDOWS))]);
        assert_one_release(&fixture, &old.commit(), &[OLD, WINDOWS]);
        assert_eq!(fixture.builds(), 2, "{round}");
    }
}

#[test]
fn many_machines_of_two_platforms_build_once_for_each() {
    let fixture = Fixture::new();
    let kinds = [(OLD_TAGS, OLD), (NEW_TAGS, NEW), (OLD_TAGS, OLD), (NEW_TAGS, NEW), (NEW_TAGS, NEW)];
    let machines: Vec<_> = kinds
        .iter()
        .enumerate()
        .map(|(n, kind)| {
            machine(&fixture, &format!("machine{n}"), *kind).set("BUILD_SECONDS", if kind.1 == NEW { "4" } else { "1" })
        })
        .collect();
    let mut children: Vec<_> = machines[..4].iter().map(start).collect();
    // Both machines wait before any wheel exists. A machine that starts during the build of the second platform joins them.
    while fixture.builds() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    children.push(start(&machines[4]));
    let answers: Vec<_> = children.into_iter().map(finish).collect();
    for (answer, (_, tag)) in answers.iter().zip(kinds) {
        assert_eq!(answer["file"], wheel(tag).as_str());
    }
    assert_one_release(&fixture, &machines[0].commit(), &[OLD, NEW]);
    assert_eq!(fixture.builds(), 2);
}

#[test]
fn concurrent_machines_of_a_second_platform_build_once() {
    let fixture = Fixture::new();
    machine(&fixture, "first", (OLD_TAGS, OLD)).ensure(&[]).ok();
    // The machines differ in their glibc, and build the same file.
    let other_libc = NEW_TAGS.replace("2_17", "2_40");
    let machines = [("a", NEW_TAGS), ("b", &other_libc), ("c", NEW_TAGS)]
        .map(|(name, tags)| machine(&fixture, name, (tags, NEW)).set("BUILD_SECONDS", "1"));
    let answers = machines.each_ref().map(start).map(finish);
    assert!(answers.iter().all(|answer| answer["sha256"] == answers[0]["sha256"]), "{answers:?}");
    assert_one_release(&fixture, &machines[0].commit(), &[OLD, NEW]);
    assert_eq!(fixture.builds(), 2);
}

#[test]
fn a_wheel_of_another_commit_is_not_added() {
    let fixture = Fixture::new();
    let first = machine(&fixture, "first", (OLD_TAGS, OLD));
    first.ensure(&[]).ok();
    fixture.sandbox.write(&fixture.work, "more", "more");
    fixture.sandbox.commit_all(&fixture.work, "More");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let second = machine(&fixture, "second", (NEW_TAGS, NEW));
    let run = second.ensure(&[]).code(5);
    run.says(&first.commit()[..7]).says(&second.commit()[..7]);
    assert_one_release(&fixture, &first.commit(), &[OLD]);
    assert_eq!(fixture.builds(), 1);
}

#[test]
fn an_incompatible_wheel_is_built_again_and_never_published() {
    let fixture = Fixture::new();
    // uv builds with another interpreter: the first wheel is for that one, the second is not.
    let backend = std::fs::read_to_string(fixture.work.join("backend/in_tree.py")).unwrap();
    let fickle = format!(
        "\ndef _tag():\n    lines = len(open(os.environ['BUILD_MARKS']).readlines())\n    \
         return '{OLD}' if lines < int(os.environ['RIGHT_FROM']) else '{NEW}'\n"
    );
    fixture.sandbox.write(&fixture.work, "backend/in_tree.py", &format!("{backend}{fickle}"));
    fixture.sandbox.commit_all(&fixture.work, "Fickle");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    let new = machine(&fixture, "new", (NEW_TAGS, NEW));
    let never = new.set("RIGHT_FROM", "99");
    let run = never.ensure(&[]).code(7).says(&wheel(OLD)).says("building again").says("is not published");
    assert!(run.stderr.contains("python3"), "{run}");
    assert_eq!((names(&fixture), claims(&fixture), fixture.builds()), (vec![], vec![], 2));
    let python = fixture.sandbox.path("python-new/bin/python");
    never.ensure(&["--python", python.to_str().unwrap()]).code(7).says("is not published");
    never.ensure(&["--no-upload"]).code(7).says("is not published");
    let marks = fixture.builds();
    assert_eq!(marks, 5, "with a named interpreter there is no second attempt");
    let later = never.set("RIGHT_FROM", &(marks + 2).to_string());
    assert_eq!(later.ensure(&[]).ok().json()["file"], wheel(NEW).as_str());
    assert_one_release(&fixture, &later.commit(), &[NEW]);
}

#[test]
fn a_missing_interpreter_is_named() {
    let fixture = Fixture::new();
    let machine = fixture.machine("first", "feature/x");
    for (wanted, shown) in [("3.99", "python3.99"), ("/nowhere/python", "/nowhere/python")] {
        machine
            .ensure(&["--python", wanted])
            .code(7)
            .says(shown)
            .says("hint: use an existing interpreter: `--python PATH`");
    }
    // A program that exists and fails.
    let bin = fixture.sandbox.interpreter("shims", "").parent().unwrap().to_owned();
    std::fs::write(bin.join("python3.98"), "#!/bin/sh\necho no such version >&2\nexit 127\n").unwrap();
    std::fs::set_permissions(bin.join("python3.98"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), fixture.sandbox.variables()["PATH"]);
    machine.set("PATH", &path).ensure(&["--python", "3.98"]).code(7).says("python3.98");
    assert_eq!(fixture.api.index_names(&fixture.user.name), ["prod"]);
    assert_eq!(fixture.builds(), 0);
}

/// Uploads a file with provenance, as another machine does.
fn put(fixture: &Fixture, (index, version): (&str, &str), name: &str, commit: &str) {
    fixture.api.upload(index, (PROJECT, version), (name, name.as_bytes()));
    let files = fixture.api.files(index, PROJECT, version);
    let file = files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{name} is not in {files:?}"));
    let note = json!({"schema": 1, "kind": "provenance", "commit": commit, "version": version, "sha256": file.sha256});
    let report = json!({"testenvs": {}, "toxversion": "0", "host": "h", "platform": "p", "git-devpi": note});
    fixture.api.post(&file.path, &report);
}

fn record() -> Value {
    json!({"volatile": false, "custom_data": {"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/demo",
        "branch": "feature/x", "own_commits": true, "created": "2026-01-02T03:04:05Z"}}})
}
