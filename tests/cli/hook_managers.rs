//! Real hook managers before and after git-devpi: each hook of both runs exactly once, or `hooks status` says that it does not.

use crate::hook_fixture::{EVENTS, HookFixture, OURS, sorted};
use crate::support::{Tools, report};

const PRE_COMMIT_CONFIG: &str = "repos:\n- repo: local\n  hooks:\n  - id: mine\n    name: mine\n    language: system\n    \
    entry: sh -c 'echo \"mine\" >>\"$HOME/calls\"'\n    stages: [pre-push, post-merge]\n    always_run: true\n    pass_filenames: false\n";
/// With files, since lefthook skips other commands of a push that changes none.
const LEFTHOOK_CONFIG: &str = "pre-push:\n  commands:\n    mine:\n      files: git rev-parse --git-path HEAD\n      \
    run: ': {files}; echo mine >>\"$HOME/calls\"'\n\
    post-merge:\n  commands:\n    mine:\n      run: echo mine >>\"$HOME/calls\"\n";
/// The hook of git-lfs 3.
const LFS: &str = "#!/bin/sh\ncommand -v git-lfs >/dev/null 2>&1 || { printf >&2 \"\\n%s\\n\\n\" \"This repository is configured for \
    Git LFS but 'git-lfs' was not found on your path.\"; exit 2; }\ngit lfs @EVENT@ \"$@\"\n";
/// Records what git-lfs reads.
const FAKE_LFS: &str = "#!/bin/sh\n{ echo \"lfs $1\"; case $1 in pre-push) wc -l;; esac; } >>\"$HOME/calls\"\n";

fn with_managers() -> HookFixture {
    let mut fixture = HookFixture::new();
    fixture.sandbox.path_first(&Tools::hook_managers().bin());
    fixture.sandbox.path_first(&fixture.sandbox.path("programs"));
    fixture
}

fn both() -> Vec<String> {
    sorted(OURS.iter().chain(&["mine", "mine"]).map(|text| (*text).to_owned()))
}

/// Installs the manager's hooks for both events.
pub fn manage(fixture: &HookFixture, manager: &str) {
    if manager == "lefthook" {
        fixture.write("lefthook.yml", LEFTHOOK_CONFIG);
        fixture.run("lefthook", &["install"]).ok();
    } else {
        fixture.write(".pre-commit-config.yaml", PRE_COMMIT_CONFIG);
        commit(fixture);
        fixture.run(manager, &["install", "-t", "pre-push", "-t", "post-merge"]).ok();
    }
}

/// The configuration has to be committed: pre-commit ignores one that is not, and git does not rebase then.
fn commit(fixture: &HookFixture) {
    fixture.git(&["add", "--all"]).ok();
    fixture.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "Configure"]).ok();
}

#[test]
fn pre_commit_and_prek_are_chained_and_may_be_installed_again() {
    for manager in ["pre-commit", "prek"] {
        let fixture = with_managers();
        manage(&fixture, manager);
        fixture.install(&[]).code(5).says(&format!("it belongs to {manager}")).says("--chain");
        assert_eq!(fixture.hook_files(), ["post-merge", "pre-push"], "{manager}");
        fixture.install(&["--chain"]).ok();
        assert_eq!(sorted(fixture.push_merge_and_rebase()), both(), "{manager}, chained");
        manage(&fixture, manager);
        assert_eq!(sorted(fixture.push_merge_and_rebase()), both(), "{manager}, installed again");
        let status = fixture.pre_push_status();
        assert!(status["works"] == true && status["manager"] == manager, "{status}");
        assert!(status["run_from"].as_str().unwrap().ends_with(".git/hooks/pre-push.legacy"), "{status}");
        fixture.devpi(&["hooks", "uninstall"]).ok();
        assert_eq!(fixture.hook_files(), ["post-merge", "pre-push"], "{manager}: nothing is left behind");
        assert_eq!(fixture.push_merge_and_rebase(), ["mine", "mine"], "{manager}, alone again");
    }
}

