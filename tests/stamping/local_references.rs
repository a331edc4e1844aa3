//! Built files that require a sibling from a folder of the build are refused.

use crate::support::Sandbox;

type Files<'a> = &'a [(&'a str, &'a str)];

/// The build of `project` beside `sibling` ends with 3, and the error names the dependency.
#[track_caller]
fn is_refused(files: Files<'_>, formats: &str) {
    let sandbox = Sandbox::with_tools();
    let folder = sandbox.repository("work");
    for (path, text) in files {
        sandbox.write(&folder, path, text);
    }
    let sibling = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[project]\nname = \"sibling\"\nversion = \"1.0\"\n";
    sandbox.write(&folder, "sibling/pyproject.toml", sibling);
    sandbox.write(&folder, "sibling/sibling/__init__.py", "");
    sandbox.commit_all(&folder, "first");
    for (key, value) in
        [("releaseBranches", "main"), ("projectDirs", "project"), ("formats", formats), ("builder", "uv")]
    {
        sandbox.git(&folder, &["config", &format!("devpi.{key}"), value]).ok();
    }
    let run = sandbox.devpi(&folder, &["build", "--out", "../out", "--number", "57", "--branch", "main"]).code(3);
    assert!(run.stderr.contains("requires sibling from") && run.stderr.contains("sibling >=1.0"), "{run}");
    assert!(!sandbox.path("out").exists(), "nothing is left");
}

const POETRY: &str = "[build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n\
    [tool.poetry]\nname = \"demo\"\nversion = \"1.4\"\ndescription = \"\"\nauthors = []\npackages = [{ include = \"demo\" }]\n";

#[test]
fn path_dependencies_of_poetry() {
    let plain =
        format!("{POETRY}[tool.poetry.dependencies]\npython = \">=3.9\"\nsibling = {{ path = \"../sibling\" }}\n");
    is_refused(&[("project/pyproject.toml", &plain), ("project/demo/__init__.py", "")], "wheel");
    let editable = format!(
        "{POETRY}[tool.poetry.dependencies]\npython = \">=3.9\"\nsibling = {{ path = \"../sibling\", develop = true, optional = true }}\n\
         [tool.poetry.extras]\nmore = [\"sibling\"]\n"
    );
    is_refused(&[("project/pyproject.toml", &editable), ("project/demo/__init__.py", "")], "sdist");
}

#[test]
fn the_root_of_hatch_and_pdm() {
    let hatch = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\
        [project]\nname = \"demo\"\nversion = \"1.4\"\n[project.optional-dependencies]\nmore = [\"sibling @ {root:parent:uri}/sibling\"]\n\
        [tool.hatch.metadata]\nallow-direct-references = true\n";
    is_refused(&[("project/pyproject.toml", hatch), ("project/demo/__init__.py", "")], "wheel");
    let pdm = "[build-system]\nrequires = [\"pdm-backend\"]\nbuild-backend = \"pdm.backend\"\n\
        [project]\nname = \"demo\"\nversion = \"1.4\"\ndependencies = [\"sibling @ file:///${PROJECT_ROOT}/../sibling\"]\n";
    is_refused(&[("project/pyproject.toml", pdm), ("project/demo/__init__.py", "")], "sdist,wheel");
}

#[test]
fn a_setup_py_that_asks_for_its_folder() {
    let setup = "import pathlib\nfrom setuptools import setup\nhere = pathlib.Path(__file__).resolve().parent\n\
        setup(name='demo', version='1.4', packages=['demo'],\n    install_requires=[f'sibling @ {(here.parent / \"sibling\").as_uri()}'])\n";
    is_refused(&[("project/setup.py", setup), ("project/demo/__init__.py", "")], "wheel");
}
