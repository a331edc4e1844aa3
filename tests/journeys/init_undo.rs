//! `init --undo`: the clone is as before `init`, byte for byte, with the lines that were written since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::init_fixture::{init, project};
use crate::support::{Backend, DevpiServer, PythonProject, Sandbox, Tools, report};

/// Everything that `init` may change in a clone: the files of the work tree, the hooks, and git's configuration.
#[derive(Debug, PartialEq, Eq)]
struct State {
    files: BTreeMap<PathBuf, Vec<u8>>,
    config: String,
}

fn state(sandbox: &Sandbox, clone: &Path) -> State {
    let mut files = BTreeMap::new();
    read_folder(clone, clone, &mut files);
    // Hooks, and what else git-devpi keeps in the git folder beside what it knows of indexes.
    files.retain(|path, _| !path.starts_with(".git") || path.starts_with(".git/hooks") || path.ends_with("init.json"));
    State { files, config: sandbox.git(clone, &["config", "--list", "--show-scope"]).ok().stdout }
}

fn read_folder(top: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(top, &path, files);
        } else {
            files.insert(path.strip_prefix(top).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
}

const TOX_INI: &str = "[tox]\nenv_list = unit\n\n[testenv]\npackage = wheel\ncommands = python -c \"\"\n";
const SETUP_CFG: &str =
    "[flake8]\nmax-line-length = 120\n\n[tox:tox]\nenv_list = unit\n[testenv]\ncommands = python -c \"\"\n# end";
const TABLE: &str = "\n[tool.tox]  # tests\nenv_list = [\"unit\"]\n\n[tool.tox.env_run_base]\nuse_develop = true\ncommands = [[\"python\", \"-c\", \"\"]]\n";
const LEGACY: &str =
    "\n[tool.tox]\nlegacy_tox_ini = \"\"\"\n[tox]\nenv_list = unit\n[testenv]\ncommands = python -c \"\"\n\"\"\"\n";
const TOXFILE: &str = "import os\n\n\ndef helper():\n    return os.name\n";

#[test]
fn the_clone_is_as_before_byte_for_byte() {
    let crlf = TOX_INI.replace('\n', "\r\n");
    let repositories: [(&str, Vec<(&str, &str)>); 9] = [
        ("plain", vec![]),
        ("tox.ini", vec![("tox.ini", TOX_INI), ("toxfile.py", TOXFILE)]),
        ("setup.cfg without a line end", vec![("setup.cfg", SETUP_CFG)]),
        ("pyproject.toml", vec![("pyproject.toml", TABLE)]),
        ("legacy_tox_ini", vec![("pyproject.toml", LEGACY)]),
        ("CRLF", vec![("tox.ini", &crlf), ("pyproject.toml", "\r\n[tool.other]\r\nx = 1\r\n")]),
        ("no line end", vec![("tox.ini", TOX_INI.trim_end()), ("pyproject.toml", "[tool.other]\nx = 1")]),
        ("settings in a file of their own", vec![("tox.toml", "env_list = [\"unit\"]"), (".git-devpi.toml", "# ours")]),
        ("setup.py", vec![("tox.ini", TOX_INI), ("setup.py", "from setuptools import setup\n\nsetup()\n")]),
    ];
    for (name, files) in &repositories {
        for way in ["plugin", "snippet"] {
            let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
            let clone = project(&mut sandbox, &user, files);
            let before = state(&sandbox, &clone);
            init(&sandbox, &clone, &user, &["--tox", way]).ok();
            let after = state(&sandbox, &clone);
            assert_ne!(after, before, "{name}");
            // Nothing is asked of the server.
            sandbox.set("GIT_DEVPI_SERVER", "http://127.0.0.1:9/");
            sandbox.devpi(&clone, &["init", "--undo", "--dry-run"]).ok().says("nothing was changed");
            assert_eq!(state(&sandbox, &clone), after, "{name}");
            sandbox.devpi(&clone, &["init", "--undo"]).ok();
            assert_eq!(state(&sandbox, &clone), before, "{name}, {way}");
            sandbox.devpi(&clone, &["init", "--undo"]).ok().says("nothing to undo");
        }
    }
}

#[test]
fn a_repository_without_a_project_and_one_with_several_are_as_before() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let empty = sandbox.repository("empty");
    sandbox.commit_all(&empty, "First");
    let before = state(&sandbox, &empty);
    init(&sandbox, &empty, &user, &[]).ok();
    assert!(empty.join(".git-devpi.toml").exists());
    // From a folder below the top.
    sandbox.write(&empty, "docs/x", "x");
    sandbox.devpi(&empty.join("docs"), &["init", "--undo"]).ok();
    std::fs::remove_dir_all(empty.join("docs")).unwrap();
    assert_eq!(state(&sandbox, &empty), before);

    let several = sandbox.repository("several");
    for name in ["server", "client"] {
        PythonProject::new().name(name).backend(Backend::InTree).write(&several.join(name));
    }
    sandbox.write(&several, ".git-devpi.toml", "project-dirs = [\"server\", \"client\"]");
    sandbox.commit_all(&several, "First");
    let before = state(&sandbox, &several);
    init(&sandbox, &several, &user, &["--tox", "snippet"]).ok();
    assert!(several.join("client/toxfile.py").exists());
    sandbox.devpi(&several, &["init", "--undo"]).ok();
    assert_eq!(state(&sandbox, &several), before);
}

