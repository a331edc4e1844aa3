//! The proposal of `init` for `require`, with real tox and without tox: only environments whose results are evidence, and all of them.

use std::path::{Path, PathBuf};

use git_devpi::python::tox_environments::{
    ConfigurationVersion, EnvironmentList, EnvironmentReader, NamedEnvironment, Role, ToxEnvironment,
};
use git_devpi::python::tox_setup::ToxWay;
use git_devpi::system::environment::Environment;
use serde_json::Value;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{Backend, DevpiServer, PythonProject, Sandbox, TestUser, Tools};

/// Every notation of one list. Each has the environments of `LIST`.
const NOTATIONS: [(&str, &str); 7] = [
    (
        "tox.ini",
        "[base]\nenvs = py3{9-10}-unit\n[tox]\nenv_list =\n  {[base]envs}\n  system, lint, docs\n  dev, ed, deps, script, none\n\
         [testenv]\ncommands = python -c x\n[testenv:{lint,docs}]\nskip_install = true\n[testenv:dev]\nusedevelop = true\n\
         [testenv:ed]\npackage = editable\n[testenv:deps]\npackage = deps-only\n[testenv:script]\nrunner = virtualenv-pep-723\n\
         [testenv:none]\ncommands =\n",
    ),
    (
        "tox.ini",
        "[tox]\nrequires = tox>=4.2\n  no-such-plugin-at-all>=3\nenv_list = py{39,310}-unit, system, {lint,docs}, dev, ed, deps, script, none\n\
         [testenv]\ncommands =\n  !none: python -c x\nskip_install =\n  lint,docs: true\nusedevelop =\n  dev: true\n\
         [testenv:ed]\nbase = editable-base\n[editable-base]\npackage = editable\ncommands = python -c x\n\
         [testenv:deps]\npackage = deps-only\n[testenv:script]\nrunner = virtualenv-pep-723\n",
    ),
    (
        "setup.cfg",
        "[tox:tox]\nenvlist = py3{9-10}-unit,system,lint,docs,dev,ed,deps,script,none\n[testenv]\ncommands = python -c x\n\
         [testenv:{lint,docs}]\npackage = skip\n[testenv:{dev,x}]\nusedevelop = 1\n[testenv:ed]\npackage = editable-legacy\n\
         [testenv:deps]\npackage = deps-only\n[testenv:script]\nrunner = virtualenv-pep-723\n[testenv:none]\ncommands =\n",
    ),
    (
        "tox.toml",
        "env_list = [{ product = [['py39', 'py310'], ['unit']] }, 'system', 'lint', 'docs', 'dev', 'ed', 'deps', 'script', 'none']\n\
         [env_run_base]\ncommands = [['python', '-c', 'x']]\n[env.lint]\nskip_install = true\n[env.docs]\npackage = 'skip'\n\
         [env.dev]\nuse_develop = true\n[env.ed]\npackage = 'editable'\n[env.deps]\npackage = 'deps-only'\n\
         [env.script]\nrunner = 'virtualenv-pep-723'\n[env.none]\ncommands = []\n",
    ),
    (
        "tox.toml",
        "requires = ['no-such-plugin-at-all']\n\
         env_list = [{ product = [{ prefix = 'py3', start = 9, stop = 10 }, ['unit']] }, 'system', 'lint', 'docs', 'dev', 'ed', 'deps', 'script', 'none']\n\
         labels = { quick = ['lint'] }\n[env_run_base]\ncommands = [['python', '-c', 'x']]\n[env.lint]\nskip_install = true\n\
         [env.docs]\nskip_install = { replace = 'ref', of = ['env', 'lint', 'skip_install'] }\n\
         [env.dev]\nuse_develop = true\n[env.ed]\npackage = 'editable'\n[env.deps]\npackage = 'deps-only'\n\
         [env.script]\nrunner = 'virtualenv-pep-723'\n[env.none]\ncommands = []\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = 'x'\nversion = '1'\n[tool.tox]\n\
         env_list = [{ product = [['py39', 'py310'], ['unit']] }, 'system', 'lint', 'docs', 'dev', 'ed', 'deps', 'script', 'none']\n\
         [tool.tox.env_run_base]\ncommands = [['python', '-c', 'x']]\n[tool.tox.env.lint]\nskip_install = true\n\
         [tool.tox.env.docs]\npackage = 'skip'\n[tool.tox.env.dev]\nuse_develop = true\n[tool.tox.env.ed]\npackage = 'editable'\n\
         [tool.tox.env.deps]\npackage = 'deps-only'\n[tool.tox.env.script]\nrunner = 'virtualenv-pep-723'\n\
         [tool.tox.env.none]\ncommands = []\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = 'x'\nversion = '1'\n[tool.tox]\nlegacy_tox_ini = '''\n[tox]\nrequires = no-such-plugin-at-all\n\
         env_list = py3{9,10}-unit, system, lint, docs, dev, ed, deps, script, none\n[testenv]\ncommands = python -c x\n\
         [testenv:{lint,docs}]\nskip_install = true\n[testenv:dev]\nusedevelop = true\n[testenv:ed]\npackage = editable\n\
         [testenv:deps]\npackage = deps-only\n[testenv:script]\nrunner = virtualenv-pep-723\n[testenv:none]\ncommands =\n'''\n",
    ),
];

