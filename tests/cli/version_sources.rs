//! The base version is a function of the commit: what earlier builds have left in one clone does not count.

use std::path::{Path, PathBuf};

use crate::support::Sandbox;

type Files<'a> = &'a [(&'a str, &'a str)];

/// A repository with `files`, the tag `v1.4` on its first commit, and `main` as release branch.
fn repository(sandbox: &Sandbox, name: &str, files: Files<'_>) -> PathBuf {
    let folder = sandbox.repository(name);
    for (path, text) in files {
        sandbox.write(&folder, path, text);
    }
    sandbox.commit_all(&folder, "first");
    sandbox.git(&folder, &["tag", "v1.4"]).ok();
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

fn version(sandbox: &Sandbox, folder: &Path) -> String {
    sandbox.devpi(folder, &["version", "--number", "57", "--branch", "main"]).ok().text().to_owned()
}

/// Two clones of one commit, one of which has `left` besides: both give `1.4.57`.
#[track_caller]
fn leaves_no_trace(files: Files<'_>, left: Files<'_>) {
    let sandbox = Sandbox::new();
    for ignored in [true, false] {
        let name = format!("work-{ignored}");
        let folder = repository(&sandbox, &name, files);
        let clean = sandbox.clone_of(&folder, &format!("clone-{ignored}"));
        sandbox.git(&clean, &["config", "devpi.releaseBranches", "main"]).ok();
        for (path, text) in left {
            sandbox.write(&folder, path, text);
            if ignored {
                sandbox.write(&folder, ".git/info/exclude", &format!("/{path}\n"));
            }
        }
        assert_eq!(version(&sandbox, &clean), "1.4.57", "{files:?}");
        assert_eq!(version(&sandbox, &folder), "1.4.57", "{left:?} counts, ignored: {ignored}");
    }
}

const SCM: &str = "[build-system]\nrequires = [\"setuptools\", \"setuptools-scm\"]\n\
    build-backend = \"setuptools.build_meta\"\n[project]\nname = \"demo\"\ndynamic = [\"version\"]\n";

#[test]
fn a_version_file_that_a_tag_reader_has_written() {
    let attr = format!(
        "{SCM}[tool.setuptools.dynamic]\nversion = {{ attr = \"demo.__version__\" }}\n[tool.setuptools_scm]\nversion_file = \"src/demo/_version.py\"\n"
    );
    leaves_no_trace(
        &[("pyproject.toml", &attr), ("src/demo/__init__.py", "from ._version import __version__\n")],
        &[("src/demo/_version.py", "__version__ = version = '9.9'\n")],
    );
    let cfg = "[metadata]\nname = demo\nversion = attr: demo._version.version\n[options]\npackage_dir =\n    =src\n";
    leaves_no_trace(
        &[
            ("pyproject.toml", "[build-system]\nrequires = [\"setuptools_scm\"]\n"),
            ("setup.cfg", cfg),
            ("src/demo/__init__.py", ""),
        ],
        &[("src/demo/_version.py", "version = '9.9'\n")],
    );
}

#[test]
fn files_that_would_take_the_place_of_the_tracked_ones() {
    // A `setup.cfg` with a version, which setuptools reads before it asks for the tag.
    let left: Files<'_> = &[("setup.cfg", "[metadata]\nname = demo\nversion = 9.9\n")];
    leaves_no_trace(&[("pyproject.toml", SCM)], left);
    // A module that flit would find first.
    let flit = "[build-system]\nrequires = [\"flit_core\"]\nbuild-backend = \"flit_core.buildapi\"\n\
        [project]\nname = \"demo\"\ndynamic = [\"version\", \"description\"]\n";
    leaves_no_trace(
        &[("pyproject.toml", flit), ("src/demo/__init__.py", "__version__ = '1.4'\n")],
        &[("demo/__init__.py", "__version__ = '9.9'\n")],
    );
    // A manifest that maturin would read first.
    let maturin = "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n\
        [project]\nname = \"demo\"\ndynamic = [\"version\"]\n";
    leaves_no_trace(
        &[("pyproject.toml", maturin), ("rust/Cargo.toml", "[package]\nname = \"demo\"\nversion = \"1.4\"\n")],
        &[("Cargo.toml", "[package]\nname = \"demo\"\nversion = \"9.9.0\"\n")],
    );
    // A file that `setup.py` names beside the real one.
    leaves_no_trace(
        &[
            (
                "setup.py",
                "from setuptools import setup\nfor path in ('LOCAL', 'VERSION'):\n    text = open(path).read()\nsetup(name='demo', version=text)\n",
            ),
            ("VERSION", "1.4\n"),
        ],
        &[("LOCAL", "9.9\n")],
    );
}

#[test]
fn a_file_that_a_sparse_checkout_leaves_out_counts() {
    let sandbox = Sandbox::new();
    let project = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\
        [project]\nname = \"demo\"\ndynamic = [\"version\"]\n[tool.setuptools.dynamic]\nversion = { file = \"data/VERSION\" }\n";
    let folder = repository(&sandbox, "work", &[("pyproject.toml", project), ("data/VERSION", "1.4\n")]);
    sandbox.git(&folder, &["sparse-checkout", "set", "--no-cone", "/pyproject.toml"]).ok();
    assert!(!folder.join("data/VERSION").exists());
    assert_eq!(version(&sandbox, &folder), "1.4.57");
}

#[test]
fn an_untracked_file_is_named_where_the_version_is_expected_in_it() {
    let sandbox = Sandbox::new();
    let hatch = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\
        [project]\nname = \"demo\"\ndynamic = [\"version\"]\n[tool.hatch.version]\npath = \"src/demo/about.py\"\n";
    let attr = SCM.replace(", \"setuptools-scm\"", "")
        + "[tool.setuptools.dynamic]\nversion = { attr = \"demo.about.__version__\" }\n";
    let setup_py = "from setuptools import setup\nsetup(name='demo', version=open('src/demo/about.py').read())\n";
    for (at, (file, text)) in
        [("pyproject.toml", hatch), ("pyproject.toml", &attr), ("setup.py", setup_py)].iter().enumerate()
    {
        let folder = repository(&sandbox, &format!("work-{at}"), &[(file, text), ("src/demo/__init__.py", "")]);
        sandbox.write(&folder, "src/demo/about.py", "__version__ = '9.9'\n");
        let run = sandbox.devpi(&folder, &["version", "--number", "57", "--branch", "main"]).code(3);
        assert!(run.stderr.contains("git does not track") && run.stderr.contains("src/demo/about.py"), "{run}");
        assert!(run.stderr.contains("git add "), "{run}");
    }
    let folder = sandbox.repository("new");
    sandbox.write(&folder, "README", "");
    sandbox.commit_all(&folder, "first");
    sandbox.write(&folder, "pyproject.toml", hatch);
    let run = sandbox.devpi(&folder, &["version"]).code(3);
    assert!(run.stderr.contains("pyproject.toml") && run.stderr.contains("git add "), "{run}");
}

/// The tags of a repository, oldest first, each on a commit of its own.
fn with_tags(sandbox: &Sandbox, name: &str, (project, tags): (&str, &[&str])) -> PathBuf {
    let folder = sandbox.repository(name);
    sandbox.write(&folder, "pyproject.toml", project);
    for tag in tags {
        sandbox.write(&folder, "CHANGES", tag);
        sandbox.commit_all(&folder, tag);
        sandbox.git(&folder, &["tag", tag]).ok();
    }
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

#[test]
fn the_tags_that_the_tool_takes_hold_the_base() {
    let sandbox = Sandbox::new();
    let described = |command: &str| format!("{SCM}[tool.setuptools_scm]\ngit_describe_command = {command}\n");
    let pattern = |pattern: &str| format!("{SCM}[tool.setuptools_scm]\ntag_regex = '{pattern}'\n");
    let as_text = described("'git describe --long --tags --match py-*'");
    let as_list = described("['git', 'describe', '--tags', '--exclude', 'v*']");
    let first_parent = described("'git describe --tags --match=v1* --exclude=*rc*'");
    let cases: [(&str, &[&str], &str); 9] = [
        (SCM, &["v1.0", "release-1.4"], "1.4.57"),
        (SCM, &["other-v9.9", "demo-v1.4", "other-v9.10"], "1.4.57"),
        (SCM, &["demo-v1.3", "v1.4", "other-9.9"], "1.4.57"),
        (SCM, &["v1.4", "nightly", "x/y9"], "1.4.57"),
        (&as_text, &["py-1.4", "v9.9"], "1.4.57"),
        (&as_list, &["py-1.4", "v9.9"], "1.4.57"),
        (&first_parent, &["v1.4", "v1.5rc1", "v2.0"], "1.4.57"),
        (&pattern(r"^(?:py|lib)/v?(\d.*)$"), &["lib/v1.4", "v9.9"], "1.4.57"),
        (&pattern(r"^(?P<version>\d+\.\d+)-ga$"), &["1.4-ga", "9.9"], "1.4.57"),
    ];
    for (at, (project, tags, expected)) in cases.into_iter().enumerate() {
        let folder = with_tags(&sandbox, &format!("work-{at}"), (project, tags));
        assert_eq!(version(&sandbox, &folder), expected, "{tags:?}\n{project}");
    }
}

#[test]
fn an_error_names_the_file_with_the_pattern() {
    let sandbox = Sandbox::new();
    let hatch = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\
        [project]\nname = \"demo\"\ndynamic = [\"version\"]\n";
    let folder = with_tags(&sandbox, "hatch", (hatch, &["v1.4"]));
    sandbox.write(&folder, "hatch.toml", "[version]\nsource = 'vcs'\ntag-pattern = '('\n");
    sandbox.commit_all(&folder, "hatch.toml");
    let run = sandbox.devpi(&folder, &["version"]).code(3);
    assert!(run.stderr.contains("hatch.toml cannot be read: its pattern"), "{run}");

    // No tag of versioningit can hold `1.4.57`, and it has no variable.
    let versioningit = SCM.replace("setuptools-scm", "versioningit") + "[tool.versioningit.vcs]\nmatch = ['v?.?']\n";
    let folder = with_tags(&sandbox, "versioningit", (&versioningit, &["v1.4"]));
    let run = sandbox.devpi(&folder, &["stamp", "--number", "57", "--branch", "main"]).code(3);
    assert!(run.stderr.contains("versioningit in pyproject.toml take no tag of version 1.4.57"), "{run}");
}