#[test]
fn every_run_of_init_is_taken_back() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", TOX_INI)]);
    sandbox.git(&clone, &["config", "devpi.server", "http://old.example.com/"]).ok();
    let before = state(&sandbox, &clone);
    init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    sandbox.commit_all(&clone, "Set up");
    init(&sandbox, &clone, &user, &["--tox", "plugin"]).ok();
    assert!(!clone.join("toxfile.py").exists());
    sandbox.devpi(&clone, &["init", "--undo"]).ok();
    assert_eq!(state(&sandbox, &clone), before);
}

#[test]
fn lines_that_were_written_since_stay() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", TOX_INI)]);
    let pyproject = std::fs::read_to_string(clone.join("pyproject.toml")).unwrap();
    init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    let edit = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(clone.join(name)).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        std::fs::write(clone.join(name), text.replace(from, to)).unwrap();
    };
    edit("tox.ini", "env_list = unit", "env_list = unit, mine");
    edit("tox.ini", "package = external", "package = editable");
    edit("pyproject.toml", "[tool.git-devpi]\n", "[tool.git-devpi]\nkeep-for = \"2h\"\n");
    edit("toxfile.py", "# git-devpi: end\n", "# git-devpi: end\nMINE = 1\n");
    sandbox.git(&clone, &["config", "devpi.server", "http://mine.example.com/"]).ok();
    let run = sandbox.devpi(&clone, &["init", "--undo"]).ok();
    let run = run.says("tox.ini: `package = wheel`, which init replaced, does not come back");
    assert!(run.stderr.contains("devpi.server in git's configuration of this clone was changed since init"), "{run}");
    let read = |name: &str| std::fs::read_to_string(clone.join(name)).unwrap();
    let expected = TOX_INI.replace("= unit", "= unit, mine").replace("= wheel", "= editable");
    assert_eq!(read("tox.ini"), expected);
    assert_eq!(read("pyproject.toml"), format!("{pyproject}\n[tool.git-devpi]\nkeep-for = \"2h\"\n"));
    assert_eq!(read("toxfile.py"), "MINE = 1\n");
    assert_eq!(sandbox.git(&clone, &["config", "devpi.server"]).ok().text(), "http://mine.example.com/");
}

#[test]
fn hooks_of_others_are_as_before() {
    // `init --yes` leaves hooks of others; `hooks install --chain` is not `init`'s.
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let config = "repos: []\n";
    let clone = project(&mut sandbox, &user, &[("tox.ini", TOX_INI), (".pre-commit-config.yaml", config)]);
    sandbox.path_first(&Tools::hook_managers().bin());
    sandbox.run(&clone, "pre-commit", &["install", "-t", "pre-push"]).ok();
    let before = state(&sandbox, &clone);
    let expected = if sandbox.has_config_hooks() { 0 } else { 1 };
    init(&sandbox, &clone, &user, &[]).code(expected);
    sandbox.devpi(&clone, &["init", "--undo"]).ok();
    assert_eq!(state(&sandbox, &clone), before);

    init(&sandbox, &clone, &user, &[]).code(expected);
    sandbox.devpi(&clone, &["hooks", "install", "--chain"]).ok();
    sandbox.devpi(&clone, &["init", "--undo"]).ok();
    if expected == 1 {
        assert_ne!(state(&sandbox, &clone), before, "the hooks are not init's");
        sandbox.devpi(&clone, &["hooks", "uninstall"]).ok();
    }
    assert_eq!(state(&sandbox, &clone), before);
}

