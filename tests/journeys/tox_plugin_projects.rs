//! The plugin of tox in native projects, in repositories of several projects, and where tox has to install it first.

use std::path::{Path, PathBuf};

use crate::fixture::{Fixture, PROJECT};
use crate::support::{Backend, DevpiServer, PythonProject, Tools, report};
use crate::tox_plugin::{KINDS, PLAIN, builds, environments, fixture, newest, passed, tox, with_uv};

/// The minor versions of Python 3 that are on PATH and that tox and the sample support.
fn interpreters(fixture: &Fixture) -> Vec<String> {
    let works = |name: &String| {
        let mut command = fixture.sandbox.command(&fixture.work, name);
        command.args(["-c", "import venv, ensurepip"]).output().is_ok_and(|output| output.status.success())
    };
    (10..=13).map(|minor| format!("python3.{minor}")).filter(works).collect()
}

#[test]
fn every_interpreter_of_a_parallel_run_gets_a_wheel_of_its_own() {
    for tools in [newest(), with_uv(), Tools::tox_with_plugin("tox==4.2.8\n")] {
        let mut fixture = fixture(&tools, "");
        let found = interpreters(&fixture);
        if found.len() < 2 {
            return report("skipped: there is one Python interpreter");
        }
        let names: Vec<String> = found.iter().map(|name| name.replace("python3.", "py3")).collect();
        let ini = format!(
            "[tox]\nenv_list = {0}, {1}-again\n[testenv]\ncommands = python -c \"import demo_pkg; demo_pkg.identity\"\n",
            names.join(", "),
            names[0]
        );
        fixture.sandbox.write(&fixture.work, "tox.ini", &ini);
        fixture.sandbox.commit_all(&fixture.work, "Several interpreters");
        fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
        fixture.in_ci("57").sandbox.set("WHEEL_TAG", "native");
        let run = tox(&fixture, &["-p"]).ok();
        assert_eq!(builds(&fixture), names.len(), "{run}");
        let files = fixture.api.files(&fixture.user.index("main"), PROJECT, "1.4.57");
        assert_eq!(files.len(), names.len(), "{files:?}");
        let again = format!("{}-again", names[0]);
        let mut all: Vec<&str> = names.iter().map(String::as_str).chain([again.as_str()]).collect();
        all.sort_unstable();
        assert_eq!(fixture.verdicts("main", "1.4.57"), passed(&all), "{run}");
        for (_, report) in fixture.api.tox_results(&fixture.user.index("main"), PROJECT, "1.4.57") {
            for (name, environment) in report["testenvs"].as_object().unwrap() {
                let file = files.iter().find(|file| file.sha256 == environment["installpkg"]["sha256"]).unwrap();
                let python = name.split('-').next().unwrap().replace("py", "cp");
                assert!(file.name.contains(&format!("-{python}-")), "{name} tested {}", file.name);
            }
        }
    }
}

/// The projects `server` and `client` in folders; the server depends on the client. One tox.ini above both.
fn monorepo(tools: &Tools, ini: &str) -> Fixture {
    let fixture = fixture(tools, ini);
    for (name, version) in [("server", "1.4"), ("client", "2.0")] {
        let folder = fixture.work.join("apps").join(name);
        PythonProject::new().backend(Backend::InTree).name(name).version(version).write(&folder);
        std::fs::remove_file(folder.join("tox.ini")).unwrap();
    }
    let backend = std::fs::read_to_string(fixture.work.join("apps/server/backend/in_tree.py")).unwrap();
    let backend = backend.replace("Requires-Python: >=3.9", "Requires-Python: >=3.9\\nRequires-Dist: client");
    fixture.sandbox.write(&fixture.work, "apps/server/backend/in_tree.py", &backend);
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(
        &fixture.work,
        ".git-devpi.toml",
        &format!("{settings}project-dirs = [\"apps/server\", \"apps/client\"]\n"),
    );
    fixture.sandbox.git(&fixture.work, &["rm", "-r", "--quiet", "pyproject.toml", "src", "tests", "backend"]).ok();
    fixture.sandbox.commit_all(&fixture.work, "Several projects");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture
}

/// Uploads a wheel of a project to production.
fn upload_to_production(fixture: &Fixture, (name, version): (&str, &str)) {
    let folder = fixture.sandbox.path("old");
    PythonProject::new().backend(Backend::InTree).name(name).version(version).write(&folder);
    let build = "import sys; sys.path.insert(0, 'backend'); import in_tree; print(in_tree.build_wheel('.'))";
    let file = fixture.sandbox.run(&folder, "python3", &["-c", build]).ok().text().to_owned();
    let bytes = std::fs::read(folder.join(&file)).unwrap();
    fixture.api.upload(&fixture.user.index("prod"), (name, version), (&file, &bytes));
}

