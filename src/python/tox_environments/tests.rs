//! Reading configurations without tox. tests/journeys/required_environments.rs reads the same ones with tox.

use super::*;
use crate::python::tox_setup::ToxWay;

fn read(files: &[(&str, &str)]) -> EnvironmentList {
    read_after(files, ToxWay::Snippet)
}

fn read_after(files: &[(&str, &str)], way: ToxWay) -> EnvironmentList {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("setup.py"), "").unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let environment = Environment::from_pairs([("PATH", "/nonexistent")]);
    let reader = EnvironmentReader::new(&environment).unwrap();
    assert!(!reader.has_tox());
    reader.env_list(dir.path(), ConfigurationVersion::AfterInit(way)).unwrap().unwrap()
}

/// The environments that test the package, then after a bar the others.
fn roles(files: &[(&str, &str)]) -> String {
    roles_after(files, ToxWay::Snippet)
}

fn roles_after(files: &[(&str, &str)], way: ToxWay) -> String {
    let EnvironmentList::Complete(environments) = read_after(files, way) else { panic!("{:?}", read(files)) };
    let (tests, others): (Vec<_>, Vec<_>) = environments.into_iter().partition(|e| e.role == Role::TestsPackage);
    let names = |list: Vec<ToxEnvironment>| list.into_iter().map(|e| e.name).collect::<Vec<_>>().join(" ");
    format!("{} | {}", names(tests), names(others))
}

fn reason(files: &[(&str, &str)]) -> String {
    match read(files) {
        EnvironmentList::Unreadable { reason, .. } => reason,
        EnvironmentList::Complete(environments) => panic!("{environments:?}"),
    }
}

const COMMANDS: &str = "[testenv]\ncommands = python -m unittest\n";

fn ini(text: &str) -> String {
    roles(&[("tox.ini", &format!("{text}{COMMANDS}"))])
}

#[test]
fn tox_ini_lists_its_environments_in_several_ways() {
    assert_eq!(ini("[tox]\nenv_list = unit, system\n"), "unit system | ");
    assert_eq!(
        ini("[tox]\nenvlist =\n  py3{10-11}-{unit,lint} # both\n  docs\n"),
        "py310-unit py310-lint py311-unit py311-lint docs | "
    );
    assert_eq!(ini(""), " | ");
    assert_eq!(roles(&[("setup.cfg", &format!("[tox:tox]\nenvlist = a\n{COMMANDS}"))]), "a | ");
}

#[test]
fn a_generative_section_applies_to_each_of_its_environments() {
    let skip = "skip_install = true\n";
    assert_eq!(
        ini(&format!("[tox]\nenv_list = unit, lint, system\n[testenv:{{unit,lint}}]\n{skip}")),
        "system | unit lint"
    );
    let text = format!("[tox]\nenv_list = py{{39,310}}-{{unit,lint}}\n[testenv:py{{39,310}}-lint]\n{skip}");
    assert_eq!(ini(&text), "py39-unit py310-unit | py39-lint py310-lint");
    assert_eq!(ini("[tox]\nenv_list = py3{9-10}\n[testenv:py3{10-12}]\npackage = skip\n"), "py39 | py310");
}

#[test]
fn only_an_environment_that_installs_the_file_and_tests_is_evidence() {
    let environments = "[tox]\nenv_list = unit,a,b,c,d,e,f,g\n[testenv:a]\nusedevelop = 1\n[testenv:b]\npackage = editable\n\
        [testenv:c]\nskip_install = True\n[testenv:d]\npackage = deps-only\n[testenv:e]\nrunner = uv-venv-lock-runner\n\
        [testenv:f]\nrunner = virtualenv-pep-723\n[testenv:g]\ncommands =\n";
    assert_eq!(ini(environments), "unit | a b c d e f g");
    assert_eq!(ini("[tox]\nenv_list = a, b\n[testenv:a]\npackage = wheel\n"), "a b | ");
    assert_eq!(ini("[tox]\nenv_list = a\nskipsdist = true\n"), " | a");
    let conditional = "[tox]\nenv_list = unit, lint\n[testenv]\ncommands = pytest\nskip_install =\n  lint: true\n";
    assert_eq!(roles(&[("tox.ini", conditional)]), "unit | lint");
}