fn list() -> Vec<(&'static str, Role)> {
    vec![
        ("py39-unit", Role::TestsPackage),
        ("py310-unit", Role::TestsPackage),
        ("system", Role::TestsPackage),
        ("lint", Role::NoPackage),
        ("docs", Role::NoPackage),
        ("dev", Role::Editable),
        ("ed", Role::Editable),
        ("deps", Role::DependenciesOnly),
        ("script", Role::NoPackage),
        ("none", Role::NoCommands),
    ]
}

fn folder(name: &str, text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("setup.py"), "").unwrap();
    std::fs::write(dir.path().join(name), text).unwrap();
    dir
}

fn environment(path: &Path) -> Environment {
    // A run of tox around the tests, or a person's habits, decide nothing.
    Environment::from_process().with("PATH", path.to_str().unwrap())
}

fn pairs(environments: &[ToxEnvironment]) -> Vec<(&str, Role)> {
    environments.iter().map(|environment| (environment.name.as_str(), environment.role.clone())).collect()
}

#[test]
fn tox_reads_every_notation_and_the_text_reads_it_alike_or_not_at_all() {
    let (with_tox, without) = (environment(&Tools::get().bin()), environment(Path::new("/nonexistent")));
    let (tox, text) = (EnvironmentReader::new(&with_tox).unwrap(), EnvironmentReader::new(&without).unwrap());
    assert!(tox.has_tox() && !text.has_tox());
    let mut read_as_text = 0;
    for (name, configuration) in NOTATIONS {
        let dir = folder(name, configuration);
        let files = || std::fs::read_dir(dir.path()).unwrap().count();
        let before = files();
        let plugin = tox.env_list(dir.path(), ConfigurationVersion::AfterInit(ToxWay::Plugin)).unwrap().unwrap();
        let EnvironmentList::Complete(environments) = plugin else { panic!("{plugin:?}: {configuration}") };
        let served = |(name, role)| (name, if role == Role::Editable { Role::TestsPackage } else { role });
        assert_eq!(pairs(&environments), list().into_iter().map(served).collect::<Vec<_>>(), "{configuration}");
        for version in [ConfigurationVersion::Current, ConfigurationVersion::AfterInit(ToxWay::Snippet)] {
            match tox.env_list(dir.path(), version).unwrap().unwrap() {
                EnvironmentList::Complete(environments) => assert_eq!(pairs(&environments), list(), "{configuration}"),
                EnvironmentList::Unreadable { reason, .. } => panic!("{reason}: {configuration}"),
            }
            match text.env_list(dir.path(), version).unwrap().unwrap() {
                EnvironmentList::Complete(environments) => {
                    assert_eq!(pairs(&environments), list(), "{configuration}");
                    read_as_text += 1;
                }
                EnvironmentList::Unreadable { reason, .. } => assert!(!reason.is_empty()),
            }
        }
        assert_eq!(files(), before, "tox leaves nothing in the work tree");
    }
    assert_eq!(read_as_text, 4, "setup.cfg and legacy_tox_ini");
}

