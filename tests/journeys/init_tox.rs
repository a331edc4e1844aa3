//! `init` and tox: the plugin, the lines of earlier versions, and files that are edited twice.

use std::path::Path;

use crate::init_fixture::{init, project};
use crate::support::{DevpiServer, Sandbox};

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// What `doctor` says about packaging: states and texts.
fn packaging(sandbox: &Sandbox, clone: &Path) -> Vec<(String, String)> {
    let checks = sandbox.devpi(clone, &["doctor", "--json"]).json()["checks"].as_array().unwrap().clone();
    let of_tox = checks.iter().filter(|check| check["check"] == "packaging in tox");
    of_tox
        .map(|check| (check["state"].as_str().unwrap().to_owned(), check["found"].as_str().unwrap().to_owned()))
        .collect()
}

const PYPROJECT: &str = "\n[tool.tox]  # tests\nenv_list = [\"unit\"]\n\n[tool.tox.env_run_base]\ncommands = [[\"python\", \"-c\", \"\"]]\n";
const LEGACY: &str =
    "\n[tool.tox]\nlegacy_tox_ini = \"\"\"\n[tox]\nenv_list = unit\n[testenv]\ncommands = python -c \"\"\n\"\"\"\n";

#[test]
fn settings_and_tox_in_one_file_are_both_written() {
    for (text, way) in [(PYPROJECT, "plugin"), (PYPROJECT, "snippet"), (LEGACY, "plugin"), (LEGACY, "snippet")] {
        let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
        let clone = project(&mut sandbox, &user, &[("pyproject.toml", text)]);
        init(&sandbox, &clone, &user, &["--tox", way]).ok();
        let pyproject = read(&clone, "pyproject.toml");
        assert!(pyproject.contains("[tool.git-devpi]") && pyproject.contains("require = [\"unit\"]"), "{pyproject}");
        let lines = if way == "plugin" { "requires = " } else { "ensure" };
        assert!(pyproject.contains(lines) && pyproject.contains("git-devpi"), "{pyproject}");
        init(&sandbox, &clone, &user, &["--tox", way]).ok().says("nothing to do");
    }
}