#[test]
fn the_plugin_serves_every_environment_that_installs_the_project() {
    let environments = "[tox]\nenv_list = unit,a,b,c,d,e,f,g,h\n[testenv:a]\nusedevelop = 1\n[testenv:b]\npackage = editable\n\
        [testenv:c]\nskip_install = True\n[testenv:d]\npackage = deps-only\n[testenv:e]\nrunner = uv-venv-lock-runner\n\
        [testenv:f]\nrunner = virtualenv-pep-723\n[testenv:g]\ncommands =\n\
        [testenv:h]\nrunner = uv-venv-lock-runner\npackage = skip\n";
    let ini = [("tox.ini", &*format!("{environments}{COMMANDS}"))];
    assert_eq!(roles_after(&ini, ToxWay::Plugin), "unit a b e | c d f g h");
    let toml = "env_list = ['a', 'b']\n[env_run_base]\nrunner = 'uv-venv-lock-runner'\ncommands = [['x']]\n[env.b]\npackage = 'skip'\n";
    assert_eq!(roles_after(&[("tox.toml", toml)], ToxWay::Plugin), "a | b");
    // It stays out where the hook of toxfile.py exists, and `init` is only asked to keep that.
    let required = "[tox]\nrequires = git-devpi\nenv_list = a\n[testenv]\nusedevelop = true\ncommands = x\n";
    let dir = tempfile::tempdir().unwrap();
    let current = |hook: &str| {
        std::fs::write(dir.path().join("tox.ini"), required).unwrap();
        std::fs::write(dir.path().join("toxfile.py"), hook).unwrap();
        Input::read(dir.path(), ConfigurationVersion::Current).unwrap().unwrap().hands_out_package
    };
    assert!(current("") && !current(crate::python::tox_snippet::TOXFILE));
}

#[test]
fn the_configuration_after_the_changes_of_init_counts() {
    let develop =
        "[tox]\nenv_list = a, b\n[testenv]\nusedevelop = true\ncommands = x\n[testenv:b]\nusedevelop = true\n";
    assert_eq!(roles(&[("tox.ini", develop)]), "a | b");
    let toml = "env_list = ['a', 'b']\n[env_run_base]\npackage = 'editable'\ncommands = [['x']]\n[env.b]\npackage = 'editable'\n";
    assert_eq!(roles(&[("tox.toml", toml)]), "a | b");
    // init refuses to change this one.
    let all_skip =
        "[tox]\nenv_list = a, b\n[testenv]\nskip_install = true\ncommands = x\n[testenv:b]\nskip_install = false\n";
    assert_eq!(roles(&[("tox.ini", all_skip)]), "b | a");
}

#[test]
fn toml_configurations_are_read() {
    let toml = "env_list = ['unit', 'lint', 'ed', 'none']\n[env_run_base]\ncommands = [['x']]\n\
        [env.lint]\nskip_install = true\n[env.ed]\nuse_develop = true\n[env.none]\ncommands = []\n";
    assert_eq!(roles(&[("tox.toml", toml)]), "unit | lint ed none");
    let pyproject = "[tool.tox]\nenv_list = ['b', 'c']\nenv_run_base.commands = [['x']]\nenv.c.package = 'skip'\n";
    assert_eq!(roles(&[("pyproject.toml", pyproject)]), "b | c");
    let legacy = format!("[tool.tox]\nlegacy_tox_ini = '''\n[tox]\nenv_list = d\n{COMMANDS}'''\n");
    assert_eq!(roles(&[("pyproject.toml", &legacy)]), "d | ");
}

#[test]
fn what_needs_tox_is_refused_as_a_whole_and_named() {
    let needs_tox = |text: &str| reason(&[("tox.ini", &format!("{text}{COMMANDS}"))]);
    for (text, named) in [
        ("[base]\nenvs = a\n[tox]\nenv_list = docs, {[base]envs}\n", "{[base]envs}"),
        ("[tox]\nenv_list = docs, py3{9-}\n", "py3{9-}"),
        ("[tox]\nenv_list = docs, {env:ENVS:a}\n", "{env:ENVS:a}"),
        ("[tox]\nenv_list = docs\n[testenv:docs]\nskip_install = {[x]y}\n", "skip_install"),
        ("[tox]\nenv_list = docs\n[testenv:docs]\nbase = x\n", "base of docs"),
        ("[tox]\nenv_list = docs, x\n[testenv:y3{9-}]\npackage = skip\n", "[testenv:y3{9-}]"),
        ("[tox]\nenv_list = docs\n[testenv:docs]\nusedevelop = maybe\n", "maybe"),
    ] {
        let reason = needs_tox(text);
        assert!(reason.contains(named) && reason.contains("without tox"), "{reason}");
    }
    for (text, named) in [
        ("env_list = ['docs', { product = [['py39', 'py310'], ['unit']] }]\n", "env_list"),
        ("env_list = ['docs', '{env_name}']\n", "env_list"),
        ("env_list = ['docs']\n[env_base.py]\nfactors = [['a', 'b']]\n", "env_base"),
        ("env_list = ['docs']\n[env.docs]\nskip_install = { replace = 'env', name = 'X' }\n", "skip_install of docs"),
        ("env_list = ['docs']\n[env.docs]\nbase = ['x']\n", "base of docs"),
    ] {
        let reason = reason(&[("tox.toml", text)]);
        assert!(reason.contains(named), "{reason}");
    }
    let plugin = "from tox.plugin import impl\n";
    let tox_ini = format!("[tox]\nenv_list = docs\n{COMMANDS}");
    assert!(reason(&[("tox.ini", &tox_ini), ("toxfile.py", plugin)]).contains("toxfile.py"));
}

#[test]
fn a_folder_without_a_configuration_has_no_list() {
    let dir = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("PATH", "/nonexistent")]);
    assert_eq!(
        EnvironmentReader::new(&environment).unwrap().env_list(dir.path(), ConfigurationVersion::Current).unwrap(),
        None
    );
}
