use super::*;
use crate::python::tox_snippet::TOXFILE;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(dir.path().join(path), text).unwrap();
    }
    dir
}

fn edits(plan: SetupPlan) -> Vec<FileEdit> {
    let SetupPlan::Edits(edits) = plan else { panic!("{plan:?}") };
    edits
}

/// The text of the configuration with the snippet; a second plan changes nothing. The plugin's plan leaves nothing of it.
fn edited(files: &[(&str, &str)]) -> String {
    let dir = folder(files);
    let edits = edits(plan(dir.path(), ToxWay::Snippet).unwrap());
    assert_eq!(edits.len(), 2, "{edits:?}");
    assert_eq!(edits[1].after.as_deref(), Some(TOXFILE));
    edits.iter().for_each(|edit| edit.write().unwrap());
    let after = edits[0].after.clone().unwrap();
    assert_eq!(plan(dir.path(), ToxWay::Snippet).unwrap(), SetupPlan::Edits(Vec::new()), "{after}");
    let plugin = self::edits(plan(dir.path(), ToxWay::Plugin).unwrap());
    plugin.iter().for_each(|edit| edit.write().unwrap());
    let text = plugin[0].after.clone().unwrap();
    assert!(!text.contains("external") && !text.contains("ensure") && text.contains("git-devpi"), "{text}");
    assert!(!dir.path().join("toxfile.py").exists());
    assert_eq!(plan(dir.path(), ToxWay::Plugin).unwrap(), SetupPlan::Edits(Vec::new()), "{text}");
    after
}

/// The text of the configuration with the plugin, in the place of the snippet.
fn with_plugin(files: &[(&str, &str)]) -> String {
    let dir = folder(files);
    let edits = edits(plan(dir.path(), ToxWay::Plugin).unwrap());
    edits.into_iter().next().unwrap().after.unwrap()
}