#[test]
fn an_indented_configuration_stays_one_that_tox_reads() {
    let ini = "[tox]\n    env_list = unit\n\n    [testenv]\n    deps =\n      six\n    commands = python -c \"\"\n";
    let legacy = format!("\n[tool.tox]\nlegacy_tox_ini = \"\"\"\n    {}\"\"\"\n", ini.replace('"', "'"));
    let plain = format!("    {ini}").replace("    ", "\t");
    for (file, text) in [("pyproject.toml", legacy.as_str()), ("tox.ini", plain.as_str())] {
        for ways in [&["plugin"][..], &["snippet", "plugin"]] {
            let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
            sandbox.path_first(&crate::tox_plugin::newest().bin());
            let clone = project(&mut sandbox, &user, &[(file, text)]);
            let before = read(&clone, file);
            for way in ways {
                init(&sandbox, &clone, &user, &["--tox", way]).ok();
                let tox = sandbox.run(&clone, "tox", &["config", "-e", "unit", "-k", "deps", "commands"]).ok();
                assert!(tox.text().contains("six") && tox.text().contains("python -c"), "{file} {way} {tox}");
                init(&sandbox, &clone, &user, &["--tox", way]).ok().says("nothing to do");
            }
            // Of both ways, only the entry in `requires` is left.
            let after = read(&clone, file);
            let has = |wanted: &str| after.lines().any(|line| line == wanted);
            assert!(before.lines().all(has), "{after}");
            assert!(after.lines().any(|line| line.trim() == "requires = git-devpi"), "{after}");
            assert!(!after.contains("external") && !after.contains("pkgenv"), "{after}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_declined_edit_is_not_in_the_next_edit_of_the_file() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("pyproject.toml", PYPROJECT)]);
    let script = [
        ("repository - ", "\r"),
        ("release-branches - ", "\r"),
        ("require - ", "\r"),
        ("index-name - ", "\r"),
        ("Write the settings into pyproject.toml?", "n"),
        ("Name the server", "y"),
        ("Create the production index", "n"),
        ("Create the index", "n"),
        ("Register", "n"),
        ("Install the git hooks", "n"),
        ("Let tox load git-devpi's plugin", "y"),
    ];
    let command = ["git", "devpi", "init", "--server", DevpiServer::shared().url(), "--user", &user.name];
    sandbox.on_terminal(&clone, &command, &script).ok();
    let pyproject = read(&clone, "pyproject.toml");
    assert!(pyproject.contains("requires = [\"git-devpi\"]") && !pyproject.contains("[tool.git-devpi]"), "{pyproject}");
}

const INI: &str =
    "[tox]\nenv_list = unit, wheel\n[testenv]\ncommands = python -c \"\"\n[testenv:wheel]\npackage = wheel\n";

#[test]
fn existing_lines_stay_until_the_plugin_is_asked_for() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", INI)]);
    assert_eq!(packaging(&sandbox, &clone)[0].0, "warning");
    let run = init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    run.says("has package = wheel in the environment wheel").says("--tox plugin");
    let snippet = read(&clone, "tox.ini");
    assert!(snippet.contains("[pkgenv]") && clone.join("toxfile.py").exists());
    let found = packaging(&sandbox, &clone);
    assert_eq!((found[0].0.as_str(), found[1].0.as_str()), ("ok", "warning"), "{found:?}");
    assert!(found[0].1.starts_with("snippet:") && found[1].1.contains("environment wheel"), "{found:?}");

    init(&sandbox, &clone, &user, &[]).ok().says("nothing to do");
    assert_eq!(read(&clone, "tox.ini"), snippet);
    sandbox.write(&clone, "tox.ini", &snippet.replace("[tox]\n", "[tox]\nrequires = git-devpi\n"));
    let both = packaging(&sandbox, &clone);
    assert!(both[0].0 == "warning" && both[0].1.contains("does nothing beside git-devpi's lines"), "{both:?}");

    init(&sandbox, &clone, &user, &[]).ok().says("replace git-devpi's lines by its plugin");
    assert_eq!(read(&clone, "tox.ini"), INI.replace("[tox]\n", "[tox]\nrequires = git-devpi\n"));
    assert!(!clone.join("toxfile.py").exists());
    assert_eq!(packaging(&sandbox, &clone), [("ok".to_owned(), "plugin: tox.ini requires git-devpi".to_owned())]);
    init(&sandbox, &clone, &user, &[]).ok().says("nothing to do");
    // There and back.
    init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    assert_eq!(read(&clone, "tox.ini"), snippet);
    init(&sandbox, &clone, &user, &["--tox", "plugin"]).ok().says("replace git-devpi's lines by its plugin");
    assert_eq!(read(&clone, "tox.ini"), INI.replace("[tox]\n", "[tox]\nrequires = git-devpi\n"));
    // Lines of earlier versions without the hook.
    sandbox.write(&clone, "tox.ini", &snippet.replace("[tox]\n", "[tox]\nrequires = git-devpi\n"));
    let old = packaging(&sandbox, &clone);
    assert!(old.len() == 1 && old[0].1.contains("has no effect"), "{old:?}");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_plugin_is_offered_for_existing_lines() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", INI)]);
    init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    let script = [("toxfile.py (deleted)", ""), ("Replace git-devpi's lines by its plugin of tox", "y")];
    sandbox.on_terminal(&clone, &["git", "devpi", "init"], &script).ok();
    assert_eq!(read(&clone, "tox.ini"), INI.replace("[tox]\n", "[tox]\nrequires = git-devpi\n"));
}

#[test]
fn what_no_way_can_serve_is_said_with_what_to_do() {
    for (text, problem, remedy) in [
        ("[tox]\nrequires = tox<4\nenv_list = unit\n", "requires tox<4", "change it to tox>=4.2"),
        ("[tox]\nskipsdist = true\nenv_list = unit\n", "sets skipsdist", "`skip_install = true`"),
        ("[tox]\nenv_list = a\n[testenv]\n[tox]\n", "line 4 is the header of a section that exists", "`tox list`"),
        ("[tox]\nenv_list = a\nunit\n", "line 3 is neither a setting", "`tox list`"),
    ] {
        let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
        let clone = project(&mut sandbox, &user, &[("tox.ini", text)]);
        for way in ["plugin", "snippet"] {
            init(&sandbox, &clone, &user, &["--tox", way]).ok().says(problem).says(remedy);
        }
        assert_eq!(read(&clone, "tox.ini"), text);
        let found = packaging(&sandbox, &clone);
        assert!(found[0].0 == "warning" && found[0].1.contains(problem), "{found:?}");
    }
}

#[test]
fn a_written_file_that_git_ignores_is_named() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let files = [("tox.ini", INI), (".gitignore", "/tox*.py\n"), ("pyproject.toml", "")];
    let clone = project(&mut sandbox, &user, &files);
    let run = init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    run.says("toxfile.py is ignored by git (.gitignore:4:/tox*.py)").says("`git add --force toxfile.py`");
    let found = packaging(&sandbox, &clone);
    assert!(found.iter().any(|(state, text)| state == "warning" && text.contains("is ignored by git")), "{found:?}");
    sandbox.git(&clone, &["add", "--force", "toxfile.py"]).ok();
    assert!(!packaging(&sandbox, &clone).iter().any(|(_, text)| text.contains("ignored")));
    // The settings, too.
    sandbox.write(&clone, ".git/info/exclude", ".git-*.toml\n");
    sandbox.git(&clone, &["rm", "--quiet", "--force", "pyproject.toml", "toxfile.py"]).ok();
    sandbox.write(&clone, "setup.cfg", "[metadata]\nname = demo-pkg\nversion = 1.4\n");
    sandbox.git(&clone, &["add", "setup.cfg"]).ok();
    init(&sandbox, &clone, &user, &[]).ok().says(".git-devpi.toml is ignored by git (.git/info/exclude:1:");
}

#[test]
fn other_programs_can_import_the_toxfile() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let clone = project(&mut sandbox, &user, &[("tox.ini", INI)]);
    init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
    // An interpreter without tox, as in an environment that runs pytest --doctest-modules.
    let import =
        "import sys; sys.modules['tox'] = None; import toxfile; print(callable(toxfile.tox_after_run_commands))";
    let run = sandbox.run(&clone, "python", &["-c", import]).ok();
    assert_eq!(run.text(), "True");
}

#[test]
fn with_the_fallback_tox_runs_all_environments_and_only_test_environments() {
    for text in [INI, "[testenv]\ncommands = python -c \"\"\n[testenv:unit]\n"] {
        let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
        let clone = project(&mut sandbox, &user, &[("tox.ini", text)]);
        init(&sandbox, &clone, &user, &["--tox", "snippet"]).ok();
        for arguments in [&["-e", "ALL"][..], &["--notest", "-e", "ALL"], &["list"]] {
            let run = sandbox.run(&clone, "tox", arguments).ok();
            assert!(!run.stdout.contains(".pkg_external: OK") && run.stdout.contains("unit"), "{run}");
        }
    }
}