#[cfg(unix)]
#[test]
fn the_oldest_tox_is_asked_and_does_not_guess_about_what_it_does_not_know() {
    let tools = Tools::tox("tox==4.2.8\n");
    let environment = environment(&tools.bin());
    let tox = EnvironmentReader::new(&environment).unwrap();
    let read = |text: &str| {
        let dir = folder("tox.ini", text);
        tox.env_list(dir.path(), ConfigurationVersion::AfterInit(ToxWay::Plugin)).unwrap().unwrap()
    };
    let commands = "[testenv]\ncommands = python -c x\n[testenv:{lint,docs}]\nskip_install = true\n";
    let known = format!("[tox]\nrequires = no-such-plugin-at-all\nenv_list = py{{39,310}}-unit, lint\n{commands}");
    let EnvironmentList::Complete(environments) = read(&known) else { panic!("{:?}", read(&known)) };
    let expected = [("py39-unit", Role::TestsPackage), ("py310-unit", Role::TestsPackage), ("lint", Role::NoPackage)];
    assert_eq!(pairs(&environments), expected);
    // 4.2 takes this range for a name.
    let newer = format!("[tox]\nmin_version = 4.60\nenv_list = py3{{9-10}}-unit, lint\n{commands}");
    let EnvironmentList::Complete(environments) = read(&newer) else { panic!("{:?}", read(&newer)) };
    assert_eq!(pairs(&environments), expected);
    let newest = newer.replace("lint\n", "{[testenv]x}\n");
    let EnvironmentList::Unreadable { reason, .. } = read(&newest) else { panic!("{:?}", read(&newest)) };
    assert!(reason.contains("tox>=4.60") && reason.contains("{[testenv]x}"), "{reason}");
}

#[test]
fn a_configuration_that_tox_rejects_is_not_read_in_part() {
    let environment = environment(&Tools::get().bin());
    let tox = EnvironmentReader::new(&environment).unwrap();
    for (name, text, named) in [
        ("tox.ini", "[tox]\nenv_list = docs, unit\n[testenv:unit]\npackage = whele\n", "whele"),
        ("tox.ini", "[tox]\nenv_list = docs, unit\n[testenv:unit]\nrunner = no-such-runner\n", "no-such-runner"),
        ("tox.toml", "env_list = ['docs', 7]\n", "env_list"),
    ] {
        let dir = folder(name, text);
        match tox.env_list(dir.path(), ConfigurationVersion::Current).unwrap().unwrap() {
            EnvironmentList::Unreadable { reason, .. } => assert!(reason.contains(named), "{reason}"),
            EnvironmentList::Complete(environments) => panic!("{environments:?}"),
        }
    }
}

#[test]
fn names_are_asked_without_running_code_of_the_project() {
    let environment = environment(&Tools::get().bin());
    let tox = EnvironmentReader::new(&environment).unwrap();
    let dir =
        folder("tox.ini", "[tox]\nenv_list = unit\n[testenv]\ncommands = x\n[testenv:lint]\nskip_install = true\n");
    let names = ["unit", "lint", "typo", "py311"].map(str::to_owned);
    let known = NamedEnvironment::Known;
    let expected =
        [known(Role::TestsPackage), known(Role::NoPackage), NamedEnvironment::Unknown, known(Role::TestsPackage)];
    assert_eq!(tox.named(dir.path(), &names).unwrap().unwrap(), expected);
    let ran = dir.path().join("ran");
    std::fs::write(dir.path().join("toxfile.py"), format!("open({:?}, 'w')\n", ran.to_str().unwrap())).unwrap();
    let found = tox.named(dir.path(), &names[..1]).unwrap().unwrap();
    assert!(matches!(&found[..], [NamedEnvironment::Unreadable(reason)] if reason.contains("toxfile.py")), "{found:?}");
    assert!(!ran.exists());
}

/// A clone with a project and this tox configuration instead of its tox.ini.
fn clone(sandbox: &mut Sandbox, user: &TestUser, (name, text): (&str, &str)) -> PathBuf {
    let remote = sandbox.bare_remote("teams/shiny.git");
    let clone = sandbox.clone_of(&remote, "clone");
    PythonProject::new().backend(Backend::InTree).write(&clone);
    std::fs::remove_file(clone.join("tox.ini")).unwrap();
    sandbox.write(&clone, name, text);
    sandbox.commit_all(&clone, "First");
    sandbox.git(&clone, &["push", "--quiet", "--set-upstream", "origin", "main"]).ok();
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    clone
}

