use super::*;

fn plan(files: &[(&str, &str)]) -> (tempfile::TempDir, SnippetPlan) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(dir.path().join(path), text).unwrap();
    }
    let plan = plan_snippet(dir.path()).unwrap();
    (dir, plan)
}

/// The text of the configuration afterwards; a second plan changes nothing.
fn edited(files: &[(&str, &str)]) -> String {
    let (dir, plan) = plan(files);
    let SnippetPlan::Edits(edits) = plan else { panic!("{plan:?}") };
    assert_eq!(edits.len(), 2, "{edits:?}");
    assert_eq!(edits[1].after, toxfile::TOXFILE);
    edits.iter().for_each(|edit| edit.write().unwrap());
    assert_eq!(plan_snippet(dir.path()).unwrap(), SnippetPlan::Edits(Vec::new()), "{}", edits[0].after);
    edits[0].after.clone()
}

fn refusal(files: &[(&str, &str)]) -> String {
    match plan(files).1 {
        SnippetPlan::Refused(refusal) => {
            assert!(refusal.snippet.contains("devpi"));
            refusal.reason
        }
        other => panic!("{other:?}"),
    }
}

const INI_BLOCK: &str = "[testenv:.pkg_external]\npackage_glob = {work_dir}{/}git-devpi{/}*\nallowlist_externals = git\npass_env = *\ncommands = git devpi ensure --dest {work_dir}{/}git-devpi\n";

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
    let renamed = edited(&[("tox.ini", "[tox]\nisolated_build_env = .build\n[testenv]\n")]);
    assert!(renamed.contains("[testenv:.build_external]\n"), "{renamed}");
}

#[test]
fn an_older_snippet_is_completed() {
    let before =
        format!("[testenv]\npackage = external\n\n{}", INI_BLOCK.replace("pass_env = *\n", "passenv = BUILD_*\n"));
    assert_eq!(edited(&[("tox.ini", &before)]), before.replace("passenv = BUILD_*", "pass_env = *"));
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
    let (_, plan) = plan(&[("tox.toml", &own), ("toxfile.py", toxfile::TOXFILE)]);
    assert_eq!(plan, SnippetPlan::Edits(Vec::new()));
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
    assert_eq!(
        edited(&[("pyproject.toml", "[tool]\ntox.env_run_base.package = \"wheel\"\n")]),
        format!("[tool]\ntox.env_run_base.package = \"external\"\n\n{block}")
    );
}

#[test]
fn what_would_become_half_is_refused() {
    let ini = |text: &str| refusal(&[("tox.ini", text)]);
    assert!(ini("[tox]\nskipsdist = true\n").contains("no_package"));
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
    let with = |text: &str| match plan(&[("tox.ini", ""), ("toxfile.py", text)]).1 {
        SnippetPlan::Edits(edits) => edits.last().unwrap().after.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(with("x = 1\n"), format!("x = 1\n\n\n{}", toxfile::TOXFILE));
    assert_eq!(
        with("x = 1\n# git-devpi: begin -- old\nold\n# git-devpi: end\ny = 2\n"),
        format!("x = 1\n{}y = 2\n", toxfile::TOXFILE)
    );
}

#[test]
fn no_tox_is_no_plan() {
    assert_eq!(
        plan(&[("pyproject.toml", "[project]\nname = \"x\"\n"), ("setup.cfg", "[metadata]\n")]).1,
        SnippetPlan::NoTox
    );
}
