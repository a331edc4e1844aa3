//! `builder = auto`: `python -m build` builds what uv refuses.

use std::path::PathBuf;

use crate::support::Sandbox;

const PROJECT: &str = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\
    [project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n";

fn repository(sandbox: &Sandbox, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = sandbox.repository(name);
    for (path, text) in files {
        sandbox.write(&folder, path, text);
    }
    sandbox.commit_all(&folder, "first");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

const BUILD: [&str; 7] = ["build", "--out", "../out", "--number", "57", "--branch", "main"];

#[test]
fn a_project_that_uv_refuses_is_built_by_build() {
    let sandbox = Sandbox::with_tools();
    for (at, refused) in [
        "[tool.uv.sources]\nsetuptools = 3\n",
        "[tool.uv.sources]\nsetuptools = { path = \"no/such/folder\" }\n",
        "[tool.uv.sources]\nsetuptools = { workspace = true }\n",
    ]
    .into_iter()
    .enumerate()
    {
        let files = [("pyproject.toml", &*format!("{PROJECT}{refused}")), ("demo_pkg/__init__.py", "")];
        let folder = repository(&sandbox, &format!("work-{at}"), &files);
        let run = sandbox.devpi(&folder, &BUILD).ok();
        assert!(run.text().ends_with("demo_pkg-1.4.57-py3-none-any.whl"), "{refused}: {run}");
        assert!(run.stderr.contains("python -m build built what uv build refuses"), "{refused}: {run}");
        assert!(run.stderr.contains("`git config devpi.builder build`"), "{refused}: {run}");
        std::fs::remove_dir_all(sandbox.path("out")).unwrap();

        // uv alone was asked for.
        sandbox.git(&folder, &["config", "devpi.builder", "uv"]).ok();
        let run = sandbox.devpi(&folder, &BUILD).code(7);
        assert!(run.stderr.contains("`git config devpi.builder build` builds with python -m build"), "{run}");
    }
}

#[test]
fn a_project_that_both_refuse_ends_with_the_error_of_uv() {
    let sandbox = Sandbox::with_tools();
    let setup = "raise SystemExit('this project cannot be built')\n";
    let refused = format!("{PROJECT}[tool.uv.sources]\nsetuptools = 3\n");
    let folder = repository(&sandbox, "refused", &[("pyproject.toml", &refused), ("setup.py", setup)]);
    let run = sandbox.devpi(&folder, &BUILD).code(7);
    assert!(run.stderr.contains("invalid type") && run.stderr.contains("trying python -m build"), "{run}");
    assert!(run.stderr.contains("uv build --wheel") && run.stderr.contains("devpi.builder build"), "{run}");
    assert!(!sandbox.path("out").exists());
}

#[test]
fn an_error_of_the_backend_is_met_once() {
    let sandbox = Sandbox::with_tools();
    let setup = "raise SystemExit('this project cannot be built')\n";
    let folder = repository(&sandbox, "work", &[("pyproject.toml", PROJECT), ("setup.py", setup)]);
    let run = sandbox.devpi(&folder, &BUILD).code(7);
    assert!(run.stderr.contains("cannot be built") && !run.stderr.contains("trying"), "{run}");
    assert!(run.stderr.contains("devpi.builder build"), "{run}");
}
