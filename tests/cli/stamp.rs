//! `stamp`: the copy has the version, and the work tree does not change.

use std::path::{Path, PathBuf};

use crate::support::{Backend, PythonProject, Run, Sandbox};

fn project(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.repository("work");
    PythonProject::new().backend(Backend::InTree).write(&folder);
    sandbox.commit_all(&folder, "First");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

fn pyproject(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("pyproject.toml")).unwrap()
}

/// Everything in the work tree, its git folder without the index (which `git status` may refresh), and the refs.
fn state(sandbox: &Sandbox, folder: &Path) -> String {
    let words = [
        "-c",
        "git status --porcelain=v2 -uall; git for-each-ref; git worktree list; find . -path ./.git -prune -o -type f -exec sha256sum {} + | sort",
    ];
    sandbox.run(folder, "sh", &words).ok().stdout
}

fn stamped(run: Run) -> PathBuf {
    PathBuf::from(run.ok().text())
}

#[test]
fn the_copy_carries_the_version_and_the_work_tree_is_as_before() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let before = state(&sandbox, &folder);
    let out = sandbox.path("copy");
    let path = stamped(sandbox.devpi(&folder, &["stamp", "--number", "57", "--out", out.to_str().unwrap()]));
    assert_eq!(path, out);
    assert_eq!(
        pyproject(&out),
        pyproject(&folder).replace("\"1.4\"", "\"1.4.57\""),
        "comments and layout do not change"
    );
    assert_eq!(sandbox.git(&out, &["status", "--porcelain"]).ok().text(), "");
    let parents = sandbox.git(&out, &["rev-parse", "HEAD^"]).ok();
    assert_eq!(parents.text(), sandbox.git(&folder, &["rev-parse", "HEAD"]).ok().text());
    assert_eq!(state(&sandbox, &folder), before);
}

#[test]
fn a_second_place_with_another_version_is_said_and_stays() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let base = sandbox.devpi(&folder, &["version", "--json"]).ok().json()["base"]["value"].as_str().unwrap().to_owned();
    for (at, (version, stays)) in [(base.as_str(), false), ("9.9", true)].into_iter().enumerate() {
        let name = sandbox.devpi(&folder, &["version", "--json"]).ok().json()["project"].as_str().unwrap().to_owned();
        let module = format!("src/{}/__init__.py", name.replace('-', "_"));
        sandbox.write(&folder, &module, &format!("__version__ = '{version}'\n"));
        sandbox.commit_all(&folder, &format!("version {at}"));
        let run = sandbox.devpi(&folder, &["stamp", "--number", "57", "--branch", "main", "--json"]).ok();
        let differing = run.json()["projects"][0]["differing"].clone();
        let path = PathBuf::from(run.json()["path"].as_str().unwrap());
        let text = std::fs::read_to_string(path.join(&module)).unwrap();
        if stays {
            assert_eq!(differing, serde_json::json!([{ "file": module, "version": "9.9" }]));
            assert!(run.stderr.contains(&format!("{module} has version 9.9, which stays")), "{run}");
            assert_eq!(text, "__version__ = '9.9'\n");
        } else {
            assert_eq!(differing, serde_json::json!([]));
            assert!(text.contains(".57'"), "{text}");
        }
        std::fs::remove_dir_all(path).unwrap();
    }
}

#[test]
fn without_out_the_copy_stays_in_a_temporary_folder() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let temporary = sandbox.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    sandbox.set("TMPDIR", temporary.to_str().unwrap());
    let answer = sandbox.devpi(&folder, &["stamp", "--number", "5", "--branch", "feature/x", "--json"]).ok().json();
    let path = PathBuf::from(answer["path"].as_str().unwrap());
    assert!(path.starts_with(&temporary) && pyproject(&path).contains("\"1.4.5.dev0\""));
    assert_eq!((&answer["schema"], &answer["projects"][0]["files"][0]), (&1.into(), &"pyproject.toml".into()));
}

