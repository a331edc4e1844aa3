//! `hooks install`, `uninstall`, `status`: what is put where, what is left alone, and what git then does.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::{Run, Sandbox};

const FOREIGN: &str = "#!/bin/sh\necho foreign >>\"$HOME/ran\"\ncat >\"$HOME/seen\"\nexit \"${REFUSE:-0}\"\n";

struct Scene {
    sandbox: Sandbox,
    top: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let remote = sandbox.bare_remote("shiny.git");
        let top = sandbox.clone_of(&remote, "clone");
        sandbox.commit_all(&top, "First");
        Self { sandbox, top }
    }

    fn hooks(&self, arguments: &[&str]) -> Run {
        self.sandbox.devpi(&self.top, &[&["hooks"], arguments].concat())
    }

    fn install(&self) -> Run {
        self.hooks(&["install", "--mode", "file"])
    }

    fn file(&self, name: &str) -> PathBuf {
        self.top.join(".git/hooks").join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    fn put(&self, name: &str, text: &str, mode: u32) {
        std::fs::create_dir_all(self.file("x").parent().unwrap()).unwrap();
        std::fs::write(self.file(name), text).unwrap();
        std::fs::set_permissions(self.file(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What `hooks status` says of the file of a hook.
    fn state(&self, event: &str) -> (bool, String) {
        let status = self.hooks(&["status", "--json"]).json();
        let hook = status["hooks"].as_array().unwrap().iter().find(|hook| hook["event"] == event).unwrap().clone();
        (hook["works"].as_bool().unwrap(), hook["file"].as_str().unwrap_or("none").to_owned())
    }

    fn git(&self, arguments: &[&str]) -> Run {
        self.sandbox.git(&self.top, arguments)
    }

    /// Everything but the samples that git itself puts there.
    fn listed(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.file("x").parent().unwrap()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".sample")).collect();
        names.sort();
        names
    }
}

#[test]
fn hooks_are_put_there_once_and_taken_away_again() {
    let scene = Scene::new();
    scene.hooks(&["status"]).code(1);
    assert_eq!(scene.state("pre-push"), (false, "-".to_owned()));
    let installed = scene.install().ok();
    assert_eq!(installed.stdout.matches("hook installed in").count(), 2, "{installed}");
    assert_eq!(scene.listed(), ["post-merge", "pre-push"]);
    for name in ["post-merge", "pre-push"] {
        assert!(scene.text(name).starts_with("#!/bin/sh\n# git-devpi hook "));
        assert!(!scene.text(name).contains('\r'));
        assert_eq!(std::fs::metadata(scene.file(name)).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(scene.state(name), (true, "installed".to_owned()));
    }
    scene.hooks(&["status"]).ok();
    let again = scene.install().ok();
    assert_eq!(again.stdout.matches("already installed in").count(), 2, "{again}");
    scene.git(&["push", "--quiet", "origin", "main"]).ok();
    scene.hooks(&["uninstall"]).ok();
    assert!(scene.listed().is_empty());
    assert!(scene.hooks(&["uninstall"]).ok().says("no hook").stdout.is_empty());
}

#[test]
fn an_older_a_broken_and_a_sleeping_hook_of_ours_are_mended() {
    let scene = Scene::new();
    scene.install().ok();
    let current = scene.text("pre-push");
    for (text, mode, works, state) in [
        (current.replace("hook 1:", "hook 0:"), 0o755, true, "outdated"),
        (current.replace('\n', "\r\n"), 0o755, false, "CRLF"),
        (current.clone(), 0o644, false, "not executable"),
    ] {
        scene.put("pre-push", &text, mode);
        assert_eq!(scene.state("pre-push"), (works, state.to_owned()));
        assert_eq!(scene.install().ok().stdout.matches("updated in").count(), 1);
        assert_eq!(scene.text("pre-push"), current);
        assert_eq!(scene.state("pre-push"), (true, "installed".to_owned()));
    }
}

#[test]
fn a_foreign_hook_is_not_touched_and_nothing_is_half_installed() {
    let scene = Scene::new();
    scene.put("post-merge", FOREIGN, 0o755);
    scene.install().code(5).says("post-merge is there already and is not ours").says("--print").says("--chain");
    assert_eq!(scene.listed(), ["post-merge"]);
    assert_eq!(scene.text("post-merge"), FOREIGN);
    assert_eq!(scene.state("post-merge"), (false, "foreign".to_owned()));
    // Ours with a line of theirs is not ours to replace.
    std::fs::remove_file(scene.file("post-merge")).unwrap();
    scene.install().ok();
    let added = scene.text("pre-push").replace("#!/bin/sh\n", "#!/bin/sh\nmake lint || exit 1\n");
    scene.put("pre-push", &added, 0o755);
    scene.install().code(5);
    scene.hooks(&["uninstall"]).ok();
    assert_eq!(scene.listed(), ["pre-push"]);
    assert_eq!(scene.text("pre-push"), added);
}

#[test]
fn a_link_is_never_written_through() {
    let scene = Scene::new();
    let shared = scene.sandbox.path("shared-hook");
    std::fs::write(&shared, FOREIGN).unwrap();
    for target in [shared.as_path(), Path::new("/nowhere/at/all")] {
        std::fs::create_dir_all(scene.top.join(".git/hooks")).unwrap();
        symlink(target, scene.file("pre-push")).unwrap();
        scene.install().code(5);
        assert_eq!(scene.state("pre-push"), (false, "symlink".to_owned()));
        assert_eq!(std::fs::read_to_string(&shared).unwrap(), FOREIGN);
        std::fs::remove_file(scene.file("pre-push")).unwrap();
    }
    // A folder of hooks that is a link leads out of the repository.
    let folder = scene.sandbox.path("all-hooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::remove_dir_all(scene.top.join(".git/hooks")).unwrap();
    symlink(&folder, scene.top.join(".git/hooks")).unwrap();
    scene.install().code(5).says("symbolic link");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_chained_hook_runs_first_with_the_same_input_and_may_refuse() {
    let mut scene = Scene::new();
    scene.put("pre-push", FOREIGN, 0o755);
    let run = scene.hooks(&["install", "--mode", "file", "--chain"]).ok();
    assert!(run.stdout.contains("to run after the existing hook"), "{run}");
    assert_eq!(scene.listed(), ["post-merge", "pre-push", "pre-push.pre-devpi"]);
    assert_eq!(scene.state("pre-push"), (true, "installed, runs after another hook".to_owned()));
    scene.sandbox.set("REFUSE", "3");
    scene.git(&["push", "--quiet", "origin", "main"]).code(1);
    scene.sandbox.unset("REFUSE");
    scene.git(&["push", "--quiet", "origin", "main"]).ok();
    let seen = std::fs::read_to_string(scene.sandbox.path("home/seen")).unwrap();
    assert!(seen.starts_with("refs/heads/main ") && seen.ends_with("\n") && seen.lines().count() == 1, "{seen:?}");
    assert_eq!(std::fs::read_to_string(scene.sandbox.path("home/ran")).unwrap(), "foreign\nforeign\n");
    // Ours gets the same bytes: a deletion is noted, without a server.
    scene.git(&["config", "devpi.server", "http://127.0.0.1:9/"]).ok();
    scene.git(&["config", "devpi.user", "acme"]).ok();
    scene.git(&["push", "--quiet", "origin", "main:x"]).ok();
    scene.git(&["push", "--quiet", "origin", ":x"]).ok();
    assert!(scene.top.join(".git/git-devpi/deleted-branches.json").exists());
    scene.hooks(&["uninstall"]).ok();
    assert_eq!(scene.listed(), ["pre-push"]);
    assert_eq!(scene.text("pre-push"), FOREIGN);
}

#[test]
fn the_lines_for_other_tools_are_printed_and_nothing_is_installed() {
    let scene = Scene::new();
    let run = scene.hooks(&["install", "--print"]).ok();
    for part in ["git-devpi hook pre-push \"$@\"", ".husky/pre-push", "lefthook.yml", "use_stdin: true", "pre-commit"] {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
    assert!(scene.listed().is_empty());
}

#[test]
fn a_folder_of_hooks_that_others_share_is_refused() {
    let scene = Scene::new();
    let outside = scene.sandbox.path("outside");
    let outside = outside.to_str().unwrap();
    for (scope, value) in [("--global", outside), ("--local", outside), ("--local", ""), ("--local", ".husky/_")] {
        scene.git(&["config", scope, "core.hooksPath", value]).ok();
        scene.install().code(5).says("core.hooksPath").says("--print");
        scene.hooks(&["status"]).code(1).says("core.hooksPath");
        scene.hooks(&["uninstall"]).ok();
        scene.git(&["config", scope, "--unset", "core.hooksPath"]).ok();
    }
    assert!(!scene.sandbox.path("outside").exists() && !scene.top.join("pre-push").exists());
}

#[test]
fn a_folder_in_the_work_tree_gets_scripts_that_fit_every_machine() {
    let scene = Scene::new();
    scene.git(&["config", "core.hooksPath", ".githooks"]).ok();
    scene.install().ok();
    let script = std::fs::read_to_string(scene.top.join(".githooks/pre-push")).unwrap();
    assert!(script.contains("program=''\n"), "{script}");
    std::fs::create_dir(scene.top.join("sub")).unwrap();
    scene.sandbox.devpi(&scene.top.join("sub"), &["hooks", "uninstall"]).ok();
    assert!(!scene.top.join(".githooks").exists(), "the folder was ours too");
}

#[test]
fn a_missing_folder_is_made_and_linked_worktrees_share_it() {
    let sandbox = Sandbox::new();
    sandbox.git(&sandbox.path(""), &["init", "--quiet", "--template=", "--initial-branch=main", "clone"]).ok();
    let scene = Scene { top: sandbox.path("clone"), sandbox };
    scene.sandbox.commit_all(&scene.top, "First");
    assert!(!scene.top.join(".git/hooks").exists());
    scene.git(&["worktree", "add", "--quiet", "../linked"]).ok();
    let linked = scene.sandbox.path("linked");
    scene.sandbox.devpi(&linked, &["hooks", "install", "--mode", "file"]).ok();
    assert_eq!(scene.listed(), ["post-merge", "pre-push"]);
    assert!(scene.state("pre-push").0);
    scene.sandbox.devpi(&linked, &["hooks", "uninstall"]).ok();
    assert!(!scene.top.join(".git/hooks").exists());
}

#[test]
fn a_hook_without_its_program_says_so_and_lets_git_go_on() {
    let mut scene = Scene::new();
    scene.install().ok();
    scene.sandbox.set("PATH", "/usr/local/bin:/usr/bin:/bin");
    // Not on PATH: found where it lay.
    assert_eq!(scene.git(&["push", "--quiet", "origin", "main"]).ok().stderr, "");
    let baked = env!("CARGO_BIN_EXE_git-devpi");
    let script = scene.text("pre-push");
    assert!(script.contains(baked));
    scene.put("pre-push", &script.replace(baked, "/nowhere/git-devpi"), 0o755);
    for previous in [false, true] {
        if previous {
            scene.put("pre-push.pre-devpi", FOREIGN, 0o755);
        }
        let run = scene.git(&["push", "--quiet", "origin", &format!("main:b{previous}")]).ok();
        assert_eq!(run.stderr.lines().count(), 1, "{run}");
        assert!(run.stderr.starts_with("devpi: git-devpi not found on PATH"), "{run}");
    }
    assert!(scene.sandbox.path("home/seen").exists());
    scene.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(scene.git(&["push", "--quiet", "origin", "main:c"]).ok().stderr, "");
}

#[test]
fn a_hook_that_another_tool_put_aside_is_found() {
    let scene = Scene::new();
    scene.install().ok();
    std::fs::rename(scene.file("pre-push"), scene.file("pre-push.legacy")).unwrap();
    scene.put("pre-push", FOREIGN, 0o755);
    scene.hooks(&["uninstall"]).ok();
    assert_eq!(scene.listed(), ["pre-push"]);
}