#[test]
fn package_root_names_the_project_and_its_siblings_come_from_this_build() {
    let ini = "[tox]\nenv_list = unit\npackage_root = apps/server\n[testenv]\npackage = wheel\n\
               commands = python -c \"from importlib.metadata import version; print('client', version('client'))\"\n";
    for tools in [newest(), with_uv(), Tools::tox_with_plugin("tox==4.2.8\n")] {
        let mut fixture = monorepo(&tools, ini);
        // A final release in production, which installers prefer to a development version.
        fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "--create", "shiny"]).ok();
        fixture.sandbox.git(&fixture.work, &["push", "--quiet", "-u", "origin", "shiny"]).ok();
        fixture.in_ci("57");
        fixture.sandbox.devpi(&fixture.work, &["ensure", "--dest", "../dist"]).ok();
        let index = format!("{}{}/+simple/", DevpiServer::shared().url(), fixture.user.index("shiny"));
        fixture.sandbox.set("PIP_INDEX_URL", &index).set("UV_DEFAULT_INDEX", &index).set("UV_NO_CACHE", "1");
        upload_to_production(&fixture, ("client", "1.0"));
        let run = tox(&fixture, &["-e", "unit"]).ok();
        assert!(run.stdout.contains("client 2.0.57.dev0"), "{run}");
        let results = fixture.api.tox_results(&fixture.user.index("shiny"), "server", "1.4.57.dev0");
        assert!(results.iter().any(|(_, report)| report["testenvs"]["unit"]["result"]["success"] == true), "{run}");
    }
}

#[test]
fn a_run_for_several_projects_says_how_to_name_one() {
    let ini = "[tox]\nenv_list = unit\n[testenv]\npackage = wheel\ncommands = python -c \"\"\n";
    let mut fixture = monorepo(&newest(), ini);
    fixture.in_ci("57");
    let run = tox(&fixture, &["-e", "unit"]);
    assert!(run.status != 0 && run.to_string().contains("set `package_root` to the folder of one"), "{run}");
    let run = tox(&fixture, &["-x", "tox.package_root=apps/client", "-e", "unit"]).ok();
    assert_eq!(fixture.api.versions(&fixture.user.index("main"), "client"), ["2.0.57"], "{run}");
    // tox installs nothing in a folder without a project, unless `package` says so; nor does the plugin.
    fixture.sandbox.write(&fixture.work, "tox.ini", &ini.replace("package = wheel\n", ""));
    let run = tox(&fixture, &["-re", "unit"]).ok();
    assert!(!run.to_string().contains("git devpi"), "{run}");
}

/// The folder with the wheel of the plugin.
fn wheels() -> PathBuf {
    Tools::plugin_wheel().parent().unwrap().to_owned()
}

#[test]
fn one_entry_in_requires_is_enough() {
    for uv in [false, true] {
        let pins = if uv { format!("{}{}", Tools::pins("tox"), Tools::pins("tox-uv")) } else { Tools::pins("tox") };
        let mut fixture = fixture(&Tools::tox(&pins), &KINDS.replace("[tox]\n", "[tox]\nrequires = git-devpi\n"));
        let folder = wheels();
        fixture.sandbox.set("PIP_FIND_LINKS", folder.to_str().unwrap()).set("UV_FIND_LINKS", folder.to_str().unwrap());
        fixture.in_ci("57");
        let run = tox(&fixture, &["-e", "plain,editable,skipped"]).ok();
        assert_eq!(
            (builds(&fixture), fixture.verdicts("main", "1.4.57")),
            (1, passed(&["editable", "plain"])),
            "{run}"
        );
        assert!(environments(&fixture).contains(&".tox".to_owned()), "tox installs the plugin for itself: {run}");
        // `git devpi test` hands the file to tox itself, also to a tox that has to install the plugin.
        fixture.devpi(&["test", "-e", "wheel"]).ok();
        assert_eq!(fixture.verdicts("main", "1.4.57"), passed(&["editable", "plain", "wheel"]));
    }
}

/// What tox installs when it provisions itself: git-devpi, and pip, which installed it.
#[cfg(unix)]
#[test]
fn without_uv_and_build_pip_builds_the_wheel() {
    let mut fixture = fixture(&newest(), PLAIN);
    fixture.sandbox.only_programs(&["git", "sh"]).path_first(&newest().bin());
    fixture.sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
    fixture.in_ci("57");
    let run = tox(&fixture, &["-e", "plain"]);
    assert_eq!(run.status, 0, "{run}");
    run.says("with pip wheel");
    assert_eq!(fixture.verdicts("main", "1.4.57"), [("plain".to_owned(), true)]);
    // An sdist needs another builder, which is said before anything is published.
    fixture.in_ci("58");
    fixture.sandbox.git(&fixture.work, &["config", "devpi.formats", "wheel sdist"]).ok();
    let run = fixture.devpi(&["ensure"]);
    run.code(7).says("looked for uv, pyproject-build, python -m build)").says("hint: `python3 -m pip install build`");
}