#[test]
fn a_folder_that_is_not_empty_is_rejected_and_not_changed() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.write(&sandbox.path("copy"), "novel.txt", "once");
    sandbox.devpi(&folder, &["stamp", "--out", "../copy"]).code(2).says("is not an empty folder").says("--out DIR");
    assert_eq!(std::fs::read_dir(sandbox.path("copy")).unwrap().count(), 1);
    std::fs::remove_file(sandbox.path("copy/novel.txt")).unwrap();
    sandbox.devpi(&folder, &["stamp", "--out", "../copy"]).ok();
}

#[test]
fn a_local_build_contains_uncommitted_changes() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.write(&folder, "src/demo_pkg/__init__.py", "def greeting():\n    return 'changed'\n");
    sandbox.write(&folder, "src/demo_pkg/new.py", "X = 1\n");
    sandbox.write(&folder, "__pycache__/ignored", "");
    std::fs::remove_file(folder.join("tests/unit/test_unit.py")).unwrap();
    let before = state(&sandbox, &folder);
    let copy = stamped(sandbox.devpi(&folder, &["stamp", "--out", "../copy"]));
    assert!(pyproject(&copy).contains(".dirty\""), "{}", pyproject(&copy));
    assert!(std::fs::read_to_string(copy.join("src/demo_pkg/__init__.py")).unwrap().contains("changed"));
    assert!(copy.join("src/demo_pkg/new.py").exists());
    assert!(!copy.join("__pycache__").exists() && !copy.join("tests/unit/test_unit.py").exists());
    assert_eq!(state(&sandbox, &folder), before);
}

#[test]
fn a_numbered_build_contains_committed_files_only() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.write(&folder, "src/demo_pkg/new.py", "X = 1\n");
    let copy = stamped(sandbox.devpi(&folder, &["stamp", "--number", "7", "--out", "../copy"]));
    assert!(!copy.join("src/demo_pkg/new.py").exists());
    sandbox.write(&folder, "src/demo_pkg/__init__.py", "");
    let refused = sandbox.devpi(&folder, &["stamp", "--number", "7", "--out", "../other"]).code(3);
    refused.says("tracked files have uncommitted changes: src/demo_pkg/__init__.py");
    assert!(!sandbox.path("other").exists());
}

#[test]
fn in_place_changes_nothing_but_the_version() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    let run = sandbox.devpi(&folder, &["stamp", "--in-place", "--number", "57"]).ok();
    assert_eq!(run.text(), std::fs::canonicalize(&folder).unwrap().to_str().unwrap());
    run.says("wrote 1.4.57 into pyproject.toml");
    assert_eq!(sandbox.git(&folder, &["diff", "--numstat"]).ok().text(), "1\t1\tpyproject.toml");
    assert!(pyproject(&folder).contains("version = \"1.4.57\"  # the semantic part"));
    let again = sandbox.devpi(&folder, &["stamp", "--in-place"]).code(3);
    again.says("tracked files have uncommitted changes: pyproject.toml").says("git stash");
}

#[test]
fn the_tag_of_a_stamped_version_exists_in_the_copy_only() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("scm");
    sandbox.write(
        &folder,
        "pyproject.toml",
        "[build-system]\nrequires = [\"hatchling\", \"hatch-vcs\"]\nbuild-backend = \"hatchling.build\"\n\
         [project]\nname = \"scm\"\ndynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"vcs\"\n",
    );
    sandbox.commit_all(&folder, "First");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    sandbox.git(&folder, &["tag", "release-2.5"]).ok();
    sandbox.git(&folder, &["tag", "v2.5.1"]).ok();
    let copy = stamped(sandbox.devpi(&folder, &["stamp", "--number", "9", "--branch", "x", "--out", "../copy"]));
    assert_eq!(sandbox.git(&copy, &["tag", "--points-at", "HEAD"]).ok().text(), "v2.5.9.dev0");
    assert_eq!(sandbox.git(&folder, &["tag"]).ok().text(), "release-2.5\nv2.5.1");
    sandbox.devpi(&folder, &["stamp", "--in-place"]).ok().says("git tag v2.5.dev0+g");
    assert_eq!(sandbox.git(&folder, &["status", "--porcelain"]).ok().text(), "");
}

