//! Hooks in git's configuration. If the installed git does not support them, a wrapper reports a newer version, and the test runs the
//! command as git does.

use std::os::unix::fs::PermissionsExt;

use crate::hook_fixture::{HookFixture, OURS, sorted};
use crate::hook_managers::manage;
use crate::support::{Sandbox, Tools, report};

const NEW_GIT: &str =
    "#!/bin/sh\ncase \"$1\" in --version|version) echo 'git version 2.54.0'; exit;; esac\nexec '@GIT@' \"$@\"\n";

/// Puts a git on PATH that reports version 2.54. (Not for `git devpi`: git puts its own folder first on PATH.)
fn with_new_git(sandbox: &mut Sandbox) {
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.exists()).unwrap();
    let folder = sandbox.path("new-git");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("git"), NEW_GIT.replace("@GIT@", git.to_str().unwrap())).unwrap();
    std::fs::set_permissions(folder.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.path_first(&folder);
}

#[test]
fn an_old_git_gets_hook_files() {
    let sandbox = Sandbox::new();
    if sandbox.has_config_hooks() {
        return;
    }
    let top = sandbox.repository("r");
    sandbox
        .devpi(&top, &["hooks", "install", "--mode", "config"])
        .code(3)
        .says("does not support hooks in its configuration");
    let installed = sandbox.devpi(&top, &["hooks", "install", "--json"]).ok().json();
    assert_eq!(installed["mode"], "file");
}

#[test]
fn a_new_git_gets_configuration_beside_foreign_hooks() {
    let mut sandbox = Sandbox::new();
    with_new_git(&mut sandbox);
    let top = sandbox.repository("r");
    // Installed hook files are removed, so that each hook runs once.
    sandbox.run(&top, "git-devpi", &["hooks", "install", "--mode", "file"]).ok();
    sandbox.git(&top, &["config", "--global", "core.hooksPath", sandbox.path("elsewhere").to_str().unwrap()]).ok();
    for done in ["installed", "was-there"] {
        let installed = sandbox.run(&top, "git-devpi", &["hooks", "install", "--json"]).ok().json();
        assert_eq!((&installed["mode"], &installed["hooks"][0]["done"]), (&"config".into(), &done.into()));
    }
    assert!(!top.join(".git/hooks/pre-push").exists());
    let config = sandbox.git(&top, &["config", "--get-regexp", "^hook\\."]).ok().stdout;
    assert_eq!(config.lines().count(), 6, "{config}");
    let status = sandbox.run(&top, "git-devpi", &["hooks", "status", "--json"]).ok().json();
    assert_eq!((&status["hooks"][0]["works"], &status["hooks"][0]["config"]), (&true.into(), &"installed".into()));
    for (key, value) in [("event", "pre-commit"), ("enabled", "false")] {
        let key = format!("hook.devpi-pre-push.{key}");
        let before = sandbox.git(&top, &["config", "--get", &key]).stdout;
        sandbox.git(&top, &["config", &key, value]).ok();
        let status = sandbox.run(&top, "git-devpi", &["hooks", "status", "--json"]).code(1).json();
        assert_eq!(status["hooks"][0]["works"], false, "{key}={value}: {status}");
        match before.trim_end() {
            "" => sandbox.git(&top, &["config", "--unset", &key]).ok(),
            before => sandbox.git(&top, &["config", &key, before]).ok(),
        };
    }
    sandbox.git(&top, &["config", "hook.devpi-pre-push.command", "older"]).ok();
    let renewed = sandbox.run(&top, "git-devpi", &["hooks", "install", "--json"]).ok().json();
    assert_eq!((&renewed["hooks"][0]["done"], &renewed["hooks"][1]["done"]), (&"renewed".into(), &"was-there".into()));
    sandbox.git(&top, &["config", "hook.devpi-pre-push.enabled", "false"]).ok();
    sandbox.run(&top, "git-devpi", &["hooks", "status"]).code(1);
    sandbox.run(&top, "git-devpi", &["hooks", "uninstall"]).ok();
    sandbox.git(&top, &["config", "--get-regexp", "^hook\\."]).code(1);
}

#[test]
fn the_configured_command_runs_in_a_shell() {
    let mut sandbox = Sandbox::new();
    with_new_git(&mut sandbox);
    let remote = sandbox.bare_remote("shiny.git");
    let top = sandbox.clone_of(&remote, "clone");
    sandbox.run(&top, "git-devpi", &["hooks", "install"]).ok();
    for (key, value) in [("devpi.server", "http://127.0.0.1:9/"), ("devpi.user", "acme")] {
        sandbox.git(&top, &["config", key, value]).ok();
    }
    let command = sandbox.git(&top, &["config", "hook.devpi-pre-push.command"]).ok().text().to_owned();
    // git appends the arguments to the command and runs it in a shell.
    let as_git = |command: &str| {
        let line = format!("{command} \"$@\"");
        let deleted = format!("(delete) {} refs/heads/x {}\n", "0".repeat(40), "1".repeat(40));
        let words = ["sh", "-c", &line, "sh", "origin", remote.to_str().unwrap()];
        sandbox.run_with_input(&top, &words, deleted.as_bytes()).ok()
    };
    assert_eq!(as_git(&command).stderr, "");
    let note = top.join(".git/git-devpi/deleted-branches.json");
    assert!(note.exists(), "it got its stdin and its arguments");
    std::fs::remove_file(&note).unwrap();
    let program = env!("CARGO_BIN_EXE_git-devpi");
    assert!(command.contains(program));
    let lost = command.replace("command -v git-devpi", "false").replace(program, "/nowhere/git-devpi");
    let run = as_git(&lost);
    assert!(run.stderr.starts_with("devpi: git-devpi not found on PATH") && !note.exists(), "{run}");
}

#[test]
fn config_hooks_run_beside_every_hook_manager() {
    let fixture = HookFixture::new();
    if !fixture.sandbox.has_config_hooks() {
        return report("skipped: config hooks need git 2.54");
    }
    let beside = |name: &str, theirs: &[&str], manage: fn(&HookFixture)| {
        let mut fixture = HookFixture::new();
        fixture.sandbox.path_first(&Tools::hook_managers().bin());
        fixture.sandbox.path_first(&fixture.sandbox.path("programs"));
        manage(&fixture);
        let installed = fixture.devpi(&["hooks", "install", "--json"]).ok().json();
        assert_eq!(installed["mode"], "config", "{name}");
        let expected = sorted(OURS.iter().chain(theirs).map(|text| (*text).to_owned()));
        assert_eq!(sorted(fixture.push_merge_and_rebase()), expected, "{name}");
        fixture.devpi(&["hooks", "status"]).ok();
        fixture.devpi(&["hooks", "uninstall"]).ok();
        assert_eq!(fixture.push_merge_and_rebase(), theirs, "{name}, without git-devpi");
        fixture.git(&["config", "--local", "--get-regexp", "^hook[.]"]).code(1);
    };
    beside("nothing", &[], |_| {});
    beside("pre-commit", &["mine", "mine"], |fixture| manage(fixture, "pre-commit"));
    beside("prek", &["mine", "mine"], |fixture| manage(fixture, "prek"));
    beside("lefthook", &["mine", "mine"], |fixture| manage(fixture, "lefthook"));
    beside("a global folder", &["mine"], |fixture| {
        fixture.write_executable("../all hooks/pre-push", "#!/bin/sh\necho mine >>\"$HOME/calls\"\n");
        let folder = fixture.sandbox.path("all hooks");
        fixture.git(&["config", "--global", "core.hooksPath", folder.to_str().unwrap()]).ok();
    });
}