#[test]
fn pre_commit_and_prek_afterwards_run_the_installed_hooks() {
    for manager in ["pre-commit", "prek"] {
        let fixture = with_managers();
        fixture.install(&[]).ok();
        manage(&fixture, manager);
        assert_eq!(sorted(fixture.push_merge_and_rebase()), both(), "{manager}");
        let status = fixture.devpi(&["hooks", "status"]).ok();
        assert_eq!(status.stdout.matches("installed, run from ").count(), 2, "{status}");
        let again = fixture.install(&[]).ok();
        assert_eq!(again.stdout.matches("already run by another program").count(), 2, "{again}");
        let doctor = fixture.devpi(&["doctor", "--json"]).json();
        let hooks = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "hooks").unwrap();
        assert_eq!(hooks["state"], "ok", "{hooks}");
        // An older version's script is renewed where the manager runs it.
        let renamed = ".git/hooks/pre-push.legacy";
        let current = fixture.read(renamed);
        fixture.write_executable(renamed, &current.replace("hook 2:", "hook 1:"));
        fixture.install(&[]).ok();
        assert_eq!(fixture.read(renamed), current);
        fixture.devpi(&["hooks", "uninstall"]).ok();
        assert_eq!(fixture.push_merge_and_rebase(), ["mine", "mine"], "{manager}, alone");
        fixture.devpi(&["hooks", "status"]).code(1);
    }
}

#[test]
fn a_chained_hook_runs_also_under_pre_commit() {
    let fixture = with_managers();
    let lfs = fixture.sandbox.path("programs/git-lfs");
    std::fs::write(&lfs, FAKE_LFS).unwrap();
    crate::hook_fixture::make_executable(&lfs);
    for event in ["pre-push", "post-merge"] {
        fixture.write_executable(&format!(".git/hooks/{event}"), &LFS.replace("@EVENT@", event));
    }
    fixture.install(&[]).code(5).says("it belongs to git-lfs").says("--chain");
    fixture.install(&["--chain"]).ok();
    let with_lfs = ["lfs pre-push", "1", OURS[0], OURS[1], "lfs post-merge", OURS[2], OURS[3]];
    assert_eq!(fixture.push_merge_and_rebase(), with_lfs, "git-lfs first, with the same input");
    manage(&fixture, "pre-commit");
    let all = sorted(with_lfs.into_iter().chain(["mine", "mine"]).map(str::to_owned));
    assert_eq!(sorted(fixture.push_merge_and_rebase()), all, "git-lfs is not lost");
    fixture.devpi(&["hooks", "uninstall"]).ok();
    let rest = sorted(["lfs pre-push", "1", "lfs post-merge", "mine", "mine"].map(str::to_owned));
    assert_eq!(sorted(fixture.push_merge_and_rebase()), rest);
}

#[test]
fn git_lfs_keeps_the_installed_hooks() {
    let fixture = HookFixture::new();
    let version = fixture.git(&["lfs", "version"]);
    if version.status != 0 {
        return report("skipped: git-lfs is not installed");
    }
    fixture.install(&[]).ok();
    fixture.git(&["lfs", "install", "--local"]).code(2);
    assert_eq!(fixture.push_merge_and_rebase(), OURS);
    fixture.devpi(&["hooks", "uninstall"]).ok();
    fixture.git(&["lfs", "install", "--local"]).ok();
    fixture.install(&["--chain"]).ok();
    assert_eq!(fixture.push_merge_and_rebase(), OURS, "git-lfs itself has nothing to push");
    fixture.devpi(&["hooks", "status"]).ok();
}

/// The lines that `hooks install --print` gives for a file of a tool.
fn printed(fixture: &HookFixture, tool: &str, file: &str) -> String {
    let recipes = fixture.install(&["--print", "--json"]).ok().json();
    let mut recipes = recipes["recipes"].as_array().unwrap().iter();
    let recipe = recipes.find(|recipe| recipe["tool"] == tool && recipe["file"].as_str().unwrap().starts_with(file));
    recipe.unwrap_or_else(|| panic!("no {file} for {tool}"))["text"].as_str().unwrap().to_owned()
}

