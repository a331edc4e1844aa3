//! `hooks install`, `uninstall`, `status`: which files they write and keep, and how git runs the hooks.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::{Run, Sandbox};

const FOREIGN: &str = "#!/bin/sh\necho foreign >>\"$HOME/ran\"\ncat >\"$HOME/seen\"\nexit \"${REFUSE:-0}\"\n";

struct HooksFixture {
    sandbox: Sandbox,
    top: PathBuf,
}

impl HooksFixture {
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

    /// The state of a hook's file in `hooks status`.
    fn state(&self, event: &str) -> (bool, String) {
        let status = self.hooks(&["status", "--json"]).json();
        let hook = status["hooks"].as_array().unwrap().iter().find(|hook| hook["event"] == event).unwrap().clone();
        (hook["works"].as_bool().unwrap(), hook["file"].as_str().unwrap_or("none").to_owned())
    }

    fn git(&self, arguments: &[&str]) -> Run {
        self.sandbox.git(&self.top, arguments)
    }

    /// All files but git's samples.
    fn listed(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.file("x").parent().unwrap()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".sample")).collect();
        names.sort();
        names
    }
}

#[test]
fn hooks_are_installed_once_and_uninstalled() {
    let fixture = HooksFixture::new();
    fixture.hooks(&["status"]).code(1);
    assert_eq!(fixture.state("pre-push"), (false, "-".to_owned()));
    let installed = fixture.install().ok();
    assert_eq!(installed.stdout.matches("hook installed in").count(), 3, "{installed}");
    assert_eq!(fixture.listed(), ["post-merge", "post-rewrite", "pre-push"]);
    for name in ["post-merge", "post-rewrite", "pre-push"] {
        assert!(fixture.text(name).starts_with("#!/bin/sh\n# git-devpi hook "));
        assert!(!fixture.text(name).contains('\r'));
        assert_eq!(std::fs::metadata(fixture.file(name)).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fixture.state(name), (true, "installed".to_owned()));
    }
    fixture.hooks(&["status"]).ok();
    let again = fixture.install().ok();
    assert_eq!(again.stdout.matches("already installed in").count(), 3, "{again}");
    fixture.git(&["push", "--quiet", "origin", "main"]).ok();
    fixture.hooks(&["uninstall"]).ok();
    assert!(fixture.listed().is_empty());
    assert!(fixture.hooks(&["uninstall"]).ok().says("no hook").stdout.is_empty());
}

#[test]
fn an_old_a_damaged_and_a_disabled_hook_are_repaired() {
    let fixture = HooksFixture::new();
    fixture.install().ok();
    let current = fixture.text("pre-push");
    for (text, mode, works, state) in [
        (current.replace("hook 2:", "hook 1:"), 0o755, true, "outdated"),
        (current.replace('\n', "\r\n"), 0o755, false, "CRLF"),
        (current.clone(), 0o644, false, "not executable"),
    ] {
        fixture.put("pre-push", &text, mode);
        assert_eq!(fixture.state("pre-push"), (works, state.to_owned()));
        assert_eq!(fixture.install().ok().stdout.matches("updated in").count(), 1);
        assert_eq!(fixture.text("pre-push"), current);
        assert_eq!(fixture.state("pre-push"), (true, "installed".to_owned()));
    }
}

#[test]
fn a_foreign_hook_stops_the_installation_of_both_hooks() {
    let fixture = HooksFixture::new();
    fixture.put("post-merge", FOREIGN, 0o755);
    fixture
        .install()
        .code(5)
        .says("post-merge exists and was not installed by git-devpi")
        .says("--print")
        .says("--chain");
    assert_eq!(fixture.listed(), ["post-merge"]);
    assert_eq!(fixture.text("post-merge"), FOREIGN);
    assert_eq!(fixture.state("post-merge"), (false, "foreign".to_owned()));
    // A script of git-devpi with a foreign line is foreign.
    std::fs::remove_file(fixture.file("post-merge")).unwrap();
    fixture.install().ok();
    let added = fixture.text("pre-push").replace("#!/bin/sh\n", "#!/bin/sh\nmake lint || exit 1\n");
    fixture.put("pre-push", &added, 0o755);
    fixture.install().code(5);
    fixture.hooks(&["uninstall"]).ok();
    assert_eq!(fixture.listed(), ["pre-push"]);
    assert_eq!(fixture.text("pre-push"), added);
}

