//! Several projects in one repository with the version outside their folders.

use std::path::{Path, PathBuf};

use super::inspect::{Archive, state};
use crate::support::Sandbox;

const SETTINGS: &str =
    "project-dirs = [\"server\", \"client\"]\nrelease-branches = [\"main\"]\nformats = [\"wheel\"]\n";

fn hatch(name: &str, version: &str) -> String {
    format!(
        "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[project]\nname = \"{name}\"\n\
         dynamic = [\"version\"]\n[tool.hatch.version]\n{version}\n[tool.hatch.build]\npackages = [\"{name}\"]\n"
    )
}

fn repository(sandbox: &Sandbox, files: &[(&str, &str)]) -> PathBuf {
    let work = sandbox.repository("work");
    sandbox.write(&work, ".git-devpi.toml", SETTINGS);
    for (name, text) in files {
        sandbox.write(&work, name, text);
    }
    for name in ["server", "client"] {
        sandbox.write(&work, &format!("{name}/{name}/__init__.py"), "");
    }
    sandbox.commit_all(&work, "First");
    work
}

/// Both projects are built with the version, and stamping both in one copy writes `file` once.
fn check(sandbox: &Sandbox, work: &Path, (file, text): (&str, &str)) {
    let before = state(sandbox, work);
    let run = sandbox.devpi(work, &["build", "--number", "57", "--out", "../out"]).ok();
    let built: Vec<_> = run.text().lines().map(|path| Archive::read(sandbox, Path::new(path))).collect();
    let versions: Vec<_> = built.iter().map(|wheel| (wheel.name.as_str(), wheel.version.as_str())).collect();
    assert_eq!(versions, [("server", "1.4.57"), ("client", "1.4.57")]);
    let answer = sandbox.devpi(work, &["stamp", "--number", "57", "--out", "../copy", "--json"]).ok().json();
    for project in [0, 1] {
        assert_eq!(answer["projects"][project]["files"][0], file, "{answer}");
    }
    assert_eq!(std::fs::read_to_string(sandbox.path("copy").join(file)).unwrap(), text);
    assert_eq!(sandbox.git(&sandbox.path("copy"), &["diff", "--stat", "HEAD^", "--name-only"]).ok().text(), file);
    assert_eq!(state(sandbox, work), before);
}

#[test]
fn one_version_file_for_two_projects() {
    let sandbox = Sandbox::with_tools();
    let version = "path = \"../VERSION\"\npattern = '^(?P<version>\\S+)'";
    let work = repository(
        &sandbox,
        &[
            ("VERSION", "1.4\n"),
            ("server/pyproject.toml", &hatch("server", version)),
            ("client/pyproject.toml", &hatch("client", version)),
        ],
    );
    check(&sandbox, &work, ("VERSION", "1.4.57\n"));
}

#[test]
fn one_module_for_two_backends() {
    let sandbox = Sandbox::with_tools();
    let setup = "from setuptools import setup\nabout = {}\nwith open('../common/about.py') as f:\n    exec(f.read(), about)\n\
                 setup(name='client', version=about['__version__'], packages=['client'])\n";
    let work = repository(
        &sandbox,
        &[
            ("common/about.py", "# of all\n__version__ = '1.4'\n"),
            ("server/pyproject.toml", &hatch("server", "path = \"../common/about.py\"")),
            ("client/setup.py", setup),
        ],
    );
    check(&sandbox, &work, ("common/about.py", "# of all\n__version__ = '1.4.57'\n"));
}

#[test]
fn a_version_file_outside_the_repository_is_rejected() {
    for path in ["../../VERSION", "../.git/config", "/etc/hostname"] {
        let sandbox = Sandbox::new();
        let work = repository(
            &sandbox,
            &[
                ("server/pyproject.toml", &hatch("server", &format!("path = \"{path}\""))),
                ("client/pyproject.toml", "[project]\nname = \"client\"\nversion = \"1.4\"\n"),
            ],
        );
        sandbox.write(&sandbox.path("."), "VERSION", "__version__ = '1.4'\n");
        let run = sandbox.devpi(&work, &["stamp", "--number", "57", "--out", "../copy"]).code(3);
        run.says(&format!("{path} is outside the repository")).says("hint: ");
        assert_eq!(std::fs::read_to_string(sandbox.path("VERSION")).unwrap(), "__version__ = '1.4'\n");
    }
}