#[test]
fn husky_is_as_before() {
    let husky = match Tools::husky() {
        Ok(husky) => husky,
        Err(why) => return report(&format!("skipped: {why}")),
    };
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", TOX_INI), (".husky/pre-push", "true\n")]);
    sandbox.run(&clone, "node", &[husky.to_str().unwrap()]).ok();
    let before = state(&sandbox, &clone);
    init(&sandbox, &clone, &user, &[]);
    sandbox.devpi(&clone, &["init", "--undo"]).ok();
    assert_eq!(state(&sandbox, &clone), before);
}

#[test]
fn global_hooks_and_another_work_tree_are_left_alone() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", TOX_INI)]);
    let hooks = sandbox.path("hooks");
    sandbox.git(&clone, &["config", "--global", "core.hooksPath", hooks.to_str().unwrap()]).ok();
    for event in ["pre-push", "post-merge", "post-rewrite"] {
        sandbox.write(&hooks, event, &format!("#!/bin/sh\nexec git-devpi hook {event} \"$@\"\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(hooks.join(event), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    sandbox.git(&clone, &["branch", "other"]).ok();
    sandbox.git(&clone, &["worktree", "add", "--quiet", "../other", "other"]).ok();
    let other = sandbox.path("other");
    let (before, of_other) = (state(&sandbox, &clone), state(&sandbox, &other));
    init(&sandbox, &clone, &user, &[]).ok();
    let run = sandbox.devpi(&other, &["init", "--undo"]).code(3).says("another work tree");
    assert!(run.stderr.contains("devpi init --undo`"), "{run}");
    sandbox.devpi(&clone, &["init", "--undo"]).ok();
    assert_eq!(state(&sandbox, &clone), before);
    assert_eq!(state(&sandbox, &other).files, of_other.files);
    assert!(hooks.join("pre-push").exists());
    sandbox.devpi(&sandbox.path("home"), &["init", "--undo"]).code(3).says("is not in a git repository");
    sandbox.devpi(&clone, &["init", "--dry-run"]).code(2).says("--undo");
}

#[test]
fn what_stays_on_the_server_is_named_with_commands_that_delete_it() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", TOX_INI)]);
    init(&sandbox, &clone, &user, &[]).ok();
    assert_eq!(server.api().index_names(&user.name), ["clone-main", "prod"]);
    let answer = sandbox.devpi(&clone, &["init", "--undo", "--json"]).ok().json();
    assert_eq!((&answer["schema"], &answer["dry_run"]), (&1.into(), &false.into()));
    let left = answer["on_server"].as_array().unwrap().clone();
    let names: Vec<&str> = left.iter().map(|left| left["name"].as_str().unwrap()).collect();
    assert_eq!(names, [user.index("clone-main"), user.index("prod")]);
    assert_eq!(server.api().index_names(&user.name), ["clone-main", "prod"], "they stay");

    sandbox.run(&clone, "devpi", &["use", server.url()]).ok();
    sandbox.run(&clone, "devpi", &["login", &user.name, &format!("--password={}", user.password)]).ok();
    for command in left.iter().flat_map(|left| left["commands"].as_array().unwrap()) {
        let mut command = command.as_str().unwrap().to_owned();
        if command.ends_with("--force") {
            command.push_str(" --yes");
        }
        sandbox.run(&clone, "sh", &["-c", &command.replace("--delete", "-y --delete")]).ok();
    }
    assert!(server.api().index_names(&user.name).is_empty());
    let again = sandbox.devpi(&clone, &["init", "--undo", "--json"]).ok().json();
    assert_eq!((&again["changes"], &again["on_server"]), (&serde_json::json!([]), &serde_json::json!([])));
}
