//! Features of git that change files in a copy: attributes, links, modes, submodules, shallow clones, git-lfs; and lock files.

use std::path::{Path, PathBuf};

use super::inspect::{Archive, state};
use crate::support::{Run, Sandbox};

const SETUPTOOLS: &str = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n[project]\nname = \"demo-pkg\"\n\
    version = \"1.4\"\n[tool.setuptools.package-data]\n\"*\" = [\"*.txt\", \"*.sh\", \"vendored/*\"]\n";
const HATCH_VCS: &str = "[build-system]\nrequires = [\"hatchling\", \"hatch-vcs\"]\nbuild-backend = \"hatchling.build\"\n\
    [project]\nname = \"demo-pkg\"\ndynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"vcs\"\n";

fn repository(sandbox: &Sandbox, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let work = sandbox.repository(name);
    for (name, text) in files {
        sandbox.write(&work, name, text);
    }
    sandbox.write(&work, "src/demo_pkg/__init__.py", "");
    sandbox.commit_all(&work, "First");
    settings(sandbox, &work);
    work
}

fn settings(sandbox: &Sandbox, work: &Path) {
    for (key, value) in [("releaseBranches", "main"), ("builder", "uv"), ("formats", "wheel,sdist")] {
        sandbox.git(work, &["config", &format!("devpi.{key}"), value]).ok();
    }
}

/// Builds number 57 of main; returns the wheel and the sdist.
fn build(sandbox: &Sandbox, work: &Path) -> (Run, [Archive; 2]) {
    let before = state(sandbox, work);
    let out = work.with_extension("out");
    let run = sandbox.devpi(work, &["build", "--number", "57", "--out", out.to_str().unwrap()]).ok();
    let files: Vec<Archive> = run.text().lines().map(|path| Archive::read(sandbox, Path::new(path))).collect();
    assert_eq!(state(sandbox, work), before);
    (run, files.try_into().unwrap())
}

fn bytes(work: &Path) -> Vec<u8> {
    std::fs::read(work.with_extension("out").join("demo_pkg-1.4.57-py3-none-any.whl")).unwrap()
}

#[test]
fn attributes_links_and_modes_are_kept() {
    let sandbox = Sandbox::with_tools();
    let work = repository(
        &sandbox,
        "work",
        &[
            ("pyproject.toml", SETUPTOOLS),
            ("src/demo_pkg/about.txt", "$Format:%D %d$ $Id$\n"),
            ("src/demo_pkg/crlf.txt", "a\nb\n"),
            ("src/demo_pkg/hidden.txt", "not for git archive\n"),
            ("src/demo_pkg/run.sh", "#!/bin/sh\n"),
            (".gitattributes", "about.txt export-subst ident\ncrlf.txt text eol=crlf\nhidden.txt export-ignore\n"),
        ],
    );
    std::os::unix::fs::symlink("run.sh", work.join("src/demo_pkg/link.sh")).unwrap();
    sandbox.run(&work, "chmod", &["+x", "src/demo_pkg/run.sh"]).ok();
    sandbox.commit_all(&work, "Link");
    sandbox.git(&work, &["tag", "secret-name"]).ok();
    for built in build(&sandbox, &work).1 {
        let about = built.text("demo_pkg/about.txt");
        assert!(about.starts_with("$Format:%D %d$ $Id: "), "{about}");
        assert_eq!(built.text("demo_pkg/crlf.txt"), "a\r\nb\r\n");
        assert_eq!(built.text("demo_pkg/hidden.txt"), "not for git archive\n");
        let mode = |end: &str| built.modes.iter().find(|(name, _)| name.ends_with(end)).map(|(_, mode)| *mode);
        assert_eq!((mode("run.sh"), mode("about.txt")), (Some(0o755), Some(0o644)));
        // setuptools packs the target of the link.
        assert_eq!((built.text("demo_pkg/link.sh"), mode("link.sh")), ("#!/bin/sh\n", Some(0o755)));
    }
}