#[test]
fn a_symbolic_link_is_never_written_through() {
    let fixture = HooksFixture::new();
    let shared = fixture.sandbox.path("shared-hook");
    std::fs::write(&shared, FOREIGN).unwrap();
    for target in [shared.as_path(), Path::new("/nowhere/at/all")] {
        std::fs::create_dir_all(fixture.top.join(".git/hooks")).unwrap();
        symlink(target, fixture.file("pre-push")).unwrap();
        fixture.install().code(5);
        assert_eq!(fixture.state("pre-push"), (false, "symlink".to_owned()));
        assert_eq!(std::fs::read_to_string(&shared).unwrap(), FOREIGN);
        std::fs::remove_file(fixture.file("pre-push")).unwrap();
    }
    // A hooks folder that is a symbolic link is outside the repository.
    let folder = fixture.sandbox.path("all-hooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::remove_dir_all(fixture.top.join(".git/hooks")).unwrap();
    symlink(&folder, fixture.top.join(".git/hooks")).unwrap();
    fixture.install().code(5).says("symbolic link");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_chained_hook_runs_first_with_the_same_input_and_can_stop_the_push() {
    let mut fixture = HooksFixture::new();
    fixture.put("pre-push", FOREIGN, 0o755);
    let run = fixture.hooks(&["install", "--mode", "file", "--chain"]).ok();
    assert!(run.stdout.contains("to run after the existing hook"), "{run}");
    assert_eq!(fixture.listed(), ["post-merge", "post-rewrite", "pre-push", "pre-push.pre-devpi"]);
    assert_eq!(fixture.state("pre-push"), (true, "installed, runs after another hook".to_owned()));
    fixture.sandbox.set("REFUSE", "3");
    fixture.git(&["push", "--quiet", "origin", "main"]).code(1);
    fixture.sandbox.unset("REFUSE");
    fixture.git(&["push", "--quiet", "origin", "main"]).ok();
    let seen = std::fs::read_to_string(fixture.sandbox.path("home/seen")).unwrap();
    assert!(seen.starts_with("refs/heads/main ") && seen.ends_with("\n") && seen.lines().count() == 1, "{seen:?}");
    assert_eq!(std::fs::read_to_string(fixture.sandbox.path("home/ran")).unwrap(), "foreign\nforeign\n");
    // git-devpi's hook gets the same input: it records a deletion, without a server.
    fixture.git(&["config", "devpi.server", "http://127.0.0.1:9/"]).ok();
    fixture.git(&["config", "devpi.user", "acme"]).ok();
    fixture.git(&["push", "--quiet", "origin", "main:x"]).ok();
    fixture.git(&["push", "--quiet", "origin", ":x"]).ok();
    assert!(fixture.top.join(".git/git-devpi/deleted-branches.json").exists());
    fixture.hooks(&["uninstall"]).ok();
    assert_eq!(fixture.listed(), ["pre-push"]);
    assert_eq!(fixture.text("pre-push"), FOREIGN);
}

#[test]
fn print_shows_the_configuration_of_other_hook_tools_and_installs_nothing() {
    let fixture = HooksFixture::new();
    let run = fixture.hooks(&["install", "--print"]).ok();
    for part in ["git-devpi hook pre-push \"$@\"", ".husky/pre-push", "lefthook.yml", "use_stdin: true", "pre-commit"] {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
    assert!(fixture.listed().is_empty());
}

#[test]
fn a_hooks_folder_outside_the_repository_is_rejected() {
    let fixture = HooksFixture::new();
    let outside = fixture.sandbox.path("outside");
    let outside = outside.to_str().unwrap();
    for (scope, value) in [("--global", outside), ("--local", outside), ("--local", ""), ("--local", ".husky/_")] {
        fixture.git(&["config", scope, "core.hooksPath", value]).ok();
        fixture.install().code(5).says("core.hooksPath").says("--print");
        fixture.hooks(&["status"]).code(1).says("core.hooksPath");
        fixture.hooks(&["uninstall"]).ok();
        fixture.git(&["config", scope, "--unset", "core.hooksPath"]).ok();
    }
    assert!(!fixture.sandbox.path("outside").exists() && !fixture.top.join("pre-push").exists());
}

#[test]
fn scripts_in_the_work_tree_contain_no_path_of_this_machine() {
    let fixture = HooksFixture::new();
    fixture.git(&["config", "core.hooksPath", ".githooks"]).ok();
    fixture.install().ok();
    let script = std::fs::read_to_string(fixture.top.join(".githooks/pre-push")).unwrap();
    assert!(script.contains("program=''\n"), "{script}");
    std::fs::create_dir(fixture.top.join("sub")).unwrap();
    fixture.sandbox.devpi(&fixture.top.join("sub"), &["hooks", "uninstall"]).ok();
    assert!(!fixture.top.join(".githooks").exists(), "the folder was created by the installation");
}

#[test]
fn a_missing_hooks_folder_is_created_and_shared_by_linked_worktrees() {
    let sandbox = Sandbox::new();
    sandbox.git(&sandbox.path(""), &["init", "--quiet", "--template=", "--initial-branch=main", "clone"]).ok();
    let fixture = HooksFixture { top: sandbox.path("clone"), sandbox };
    fixture.sandbox.commit_all(&fixture.top, "First");
    assert!(!fixture.top.join(".git/hooks").exists());
    fixture.git(&["worktree", "add", "--quiet", "../linked"]).ok();
    let linked = fixture.sandbox.path("linked");
    fixture.sandbox.devpi(&linked, &["hooks", "install", "--mode", "file"]).ok();
    assert_eq!(fixture.listed(), ["post-merge", "post-rewrite", "pre-push"]);
    assert!(fixture.state("pre-push").0);
    fixture.sandbox.devpi(&linked, &["hooks", "uninstall"]).ok();
    assert!(!fixture.top.join(".git/hooks").exists());
}

#[test]
fn a_hook_without_its_program_warns_and_succeeds() {
    let mut fixture = HooksFixture::new();
    fixture.install().ok();
    fixture.sandbox.set("PATH", "/usr/local/bin:/usr/bin:/bin");
    // Not on PATH: the script finds the program at its recorded path.
    assert_eq!(fixture.git(&["push", "--quiet", "origin", "main"]).ok().stderr, "");
    let baked = env!("CARGO_BIN_EXE_git-devpi");
    let script = fixture.text("pre-push");
    assert!(script.contains(baked));
    fixture.put("pre-push", &script.replace(baked, "/nowhere/git-devpi"), 0o755);
    for previous in [false, true] {
        if previous {
            fixture.put("pre-push.pre-devpi", FOREIGN, 0o755);
        }
        let run = fixture.git(&["push", "--quiet", "origin", &format!("main:b{previous}")]).ok();
        assert_eq!(run.stderr.lines().count(), 1, "{run}");
        assert!(run.stderr.starts_with("devpi: git-devpi not found on PATH"), "{run}");
    }
    assert!(fixture.sandbox.path("home/seen").exists());
    fixture.sandbox.set("GIT_DEVPI_HOOKS", "0");
    assert_eq!(fixture.git(&["push", "--quiet", "origin", "main:c"]).ok().stderr, "");
}

#[test]
fn a_hook_that_another_tool_renamed_is_found() {
    let fixture = HooksFixture::new();
    fixture.install().ok();
    std::fs::rename(fixture.file("pre-push"), fixture.file("pre-push.legacy")).unwrap();
    fixture.put("pre-push", FOREIGN, 0o755);
    fixture.hooks(&["uninstall"]).ok();
    assert_eq!(fixture.listed(), ["pre-push"]);
}
