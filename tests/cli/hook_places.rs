//! Every folder in which git looks for hooks: what is installed there runs at the next push and merge.

use std::path::Path;

use crate::hook_fixture::{EVENTS, HookFixture, OURS};
use crate::support::Sandbox;

/// A kind of repository, and how the clone of the fixture becomes one; the result is where git starts.
type Place = (&'static str, fn(&mut HookFixture), Installed);

#[derive(Clone, Copy, PartialEq)]
enum Installed {
    Yes,
    /// With these words in the message.
    Refused(&'static str),
}

fn git(sandbox: &Sandbox, folder: &Path, arguments: &[&str]) {
    sandbox.git(folder, arguments).ok();
}

fn hooks_path(fixture: &HookFixture, scope: &str, value: &str) {
    fixture.git(&["config", scope, "core.hooksPath", value]).ok();
}

fn linked(fixture: &mut HookFixture) {
    fixture.git(&["worktree", "add", "--quiet", "../a linked tree", "-b", "linked"]).ok();
    fixture.top = fixture.sandbox.path("a linked tree");
}

const PLACES: [Place; 16] = [
    ("spaces in the path", |_| {}, Installed::Yes),
    ("no hooks folder", |fixture| std::fs::remove_dir_all(fixture.top.join(".git/hooks")).unwrap(), Installed::Yes),
    ("linked worktree", linked, Installed::Yes),
    (
        "separate git folder",
        |fixture| {
            fixture.git(&["init", "--quiet", "--separate-git-dir=../git folder"]).ok();
        },
        Installed::Yes,
    ),
    (
        "submodule",
        |fixture| {
            let top = fixture.sandbox.repository("super project");
            git(&fixture.sandbox, &fixture.top, &["push", "--quiet", "origin", "main"]);
            let url = fixture.sandbox.path("re mote.git");
            git(&fixture.sandbox, &top, &["submodule", "--quiet", "add", url.to_str().unwrap(), "a lib"]);
            // Its superproject's setting does not apply.
            git(&fixture.sandbox, &top, &["config", "core.hooksPath", "/absent"]);
            fixture.top = top.join("a lib");
        },
        Installed::Yes,
    ),
    ("relative core.hooksPath", |fixture| hooks_path(fixture, "--local", "my hooks"), Installed::Yes),
    (
        "relative core.hooksPath in a linked worktree",
        |fixture| {
            hooks_path(fixture, "--local", "my hooks");
            linked(fixture);
        },
        Installed::Yes,
    ),
    (
        "absolute core.hooksPath in the git folder",
        |fixture| hooks_path(fixture, "--local", fixture.top.join(".git/more hooks").to_str().unwrap()),
        Installed::Yes,
    ),
    (
        "core.hooksPath of one work tree",
        |fixture| {
            linked(fixture);
            fixture.git(&["config", "extensions.worktreeConfig", "true"]).ok();
            hooks_path(fixture, "--worktree", "its hooks");
        },
        Installed::Yes,
    ),
    (
        "core.hooksPath in an included file of the repository",
        |fixture| {
            std::fs::write(fixture.top.join(".git/more"), "[core]\n\thooksPath = included hooks\n").unwrap();
            fixture.git(&["config", "include.path", "more"]).ok();
        },
        Installed::Yes,
    ),
    ("empty core.hooksPath", |fixture| hooks_path(fixture, "--local", ""), Installed::Refused("top of the work tree")),
    (
        "core.hooksPath outside",
        |fixture| hooks_path(fixture, "--local", fixture.sandbox.path("outside").to_str().unwrap()),
        Installed::Refused("outside this repository"),
    ),
    ("core.hooksPath in the home folder", |f| hooks_path(f, "--local", "~/hooks"), Installed::Refused("outside this")),
    (
        "global core.hooksPath",
        |fixture| hooks_path(fixture, "--global", fixture.sandbox.path("all hooks").to_str().unwrap()),
        Installed::Refused("outside this repository"),
    ),
    ("relative global core.hooksPath", |f| hooks_path(f, "--global", ".githooks"), Installed::Refused("outside this")),
    (
        "core.hooksPath of the environment",
        |fixture| {
            fixture.sandbox.set("GIT_CONFIG_COUNT", "1");
            fixture.sandbox.set("GIT_CONFIG_KEY_0", "core.hooksPath");
            fixture.sandbox.set("GIT_CONFIG_VALUE_0", fixture.sandbox.path("all hooks").to_str().unwrap());
        },
        Installed::Refused("core.hooksPath (command line)"),
    ),
];

#[test]
fn hooks_run_wherever_they_are_installed() {
    for (name, make, expected) in PLACES {
        let mut fixture = HookFixture::new();
        make(&mut fixture);
        let run = fixture.install(&[]);
        match expected {
            Installed::Yes => {
                assert_eq!(run.status, 0, "{name}: {run}");
                assert_eq!(fixture.push_merge_and_rebase(), OURS, "{name}");
                assert_eq!(fixture.devpi(&["hooks", "status"]).status, 0, "{name}");
                assert_eq!(fixture.devpi(&["hooks", "uninstall"]).status, 0, "{name}");
            }
            Installed::Refused(words) => {
                assert!(
                    run.status == 5 && run.stderr.contains(words) && run.stderr.contains("--print"),
                    "{name}: {run}"
                );
            }
        }
        assert_eq!(fixture.push_merge_and_rebase(), [""; 0], "{name}, without hooks");
        assert_eq!(fixture.devpi(&["hooks", "status"]).status, 1, "{name}");
        let changes = fixture.git(&["status", "--porcelain", "--ignore-submodules"]).ok();
        assert_eq!(changes.text(), "", "{name}: nothing is left behind");
    }
}

#[test]
fn a_push_from_a_bare_repository_starts_the_hook() {
    let mut fixture = HookFixture::new();
    let url = fixture.sandbox.path("re mote.git");
    fixture.git(&["push", "--quiet", "origin", "main"]).ok();
    let arguments = ["clone", "--quiet", "--bare", url.to_str().unwrap(), "a bare one.git"];
    git(&fixture.sandbox, &fixture.sandbox.path(""), &arguments);
    fixture.top = fixture.sandbox.path("a bare one.git");
    fixture.install(&[]).ok();
    fixture.git(&["push", "--quiet", "origin", "main:refs/heads/x"]).ok();
    let calls = std::fs::read_to_string(fixture.sandbox.path("home/calls")).unwrap();
    assert!(calls.starts_with("devpi hook pre-push origin "), "{calls}");
    fixture.devpi(&["hooks", "status"]).ok();
}

#[test]
fn a_script_in_a_shared_folder_that_runs_the_hook_counts() {
    let fixture = HookFixture::new();
    let shared = fixture.sandbox.path("all hooks");
    hooks_path(&fixture, "--global", shared.to_str().unwrap());
    fixture.devpi(&["hooks", "status"]).code(1).says("all hooks");
    for event in EVENTS {
        fixture.sandbox.write(&shared, event, &format!("#!/bin/sh\nexec git-devpi hook {event} \"$@\"\n"));
        crate::hook_fixture::make_executable(&shared.join(event));
    }
    assert_eq!(fixture.push_merge_and_rebase(), OURS);
    fixture.devpi(&["hooks", "status"]).ok();
    fixture.install(&[]).ok();
    fixture.devpi(&["hooks", "uninstall"]).ok();
    assert_eq!(fixture.push_merge_and_rebase(), OURS, "the shared scripts belong to the user");
}