#[test]
fn umask_and_clock_do_not_change_the_wheel() {
    let mut sandbox = Sandbox::with_tools();
    let one = repository(&sandbox, "one", &[("pyproject.toml", SETUPTOOLS), ("src/demo_pkg/run.sh", "#!/bin/sh\n")]);
    build(&sandbox, &one);
    sandbox.set("SOURCE_DATE_EPOCH", "1");
    for umask in ["077", "002"] {
        let name = format!("two{umask}");
        let script = format!(
            "umask {umask}; git clone -q one {name}; cd {name}; git config devpi.releaseBranches main; \
            git config devpi.builder uv; git devpi build --number 57 --out ../{name}.out"
        );
        sandbox.run(&sandbox.path("."), "sh", &["-ec", &script]).ok();
        assert!(bytes(&one) == bytes(&sandbox.path(&name)), "umask {umask}");
    }
    let time = sandbox.git(&one, &["log", "-1", "--date=format:%Y-%m-%d %H:%M", "--format=%cd"]).ok();
    let script = "import sys, zipfile; print('%d-%02d-%02d %02d:%02d' % zipfile.ZipFile(sys.argv[1]).infolist()[0].date_time[:5])";
    let wheel = one.with_extension("out").join("demo_pkg-1.4.57-py3-none-any.whl");
    let in_wheel = sandbox.run(&one, "python3", &["-c", script, wheel.to_str().unwrap()]).ok();
    assert_eq!(in_wheel.text(), time.text());
}

#[test]
fn submodules_are_built_and_empty_ones_are_reported() {
    let sandbox = Sandbox::with_tools();
    for name in ["inner", "lib"] {
        let folder = sandbox.repository(name);
        sandbox.write(&folder, "data.txt", &format!("from {name}\n"));
        sandbox.commit_all(&folder, "First");
    }
    sandbox.git(&sandbox.path("lib"), &["submodule", "--quiet", "add", "../inner", "inner"]).ok();
    sandbox.commit_all(&sandbox.path("lib"), "Inner");
    let work = repository(&sandbox, "work", &[("pyproject.toml", SETUPTOOLS)]);
    sandbox.git(&work, &["remote", "add", "origin", sandbox.path("work").to_str().unwrap()]).ok();
    for name in ["vendored", "other"] {
        let path = format!("src/demo_pkg/{name}");
        sandbox.git(&work, &["submodule", "--quiet", "add", "../lib", &path]).ok();
    }
    sandbox.git(&work, &["submodule", "--quiet", "update", "--init", "--recursive"]).ok();
    sandbox.commit_all(&work, "Submodules");
    sandbox.git(&work, &["submodule", "--quiet", "deinit", "--force", "src/demo_pkg/other"]).ok();
    let text = std::fs::read_to_string(work.join(".git/config")).unwrap();
    assert!(text.contains("vendored") && !text.contains("demo_pkg/other"), "{text}");
    std::fs::remove_dir_all(work.join(".git/modules/src/demo_pkg/other")).unwrap();
    let (run, built) = build(&sandbox, &work);
    run.says("submodule src/demo_pkg/other is not checked out and is empty in the build");
    for built in built {
        assert_eq!(built.text("demo_pkg/vendored/data.txt"), "from lib\n");
        assert!(!built.has("demo_pkg/other/data.txt"));
    }
}

