//! `build`: real builders, no server.

use std::path::{Path, PathBuf};

use crate::support::{Backend, PythonProject, Sandbox};

fn project(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.repository("work");
    PythonProject::new().backend(Backend::InTree).write(&folder);
    sandbox.commit_all(&folder, "First");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The metadata of a wheel.
fn metadata(sandbox: &Sandbox, wheel: &str) -> String {
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
                  print(z.read([n for n in z.namelist() if n.endswith('METADATA')][0]).decode())";
    sandbox.run(&sandbox.path("home"), "python3", &["-c", script, wheel]).ok().stdout
}

#[test]
fn both_builders_build_what_is_committed() {
    for builder in ["uv", "build"] {
        let sandbox = Sandbox::with_tools();
        let folder = project(&sandbox);
        sandbox.git(&folder, &["config", "devpi.builder", builder]).ok();
        let run = sandbox.devpi(&folder, &["build", "--number", "57"]).ok();
        assert_eq!(run.text(), folder.join("dist/demo_pkg-1.4.57-py3-none-any.whl").to_str().unwrap());
        assert!(metadata(&sandbox, run.text()).contains("\nVersion: 1.4.57\n"));
        assert_eq!(listing(&folder.join("dist")), ["demo_pkg-1.4.57-py3-none-any.whl"]);
        assert_eq!(sandbox.git(&folder, &["status", "--porcelain", "--untracked-files=all"]).ok().text(), "");
    }
}

#[test]
fn builds_of_one_commit_are_identical_on_all_machines() {
    let mut sandbox = Sandbox::with_tools();
    let folder = project(&sandbox);
    sandbox.write(&folder, ".git-devpi.toml", "formats = [\"wheel\", \"sdist\"]\n");
    sandbox.commit_all(&folder, "Both");
    let temporary = sandbox.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    sandbox.set("TMPDIR", temporary.to_str().unwrap());
    sandbox.devpi(&folder, &["build", "--number", "5", "--out", "../one"]).ok();
    sandbox.set("PBR_VERSION", "9.9").set("SETUPTOOLS_SCM_PRETEND_VERSION", "9.9").set("SOURCE_DATE_EPOCH", "1");
    let clone = sandbox.clone_of(&folder, "clone");
    sandbox.git(&clone, &["config", "devpi.releaseBranches", "main"]).ok();
    sandbox.devpi(&clone, &["build", "--number", "5", "--out", "../two"]).ok();
    assert_eq!(listing(&sandbox.path("one")), ["demo_pkg-1.4.5-py3-none-any.whl", "demo_pkg-1.4.5.tar.gz"]);
    let bytes = |folder: &str| std::fs::read(sandbox.path(folder).join("demo_pkg-1.4.5-py3-none-any.whl")).unwrap();
    assert_eq!(bytes("one"), bytes("two"));
    assert_eq!(listing(&temporary), [] as [String; 0], "the copies are gone");
}

#[test]
fn a_local_version_needs_no_number_server_or_remote() {
    let sandbox = Sandbox::with_tools();
    let folder = project(&sandbox);
    let commit = sandbox.git(&folder, &["rev-parse", "--short=8", "HEAD"]).ok();
    let answer = sandbox.devpi(&folder, &["build", "--json"]).ok().json();
    assert_eq!(answer["projects"][0]["version"], format!("1.4.dev0+g{}", commit.text()));
    sandbox.write(&folder, "src/demo_pkg/more.py", "X = 1\n");
    let run = sandbox.devpi(&folder, &["build", "--out", "../dirty"]).ok();
    assert!(run.text().contains(".dirty-py3"), "{run}");
    let script = "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).namelist())";
    let names = sandbox.run(&folder, "python3", &["-c", script, run.text()]).ok();
    assert!(names.text().contains("demo_pkg/more.py"), "{names}");
}

#[test]
fn a_failed_build_shows_the_builders_output() {
    let sandbox = Sandbox::with_tools();
    let folder = project(&sandbox);
    let backend = folder.join("backend/in_tree.py");
    let text = std::fs::read_to_string(&backend).unwrap();
    std::fs::write(
        &backend,
        text.replace(
            "def build_wheel(",
            "def build_wheel(*a, **k):\n    raise SystemExit('broken on purpose')\n\ndef old(",
        ),
    )
    .unwrap();
    sandbox.commit_all(&folder, "Break it");
    let run = sandbox.devpi(&folder, &["build", "--number", "5"]).code(7);
    run.says("broken on purpose").says("error:").says("git devpi stamp");
    assert!(!folder.join("dist").exists());
}

#[test]
fn a_wheel_with_another_version_or_name_is_an_error() {
    let sandbox = Sandbox::with_tools();
    let folder = project(&sandbox);
    let backend = folder.join("backend/in_tree.py");
    let text = std::fs::read_to_string(&backend).unwrap();
    std::fs::write(&backend, text.replace("version = re.search(", "version = '9.9' or re.search(")).unwrap();
    sandbox.commit_all(&folder, "Its own version");
    let run = sandbox.devpi(&folder, &["build", "--number", "5"]).code(7);
    run.says("has version \"9.9\", expected 1.4.5").says("the project computes its version");
    std::fs::write(&backend, text.replace("name = re.search(", "name = 'other' or re.search(")).unwrap();
    sandbox.commit_all(&folder, "Its own name");
    sandbox.devpi(&folder, &["build", "--number", "5"]).code(7).says("is named \"other\"");
    assert!(!folder.join("dist").exists());
}

#[test]
fn without_a_builder_the_hint_installs_one() {
    let mut sandbox = Sandbox::new();
    let folder = project(&sandbox);
    // Only git, sh and git-devpi.
    let programs = sandbox.path("bin");
    std::fs::create_dir(&programs).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_git-devpi"));
    std::os::unix::fs::symlink(binary, programs.join("git-devpi")).unwrap();
    for name in ["git", "sh"] {
        let found = sandbox.run(&folder, "sh", &["-c", &format!("command -v {name}")]).ok();
        std::os::unix::fs::symlink(found.text(), programs.join(name)).unwrap();
    }
    sandbox.set("PATH", programs.to_str().unwrap());
    let run = sandbox.devpi(&folder, &["build", "--number", "5"]).code(7);
    run.says("no builder was found").says("python3 -m pip install build");
}

#[test]
fn the_builder_gets_neither_secrets_nor_git_variables() {
    let mut sandbox = Sandbox::with_tools();
    let folder = project(&sandbox);
    let backend = folder.join("backend/in_tree.py");
    let text = std::fs::read_to_string(&backend).unwrap();
    let seen = sandbox.path("seen");
    let spy = format!(
        "with open({:?}, 'w') as f:\n    f.write('\\n'.join(f'{{k}}={{v}}' for k, v in sorted(os.environ.items())))\n",
        seen.to_str().unwrap()
    );
    std::fs::write(&backend, format!("{text}\n{spy}")).unwrap();
    sandbox.commit_all(&folder, "Spy");
    sandbox.set("GIT_DEVPI_PASSWORD", "geheim").set("GIT_DIR", folder.join(".git").to_str().unwrap());
    sandbox.set("GIT_WORK_TREE", folder.to_str().unwrap());
    sandbox.run(&folder, "git", &["-c", "core.abbrev=9", "devpi", "build", "--number", "5"]).ok();
    let seen = std::fs::read_to_string(seen).unwrap();
    let leaked: Vec<&str> = seen
        .lines()
        .filter(|line| {
            ["GIT_DIR=", "GIT_WORK_TREE=", "GIT_CONFIG_PARAMETERS=", "GIT_DEVPI_PASSWORD="]
                .iter()
                .any(|name| line.starts_with(name))
        })
        .collect();
    assert_eq!(leaked, [] as [&str; 0]);
    let time = sandbox.git(&folder, &["log", "-1", "--format=%ct"]).ok();
    assert!(seen.contains(&format!("SOURCE_DATE_EPOCH={}\n", time.text())), "{seen}");
}

#[test]
fn a_missing_project_is_reported_before_any_build() {
    let sandbox = Sandbox::with_tools();
    let folder = sandbox.repository("empty");
    sandbox.commit_all(&folder, "First");
    sandbox.devpi(&folder, &["build"]).code(3).says("is not a Python project");
}