fn init(sandbox: &Sandbox, clone: &Path, user: &TestUser) -> (Value, String) {
    let arguments = ["init", "--server", DevpiServer::shared().url(), "--user", &user.name, "--yes", "--json"];
    let run = sandbox.devpi(clone, &arguments).ok();
    (run.json(), run.stderr)
}

/// `require` in the settings that `init` wrote.
fn required(clone: &Path) -> Option<String> {
    let read = |name: &str| std::fs::read_to_string(clone.join(name)).unwrap_or_default();
    let text = read("pyproject.toml") + &read(".git-devpi.toml");
    text.lines().find_map(|line| line.strip_prefix("require = ")).map(str::to_owned)
}

const PRODUCT: &str = "env_list = ['docs', { product = [['unit'], ['a', 'b']] }]\n[env_run_base]\ncommands = [['x']]\n";

#[cfg(unix)]
#[test]
fn without_tox_what_cannot_be_read_is_said_and_nothing_is_proposed() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::new());
    let clone = clone(&mut sandbox, &user, ("tox.toml", PRODUCT));
    sandbox.only_programs(&["git", "sh"]);
    let (answer, stderr) = init(&sandbox, &clone, &user);
    assert_eq!(required(&clone), None, "`docs` alone would let a red unit-a pass");
    let remarks = answer["remarks"].to_string();
    assert!(remarks.contains("tox.toml cannot be read without tox: env_list"), "{remarks}");
    assert!(stderr.contains("warning: require is not proposed"), "{stderr}");
    // With tox the same repository gets them all.
    sandbox.path_first(&Tools::get().bin());
    sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    init(&sandbox, &clone, &user);
    assert_eq!(required(&clone).as_deref(), Some("[\"docs\", \"unit-a\", \"unit-b\"]"));
}

#[cfg(unix)]
#[test]
fn without_tox_a_plain_text_is_read() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::new());
    let text = "[tox]\nenv_list = py3{9-10}, lint, dev\n[testenv]\ncommands = x\n[testenv:{lint,x}]\nskip_install = 1\n\
        [testenv:dev]\nusedevelop = true\n";
    let clone = clone(&mut sandbox, &user, ("tox.ini", text));
    sandbox.only_programs(&["git", "sh"]);
    let (answer, _) = init(&sandbox, &clone, &user);
    assert_eq!(required(&clone).as_deref(), Some("[\"py39\", \"py310\", \"dev\"]"));
    let left_out = "left out of require: lint installs no package";
    assert!(answer["remarks"].to_string().contains(left_out), "{answer}");
    let doctor = sandbox.devpi(&clone, &["doctor"]);
    assert!(doctor.stdout.contains("not checked: tox 4 is not installed"), "{doctor}");
}