#[test]
fn a_shallow_clone_needs_more_history_or_the_base() {
    let sandbox = Sandbox::with_tools();
    let origin = repository(&sandbox, "origin", &[("pyproject.toml", HATCH_VCS)]);
    sandbox.git(&origin, &["tag", "v1.4"]).ok();
    sandbox.commit_all(&origin, "Second");
    let url = format!("file://{}", origin.display());
    sandbox.git(&sandbox.path("."), &["clone", "--quiet", "--depth=1", &url, "shallow"]).ok();
    let shallow = sandbox.path("shallow");
    settings(&sandbox, &shallow);
    let before = state(&sandbox, &shallow);
    let run = sandbox.devpi(&shallow, &["build", "--number", "57"]).code(3);
    run.says("too shallow").says("git fetch --unshallow");
    assert_eq!(state(&sandbox, &shallow), before);
    sandbox.git(&shallow, &["fetch", "--quiet", "--unshallow", "--tags"]).ok();
    let built = build(&sandbox, &shallow).1;
    assert_eq!([built[0].version.as_str(), built[1].version.as_str()], ["1.4.57"; 2]);

    // The base version is in a file: a build needs no history.
    let origin = repository(&sandbox, "static", &[("pyproject.toml", SETUPTOOLS)]);
    let url = format!("file://{}", origin.display());
    sandbox.git(&sandbox.path("."), &["clone", "--quiet", "--depth=1", &url, "shallow-static"]).ok();
    settings(&sandbox, &sandbox.path("shallow-static"));
    assert_eq!(build(&sandbox, &sandbox.path("shallow-static")).1[0].version, "1.4.57");
}

#[test]
fn a_git_lfs_pointer_is_an_error() {
    let sandbox = Sandbox::with_tools();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 5\n";
    let work = repository(&sandbox, "work", &[("pyproject.toml", SETUPTOOLS), ("src/demo_pkg/big.txt", pointer)]);
    build(&sandbox, &work);
    sandbox.write(&work, ".gitattributes", "big.txt filter=lfs -text\n");
    sandbox.commit_all(&work, "By git-lfs");
    let before = state(&sandbox, &work);
    sandbox.devpi(&work, &["build", "--number", "57"]).code(3).says("src/demo_pkg/big.txt").says("git lfs");
    // An incomplete copy is removed, and an existing folder stays.
    let (new, empty) = (sandbox.path("new"), sandbox.path("empty"));
    std::fs::create_dir(&empty).unwrap();
    for out in [&new, &empty] {
        sandbox.devpi(&work, &["stamp", "--number", "57", "--out", out.to_str().unwrap()]).code(3);
    }
    assert!(!new.exists());
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
    assert_eq!(state(&sandbox, &work), before);
}

#[test]
fn lock_files_contain_the_stamped_version() {
    let sandbox = Sandbox::with_tools();
    let work = repository(&sandbox, "work", &[("pyproject.toml", SETUPTOOLS)]);
    sandbox.run(&work, "uv", &["lock", "--quiet"]).ok();
    sandbox.commit_all(&work, "Lock");
    let lock = std::fs::read(work.join("uv.lock")).unwrap();
    build(&sandbox, &work);
    sandbox.run(&work, "uv", &["lock", "--check", "--quiet"]).ok();
    assert_eq!(std::fs::read(work.join("uv.lock")).unwrap(), lock);
}

#[test]
fn a_version_that_cannot_be_stamped_is_an_error() {
    let computed = "import os\nfrom setuptools import setup\nsetup(name='demo-pkg', version='.'.join(map(str, sorted((1, 4)))), package_dir={'': 'src'}, packages=['demo_pkg'])\n";
    let two = "from setuptools import setup\na, b = open('A').read(), open('B').read()\nsetup(name='demo-pkg', version=max(a, b))\n";
    let overriding = "from setuptools import setup\nname = 'demo-pkg'\nwith open('VERSION') as f:\n    version = f.read().strip()\n\
        version = '.'.join(version.split('.')[:2])\nsetup(name=name, version=version, package_dir={'': 'src'}, packages=['demo_pkg'])\n";
    for (setup, code, says) in [
        (computed, 3, "setup.py cannot be read: code computes it"),
        (two, 3, "setup.py cannot be read"),
        (overriding, 7, "has version \"1.4\", expected 1.4.57"),
    ] {
        let sandbox = Sandbox::with_tools();
        let files = [("setup.py", setup), ("VERSION", "1.4\n"), ("A", "1.4\n"), ("B", "1.4\n")];
        let work = repository(&sandbox, "work", &files);
        let before = state(&sandbox, &work);
        let run = sandbox.devpi(&work, &["build", "--number", "57"]).code(code);
        run.says(says).says("hint: ");
        assert_eq!(state(&sandbox, &work), before);
    }
}