#[test]
fn lefthook_runs_the_printed_lines() {
    let fixture = with_managers();
    manage(&fixture, "lefthook");
    for options in [&[][..], &["--chain"]] {
        fixture.install(options).code(5).says("it belongs to lefthook").says("lefthook.yml").says("--print");
    }
    assert_eq!(fixture.hook_files(), ["post-merge", "pre-push"], "nothing is changed");
    assert_eq!(fixture.push_merge_and_rebase(), ["mine", "mine"]);
    let first = fixture.install(&["--print"]).ok();
    assert!(first.stdout.starts_with("# lefthook (used in this repository): lefthook.yml"), "{first}");
    // The printed lines are a complete file: for this clone only, beside the team's.
    fixture.write("lefthook-local.yml", &printed(&fixture, "lefthook", "lefthook.yml"));
    fixture.run("lefthook", &["install"]).ok();
    assert_eq!(sorted(fixture.push_merge_and_rebase()), both());
    let status = fixture.pre_push_status();
    assert!(
        status["works"] == true && status["run_from"].as_str().unwrap().ends_with("lefthook-local.yml"),
        "{status}"
    );
    fixture.install(&[]).ok();
    std::fs::remove_file(fixture.sandbox.path("programs/git-devpi")).unwrap();
    without_git_devpi(fixture);
}

/// A person without git-devpi can push.
fn without_git_devpi(mut fixture: HookFixture) {
    let path = fixture.sandbox.variables()["PATH"].clone();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap();
    let folders = std::env::split_paths(&path).filter(|folder| folder != binary);
    fixture.sandbox.set("PATH", std::env::join_paths(folders).unwrap().to_str().unwrap());
    let _ = std::fs::remove_file(fixture.sandbox.path("programs/git-devpi"));
    assert!(fixture.push_merge_and_rebase().iter().all(|line| !line.starts_with("devpi")));
    let push = fixture.git(&["push", "origin", "HEAD:refs/heads/another"]).ok();
    let said = push.stdout + &push.stderr;
    assert_eq!(said.matches("devpi: git-devpi not found on PATH, ").count(), 1, "{said}");
}

#[test]
fn lefthook_afterwards_is_reported() {
    let fixture = with_managers();
    fixture.install(&[]).ok();
    manage(&fixture, "lefthook");
    let ran = fixture.push_merge_and_rebase();
    assert_eq!(ran, ["mine", "mine", OURS[3]], "lefthook renames the hooks that it has too, and does not run them");
    let status = fixture.devpi(&["hooks", "status"]).code(1);
    assert!(
        status.stdout.contains("not run: git does not start ") && status.stdout.contains("pre-push.old"),
        "{status}"
    );
    let doctor = fixture.devpi(&["doctor"]);
    if fixture.sandbox.has_config_hooks() {
        doctor.says("hooks: `git devpi hooks install`");
    } else {
        status.says("lefthook.yml");
        doctor.says("hooks: lefthook renames hooks of others");
    }
    fixture.install(&[]).code(5).says("lefthook.yml");
    fixture.devpi(&["hooks", "uninstall"]).ok();
    assert_eq!(fixture.hook_files(), ["post-merge", "pre-push"]);
}

#[test]
fn husky_runs_the_printed_lines() {
    let husky = match Tools::husky() {
        Ok(husky) => husky,
        Err(reason) => return report(&format!("skipped: husky: {reason}")),
    };
    for before in [true, false] {
        let fixture = HookFixture::new();
        let manage = || fixture.run("node", &[husky.to_str().unwrap()]).ok();
        if before {
            manage();
        } else {
            fixture.install(&[]).ok();
            manage();
            assert_eq!(fixture.push_merge_and_rebase(), [""; 0], "husky's folder replaces git's");
            let status = fixture.devpi(&["hooks", "status"]).code(1);
            assert!(status.stdout.contains("not run: git does not start "), "{status}");
        }
        for options in [&[][..], &["--chain"]] {
            let refused = fixture.install(options).code(5).says("husky writes again").says(".husky/pre-push");
            assert!(!refused.stderr.contains("--chain"), "{refused}");
        }
        for event in EVENTS {
            let line = printed(&fixture, "husky", &format!(".husky/{event}"));
            let mine = if event == "post-rewrite" { "" } else { "echo mine >>\"$HOME/calls\"\n" };
            fixture.write(&format!(".husky/{event}"), &format!("{mine}{line}\n"));
        }
        assert_eq!(sorted(fixture.push_merge_and_rebase()), both());
        let status = fixture.pre_push_status();
        assert!(status["works"] == true && status["manager"] == "husky", "{status}");
        assert!(status["run_from"].as_str().unwrap().ends_with(".husky/pre-push"), "{status}");
        let kept = fixture.devpi(&["hooks", "uninstall"]).ok().says("pre-push still runs: remove its lines from ");
        assert!(kept.stderr.contains(".husky/pre-push"), "{kept}");
        let installed = fixture.install(&["--json"]).ok().json();
        assert_eq!(installed["hooks"][0]["done"], "run-by-other");
        manage();
        assert_eq!(sorted(fixture.push_merge_and_rebase()), both(), "the next `npm install`");
        without_git_devpi(fixture);
    }
}