fn refusal(files: &[(&str, &str)]) -> String {
    match plan(folder(files).path(), ToxWay::Snippet).unwrap() {
        SetupPlan::Refused(refusal) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

const INI_BLOCK: &str = "[pkgenv]\npackage_glob = {work_dir}{/}git-devpi{/}*\nallowlist_externals = git\npass_env = *\ncommands = git devpi ensure --dest {work_dir}{/}git-devpi\n";

#[test]
fn ini_keeps_comments_and_layout() {
    let before = "# top\n[tox]\nenvlist =\n    unit\n    # and\n    static\n\n[testenv]\n# how\npackage = wheel\nwheel_build_env = .pkg\ndeps = pytest\ncommands = pytest {posargs}\n\n[testenv:docs]\nskip_install = true\n";
    let expected = format!("{}\n{INI_BLOCK}", before.replace("package = wheel\n", "package = external\n"));
    assert_eq!(edited(&[("tox.ini", before)]), expected);
    assert_eq!(edited(&[("tox.ini", &before.replace('\n', "\r\n"))]), expected.replace('\n', "\r\n"));
}

#[test]
fn ini_without_a_base_section_and_with_develop() {
    assert_eq!(
        edited(&[("tox.ini", "[tox]\nenv_list = unit\n")]),
        format!("[tox]\nenv_list = unit\n\n[testenv]\npackage = external\n\n{INI_BLOCK}")
    );
    assert_eq!(
        edited(&[("tox.ini", "[testenv]\nusedevelop = True\ncommands = x")]),
        format!("[testenv]\npackage = external\ncommands = x\n\n{INI_BLOCK}")
    );
    assert_eq!(
        edited(&[("tox.ini", "[testenv]\n[pkgenv]\nset_env = A=1\n")]),
        format!("[testenv]\npackage = external\n{INI_BLOCK}set_env = A=1\n")
    );
}

#[test]
fn an_older_snippet_is_completed() {
    let before =
        format!("[testenv]\npackage = external\n\n{}", INI_BLOCK.replace("pass_env = *\n", "passenv = BUILD_*\n"));
    assert_eq!(edited(&[("tox.ini", &before)]), before.replace("passenv = BUILD_*", "pass_env = *"));
    // Earlier versions wrote a section of this name.
    for (core, section) in [("", ".pkg_external"), ("[tox]\nisolated_build_env = .build\n", ".build_external")] {
        let old = format!(
            "{core}[testenv]\npackage = external\n\n{}",
            INI_BLOCK.replace("pkgenv", &format!("testenv:{section}"))
        );
        let dir = folder(&[("tox.ini", &old), ("toxfile.py", TOXFILE)]);
        assert_eq!(plan(dir.path(), ToxWay::Snippet).unwrap(), SetupPlan::Edits(Vec::new()));
        let text = with_plugin(&[("tox.ini", &old), ("toxfile.py", TOXFILE)]);
        assert!(
            text.trim() == format!("{core}[tox]\nrequires = git-devpi").trim_start_matches(core).trim()
                || text.trim() == core.replace("[tox]\n", "[tox]\nrequires = git-devpi\n").trim(),
            "{text:?}"
        );
        let changed = old.replace("pass_env", "deps = x\npass_env");
        let dir = folder(&[("tox.ini", &changed)]);
        let refused = plan(dir.path(), ToxWay::Plugin).unwrap();
        assert!(matches!(&refused, SetupPlan::Refused(refusal) if refusal.reason.contains("deps")), "{refused:?}");
    }
}

#[test]
fn the_plugin_is_one_entry_and_takes_the_place_of_the_snippet() {
    let ini = "# top\n[tox]\nenv_list = unit\n\n[testenv]\n# how\ndeps = pytest\n";
    let plugin = ini.replace("env_list", "requires = git-devpi\nenv_list");
    assert_eq!(with_plugin(&[("tox.ini", ini)]), plugin);
    let toml = "env_list = [\"unit\"]\n\n[env_run_base]\ndeps = [\"x\"]\n";
    let toml_plugin = toml.replace("\n\n", "\nrequires = [\"git-devpi\"]\n\n");
    let older = TOML_BLOCK.replace("env_pkg_base", "env.\".pkg_external\"");
    for block in [TOML_BLOCK, &older] {
        let snippet = format!("{}\n{block}", toml.replace("deps", "package = \"external\"\ndeps"));
        assert_eq!(with_plugin(&[("tox.toml", &snippet)]), toml_plugin);
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(with_plugin(&[("tox.toml", &crlf(&snippet))]), crlf(&toml_plugin));
    }
    let snippet = ini.replace("[testenv]\n", "[testenv]\npackage = external\n") + "\n" + INI_BLOCK;
    assert_eq!(with_plugin(&[("tox.ini", &snippet)]), plugin);
    // And back.
    let dir = folder(&[("tox.ini", &plugin)]);
    assert_eq!(edits(plan(dir.path(), ToxWay::Snippet).unwrap())[0].after.as_deref(), Some(&*snippet));
    // What other people wrote stays.
    let own = "x = 1\n";
    let dir = folder(&[("tox.ini", &snippet), ("toxfile.py", &format!("{own}\n\n{TOXFILE}"))]);
    let edits = edits(plan(dir.path(), ToxWay::Plugin).unwrap());
    assert_eq!(edits[1].after.as_deref(), Some(own));
}

#[test]
fn what_keeps_tox_from_testing_the_package_is_named_with_a_remedy() {
    let limits = |files: &[(&str, &str)]| {
        let found = super::limits(folder(files).path(), ToxWay::Snippet).unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    for (text, named) in [("[tox]\nskipsdist = 1\n", "skipsdist"), ("[tox]\nrequires = tox ~= 3.28\n", "tox ~= 3.28")] {
        assert!(limits(&[("tox.ini", text)]).contains(named), "{text}");
        for way in [ToxWay::Plugin, ToxWay::Snippet] {
            let SetupPlan::Refused(refusal) = plan(folder(&[("tox.ini", text)]).path(), way).unwrap() else { panic!() };
            assert!(refusal.reason.contains(named) && refusal.by_hand.is_none(), "{refusal:?}");
        }
    }
    let environments = "[testenv:a]\npackage = wheel\n[testenv:b]\nusedevelop = true\n[testenv:c]\nrunner = uv-venv-lock-runner\n\
                        [testenv:d]\npackage = skip\n";
    let snippet = format!("[testenv]\npackage = external\n{environments}{INI_BLOCK}");
    let found = limits(&[("tox.ini", &snippet)]);
    for named in
        ["package = wheel in the environment a", "use_develop in the environment b", "runner = uv-venv-lock-runner"]
    {
        assert!(found.contains(named), "{found}");
    }
    assert!(!found.contains("environment d") && found.contains("--tox plugin"), "{found}");
    assert_eq!(super::limits(folder(&[("tox.ini", environments)]).path(), ToxWay::Plugin).unwrap(), []);
    let toml = format!("[env_run_base]\npackage = 'external'\n[env.z]\npackage = 'editable'\n{TOML_BLOCK}");
    assert!(limits(&[("tox.toml", &toml)]).contains("package = editable in the environment z"));
}

#[test]
fn ini_in_other_files() {
    let cfg = edited(&[("setup.cfg", "[metadata]\nname = x\n[tox:tox]\n[testenv]\n")]);
    assert_eq!(cfg, format!("[metadata]\nname = x\n[tox:tox]\n[testenv]\npackage = external\n\n{INI_BLOCK}"));
    let legacy = "[tool.tox]\nlegacy_tox_ini = \"\"\"\n[tox]\n[testenv]\ncommands = x\n\"\"\"\n[tool.black]\n";
    let expected = legacy
        .replace("[testenv]\ncommands = x\n", &format!("[testenv]\npackage = external\ncommands = x\n\n{INI_BLOCK}"));
    assert_eq!(edited(&[("pyproject.toml", legacy)]), expected);
}

const TOML_BLOCK: &str = "[env_pkg_base]\npackage_glob = \"{work_dir}{/}git-devpi{/}*\"\nallowlist_externals = [\"git\"]\npass_env = [\"*\"]\ncommands = [[\"git\", \"devpi\", \"ensure\", \"--dest\", \"{work_dir}{/}git-devpi\"]]\n";

#[test]
fn toml_keeps_comments_and_layout() {
    let before = "env_list = [\"unit\"]\n\n[ env_run_base ]  # all\ncommands = [[\"pytest\"]]\nuse_develop = true # why\n\n[env.docs]\nskip_install = true\n";
    let after = before
        .replace("# all\n", "# all\npackage = \"external\"\n")
        .replace("use_develop = true", "use_develop = false");
    let expected = format!("{after}\n{TOML_BLOCK}");
    assert_eq!(edited(&[("tox.toml", before)]), expected);
    assert_eq!(edited(&[("tox.toml", &before.replace('\n', "\r\n"))]), expected.replace('\n', "\r\n"));
    assert_eq!(
        edited(&[("tox.toml", "[env_run_base]\npackage = 'wheel' # w\n")]),
        format!("[env_run_base]\npackage = \"external\" # w\n\n{TOML_BLOCK}")
    );
}

#[test]
fn toml_adds_to_the_tables_there_are() {
    let before = "[env_run_base]\n[env_pkg_base] # base\nset_env.A = \"1\"";
    let block = TOML_BLOCK.replace("[env_pkg_base]", "[env_pkg_base] # base");
    assert_eq!(
        edited(&[("tox.toml", before)]),
        format!("[env_run_base]\npackage = \"external\"\n{block}set_env.A = \"1\"")
    );
    let own = format!(
        "[env_run_base]\npackage = \"external\"\n\n{}",
        TOML_BLOCK.replace("env_pkg_base", "env.\".pkg_external\"")
    );
    let dir = folder(&[("tox.toml", &own), ("toxfile.py", TOXFILE)]);
    assert_eq!(plan(dir.path(), ToxWay::Snippet).unwrap(), SetupPlan::Edits(Vec::new()));
}

#[test]
fn pyproject_tables_lie_below_tool_tox() {
    let block = TOML_BLOCK.replace("[env", "[tool.tox.env");
    assert_eq!(
        edited(&[("pyproject.toml", "[project]\nname = \"x\"\n[tool.tox]\nenv_list = [\"unit\"]\n")]),
        format!(
            "[project]\nname = \"x\"\n[tool.tox]\nenv_list = [\"unit\"]\n\n[tool.tox.env_run_base]\npackage = \"external\"\n\n{block}"
        )
    );
    let dir = folder(&[("pyproject.toml", "[tool]\ntox.env_run_base.package = \"wheel\"\n")]);
    assert_eq!(
        edits(plan(dir.path(), ToxWay::Snippet).unwrap())[0].after,
        Some(format!("[tool]\ntox.env_run_base.package = \"external\"\n\n{block}"))
    );
}

#[test]
fn what_would_become_half_is_refused() {
    let ini = |text: &str| refusal(&[("tox.ini", text)]);
    assert!(ini("[tox]\nskipsdist = true\n").contains("skipsdist"));
    assert!(ini("[pkgenv]\npass_env = A\n").contains("sets pass_env in [pkgenv]"));
    assert!(ini("[testenv]\nskip_install = true\n").contains("skip_install"));
    assert!(ini("[testenv]\nrunner = uv-venv-lock-runner\n").contains("runner"));
    assert!(ini("[testenv:.pkg_external]\ncommands = make\n").contains("another way"));
    let toml = |text: &str| refusal(&[("tox.toml", text)]);
    assert!(toml("no_package = true\n").contains("no_package"));
    assert!(toml("[env_pkg_base]\npass_env = [\"A\"]\n").contains("sets pass_env in env_pkg_base"));
    assert!(toml("env_pkg_base = { a = 1 }\n").contains("cannot be edited"));
    assert!(toml("env_run_base = { commands = [] }\n").contains("cannot be edited"));
    assert!(toml("[env.\".pkg_external\"]\ncommands = [[\"make\"]]\n").contains("another way"));
    let hook = "def tox_after_run_commands():\n    pass\n";
    assert!(refusal(&[("tox.ini", ""), ("toxfile.py", hook)]).contains("only one"));
}

#[test]
fn a_toxfile_of_somebody_else_is_kept_and_ours_is_brought_up_to_date() {
    let with = |text: &str| {
        let dir = folder(&[("tox.ini", ""), ("toxfile.py", text)]);
        edits(plan(dir.path(), ToxWay::Snippet).unwrap()).last().unwrap().after.clone().unwrap()
    };
    assert_eq!(with("x = 1\n"), format!("x = 1\n\n\n{}", TOXFILE));
    assert_eq!(
        with("x = 1\n# git-devpi: begin -- old\nold\n# git-devpi: end\ny = 2\n"),
        format!("x = 1\n{}y = 2\n", TOXFILE)
    );
}

#[test]
fn no_tox_is_no_plan() {
    let files = [("pyproject.toml", "[project]\nname = \"x\"\n"), ("setup.cfg", "[metadata]\n")];
    assert_eq!(plan(folder(&files).path(), ToxWay::Plugin).unwrap(), SetupPlan::NoTox);
}