#[test]
fn a_monorepo_requires_what_every_project_can_meet() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
    let remote = sandbox.bare_remote("teams/shiny.git");
    let clone = sandbox.clone_of(&remote, "clone");
    for (folder, name, environments) in [
        ("one", "one", "unit, system, lint"),
        ("libs/two", "two", "unit, lint, slow"),
        ("libs/three", "three", "unit, lint"),
    ] {
        PythonProject::new().name(name).backend(Backend::InTree).write(&clone.join(folder));
        let text = format!(
            "[tox]\nenv_list = {environments}\n[testenv]\ncommands = x\n[testenv:{{lint}}]\nskip_install = 1\n"
        );
        sandbox.write(&clone, &format!("{folder}/tox.ini"), &text);
    }
    // tox finds the configuration of this project above it. In a folder without a project it installs none unless it is told to.
    let shared = std::fs::read_to_string(clone.join("libs/three/tox.ini")).unwrap();
    sandbox.write(&clone, "libs/tox.ini", &shared.replace("[testenv]\n", "[testenv]\npackage = wheel\n"));
    std::fs::remove_file(clone.join("libs/three/tox.ini")).unwrap();
    sandbox.write(&clone, ".git-devpi.toml", "project-dirs = [\"one\", \"libs/two\", \"libs/three\"]\n");
    sandbox.commit_all(&clone, "First");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let (answer, _) = init(&sandbox, &clone, &user);
    assert_eq!(required(&clone).as_deref(), Some("[\"unit\"]"), "{answer:#}");
    let remarks = answer["remarks"].to_string();
    assert!(remarks.contains("system (no environment of two, no environment of three)"), "{remarks}");
    assert!(remarks.contains("slow (no environment of one, no environment of three)"), "{remarks}");
    assert!(std::fs::read_to_string(clone.join("libs/tox.ini")).unwrap().contains("requires = git-devpi"));
    // One project without tox can meet nothing.
    std::fs::remove_file(clone.join("libs/tox.ini")).unwrap();
    let settings = std::fs::read_to_string(clone.join(".git-devpi.toml")).unwrap();
    sandbox.write(&clone, ".git-devpi.toml", &settings.replace("require = [\"unit\"]\n", ""));
    let (answer, _) = init(&sandbox, &clone, &user);
    assert_eq!(required(&clone), None);
    assert!(answer["remarks"].to_string().contains("three has no tox configuration"), "{answer}");
}

#[test]
fn what_is_proposed_can_be_met_by_plain_tox() {
    let mut fixture = Fixture::new();
    fixture.sandbox.git(&fixture.work, &["config", "devpi.indexName", "{branch}"]).ok();
    let text = "[tox]\nenv_list = {unit,system}, lint, dev\n[testenv]\nusedevelop = true\n\
        commands = python -m unittest discover -s tests/{env_name}\n[testenv:lint]\nskip_install = true\n\
        commands = python -c \"print()\"\n[testenv:dev]\nusedevelop = true\ncommands = python -c \"print()\"\n";
    fixture.sandbox.write(&fixture.work, "tox.ini", text);
    std::fs::remove_file(fixture.work.join("toxfile.py")).unwrap();
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings.replace("require = [\"unit\"]\n", ""));
    fixture
        .devpi(&["init", "--yes", "--tox", "snippet"])
        .ok()
        .says("left out of require: lint installs no package, dev installs");
    assert_eq!(required(&fixture.work).as_deref(), Some("[\"unit\", \"system\"]"));
    fixture.sandbox.commit_all(&fixture.work, "Set up");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture.in_ci("71");
    fixture.sandbox.run(&fixture.work, "tox", &["-e", "unit,system,lint"]).ok();
    assert_eq!(fixture.verdicts("main", "1.4.71"), [("system".to_owned(), true), ("unit".to_owned(), true)]);
    fixture.devpi(&["promote"]).ok();
    assert_eq!(fixture.api.files(&fixture.user.index("prod"), PROJECT, "1.4.71").len(), 1);
}

#[test]
fn doctor_names_a_required_environment_that_gives_no_evidence() {
    let fixture = Fixture::new();
    let check = |fixture: &Fixture| {
        let run = fixture.sandbox.devpi(&fixture.work, &["doctor", "--json"]);
        let checks = run.json()["checks"].as_array().unwrap().clone();
        let require = checks.into_iter().find(|check| check["check"] == "require").unwrap();
        (require["state"].as_str().unwrap().to_owned(), require["found"].as_str().unwrap().to_owned())
    };
    assert_eq!(check(&fixture), ("ok".to_owned(), "unit".to_owned()));
    let tox = std::fs::read_to_string(fixture.work.join("tox.ini")).unwrap();
    let further = "\n[testenv:lint]\nskip_install = true\n\n[testenv:dev]\nusedevelop = true\n";
    fixture.sandbox.write(&fixture.work, "tox.ini", &(tox + further));
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let required = "require = [\"unit\", \"lint\", \"dev\", \"typo\"]";
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings.replace("require = [\"unit\"]", required));
    let (state, found) = check(&fixture);
    assert_eq!(state, "warning", "{found}");
    let reasons = "lint installs no package, dev installs the project in editable mode, tox has no environment typo";
    assert!(found.ends_with(reasons), "{found}");
}