#[test]
fn stamp_works_in_a_linked_worktree_and_a_subfolder() {
    let sandbox = Sandbox::new();
    let folder = project(&sandbox);
    sandbox.git(&folder, &["worktree", "add", "--quiet", "../linked", "-b", "feature/x"]).ok();
    let inside = sandbox.path("linked/src/demo_pkg");
    let copy = stamped(sandbox.devpi(&inside, &["stamp", "--number", "3", "--out", "copy"]));
    assert_eq!(copy, inside.join("copy"), "relative to the current folder");
    assert!(pyproject(&copy).contains("\"1.4.3.dev0\""));
}

#[test]
fn several_projects_are_stamped_in_one_copy() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("work");
    for (name, version) in [("one", "1.0"), ("two", "2.0")] {
        PythonProject::new().backend(Backend::InTree).name(name).version(version).write(&folder.join(name));
    }
    sandbox.write(&folder, ".git-devpi.toml", "project-dirs = [\"one\", \"two\"]\nrelease-branches = [\"main\"]\n");
    sandbox.commit_all(&folder, "First");
    let copy = stamped(sandbox.devpi(&folder, &["stamp", "--number", "3", "--out", "../copy"]));
    assert!(pyproject(&copy.join("one")).contains("\"1.0.3\"") && pyproject(&copy.join("two")).contains("\"2.0.3\""));
    let copy = stamped(sandbox.devpi(&folder.join("two"), &["stamp", "--number", "3", "--out", "../../alone"]));
    assert!(pyproject(&copy.join("one")).contains("\"1.0\"") && pyproject(&copy.join("two")).contains("\"2.0.3\""));
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n";

/// The sandbox has no filter of git-lfs, so each pointer stays one.
#[test]
fn pointers_of_git_lfs_matter_only_where_the_project_is_built_from() {
    let sandbox = Sandbox::new();
    let pyproject = |rest: &str| format!("[project]\nname = 'demo'\nversion = '1.4'\n{rest}");
    let include = pyproject("[tool.hatch.build.targets.wheel.force-include]\n'../media/used.bin' = 'demo/used.bin'\n");
    let cases: [(&str, &str, &str, i32); 5] = [
        ("outside", &pyproject(""), "media/other.bin", 0),
        ("inside", &pyproject(""), "project/demo/data.bin", 3),
        ("included", &include, "media/used.bin", 3),
        ("beside", &include, "media/other.bin", 0),
        ("above", &pyproject("readme = '../docs/README.bin'\n"), "docs/README.bin", 3),
    ];
    for (name, text, pointer, code) in cases {
        let folder = sandbox.repository(name);
        sandbox.write(&folder, "project/pyproject.toml", text);
        sandbox.write(&folder, ".gitattributes", "*.bin filter=lfs\n");
        sandbox.write(&folder, pointer, POINTER);
        sandbox.commit_all(&folder, "first");
        sandbox.git(&folder, &["config", "devpi.projectDirs", "project"]).ok();
        let run = sandbox.devpi(&folder, &["stamp"]).code(code);
        match code {
            0 => std::fs::remove_dir_all(run.text()).unwrap(),
            _ => assert!(run.stderr.contains(pointer) && run.stderr.contains("git lfs pull"), "{run}"),
        }
        sandbox.git(&folder, &["mv", "project/pyproject.toml", "pyproject.toml"]).ok();
        sandbox.git(&folder, &["config", "--unset", "devpi.projectDirs"]).ok();
        sandbox.commit_all(&folder, "the project is the whole repository");
        sandbox.devpi(&folder, &["stamp"]).code(3);
    }
}