#[test]
fn pre_commit_and_prek_run_the_printed_lines() {
    for manager in ["pre-commit", "prek"] {
        let fixture = with_managers();
        let printed = printed(&fixture, "pre-commit, prek", ".pre-commit-config.yaml");
        fixture.write(".pre-commit-config.yaml", &(printed + "\n"));
        commit(&fixture);
        fixture.run(manager, &["install"]).ok();
        assert_eq!(fixture.hook_files(), ["post-merge", "post-rewrite", "pre-commit", "pre-push"]);
        assert_eq!(fixture.push_merge_and_rebase(), OURS, "{manager}");
        let status = fixture.pre_push_status();
        assert!(status["run_from"].as_str().unwrap().ends_with(".pre-commit-config.yaml"), "{status}");
        fixture.devpi(&["hooks", "status"]).ok();
    }
}

#[test]
fn a_script_with_the_printed_line_counts_as_installed() {
    let fixture = HookFixture::new();
    for event in EVENTS {
        let line = printed(&fixture, "a script of your own", event);
        fixture.write_executable(&format!(".git/hooks/{event}"), &format!("#!/bin/sh\n{line}\n"));
    }
    fixture.devpi(&["hooks", "status"]).ok();
    assert_eq!(fixture.push_merge_and_rebase(), OURS);
    fixture.install(&[]).ok();
    assert_eq!(fixture.push_merge_and_rebase(), OURS, "still once");
    let script = fixture.read(".git/hooks/pre-push");
    fixture.run("chmod", &["-x", ".git/hooks/pre-push"]).ok();
    fixture.devpi(&["hooks", "status"]).code(1);
    fixture.write_executable(".git/hooks/pre-push", &script.replace("if command", "# if command"));
    fixture.devpi(&["hooks", "status"]).code(1);
    fixture.install(&[]).code(5);
}

/// A repository with what this project publishes for pre-commit; returns its commit.
fn published(fixture: &HookFixture) -> String {
    let folder = fixture.sandbox.repository("published");
    for name in [".pre-commit-hooks.yaml", "hooks/pre-commit.sh"] {
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::create_dir_all(folder.join("hooks")).unwrap();
        std::fs::copy(from, folder.join(name)).unwrap();
    }
    fixture.sandbox.commit_all(&folder, "Publish")
}

#[test]
fn the_published_hook_runs_under_pre_commit_and_prek() {
    for manager in ["pre-commit", "prek"] {
        let fixture = with_managers();
        let rev = published(&fixture);
        let repo = fixture.sandbox.path("published");
        let config = format!("repos:\n- repo: {}\n  rev: {rev}\n  hooks:\n  - id: git-devpi\n", repo.display());
        fixture.write(".pre-commit-config.yaml", &config);
        commit(&fixture);
        fixture.run(manager, &["install", "-t", "pre-push", "-t", "post-merge", "-t", "post-rewrite"]).ok();
        assert_eq!(fixture.push_merge_and_rebase(), OURS, "{manager}: the root commit");
        assert_eq!(fixture.push_merge_and_rebase(), OURS, "{manager}: a new commit");
        fixture.git(&["push", "--quiet", "origin", "HEAD:refs/heads/pushed-0"]).ok();
        let status = fixture.devpi(&["hooks", "status"]).ok();
        assert_eq!(status.stdout.matches(".pre-commit-config.yaml").count(), 3, "{status}");
        fixture.install(&[]).ok();
        assert_eq!(fixture.hook_files(), ["post-merge", "post-rewrite", "pre-push"]);
        fixture.run(manager, &["run", "--all-files", "--hook-stage", "pre-push"]).ok();
        without_git_devpi(fixture);
    }
}

#[test]
fn hooks_of_an_older_husky_are_recognized() {
    let fixture = HookFixture::new();
    fixture.git(&["config", "core.hooksPath", ".husky"]).ok();
    let script = "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\nnpm test\n";
    fixture.write_executable(".husky/pre-push", script);
    for options in [&[][..], &["--chain"]] {
        fixture.install(options).code(5).says("it belongs to husky").says("--print");
    }
    assert_eq!(fixture.read(".husky/pre-push"), script);
}
