//! hatchling, flit, poetry, pdm, uv: a static version, and a version from a file or a variable.

use super::layout::{layout, pyproject};

const INIT: (&str, &str) = ("src/demo_pkg/__init__.py", "\"\"\"A sample.\"\"\"\n__version__ = \"1.4\"\n");
const PLAIN: (&str, &str) = ("src/demo_pkg/__init__.py", "\"\"\"A sample.\"\"\"\n");
const INIT_HOLDS: &[(&str, &str)] = &[("demo_pkg/__init__.py", "\n__version__ = \"{}\"\n")];
const PYPROJECT_HOLDS: &[(&str, &str)] = &[("pyproject.toml", "\nversion = \"{}\"\n")];

#[test]
fn hatchling_static() {
    layout(&[pyproject!("hatchling.build", "\"hatchling\"", "version = \"1.4\"\n"), PLAIN])
        .sdist_contains(PYPROJECT_HOLDS)
        .check();
}

/// `__version__` beside the version of the table is the same version in the build, too.
#[test]
fn a_static_version_with_a_second_place() {
    layout(&[pyproject!("hatchling.build", "\"hatchling\"", "version = \"1.4\"\n"), INIT]).contains(INIT_HOLDS).check();
    layout(&[pyproject!("uv_build", "\"uv_build\"", "version = \"1.4\"\n"), INIT]).contains(INIT_HOLDS).check();
    const ABOUT: (&str, &str) = ("src/demo_pkg/__about__.py", "__version__ = (1, 4)\n");
    layout(&[pyproject!("setuptools.build_meta", "\"setuptools\"", "version = \"1.4\"\n"), PLAIN, ABOUT])
        .wheel_contains(&[("demo_pkg/__about__.py", "__version__ = (1, 4, 57,)")])
        .check();
}

#[test]
fn hatchling_path() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\npath = \"src/demo_pkg/__init__.py\"\n"
    );
    layout(&[PROJECT, INIT]).contains(INIT_HOLDS).check();
}

#[test]
fn hatchling_code() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"code\"\npath = \"src/demo_pkg/__init__.py\"\n"
    );
    layout(&[PROJECT, INIT]).contains(INIT_HOLDS).check();
}

#[test]
fn hatchling_variable() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"env\"\nvariable = \"DEMO_VERSION\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").check_with_local();
}

#[test]
fn flit_static() {
    layout(&[
        pyproject!("flit_core.buildapi", "\"flit_core>=3.4\"", "version = \"1.4\"\ndescription = \"A sample.\"\n"),
        PLAIN,
    ])
    .sdist_contains(&[("pyproject.toml", "\nversion = \"{}\"\n")])
    .check();
}

#[test]
fn flit_dynamic() {
    const PROJECT: (&str, &str) =
        pyproject!("flit_core.buildapi", "\"flit_core>=3.4\"", "dynamic = [\"version\", \"description\"]\n");
    layout(&[PROJECT, INIT]).contains(INIT_HOLDS).check();
}

#[test]
fn poetry_project_table() {
    layout(&[pyproject!("poetry.core.masonry.api", "\"poetry-core>=2\"", "version = \"1.4\"\n"), PLAIN])
        .sdist_contains(PYPROJECT_HOLDS)
        .check();
}

#[test]
fn poetry_own_table() {
    const PROJECT: &str = "[tool.poetry]\nname = \"demo-pkg\"\nversion = \"1.4\"\ndescription = \"\"\nauthors = []\n\
        packages = [{ include = \"demo_pkg\", from = \"src\" }]\n\
        [build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n";
    layout(&[("pyproject.toml", PROJECT), PLAIN]).sdist_contains(PYPROJECT_HOLDS).check();
}

#[test]
fn pdm_static() {
    layout(&[pyproject!("pdm.backend", "\"pdm-backend\"", "version = \"1.4\"\n"), PLAIN])
        .sdist_contains(PYPROJECT_HOLDS)
        .check();
}

#[test]
fn pdm_file() {
    const PROJECT: (&str, &str) = pyproject!(
        "pdm.backend",
        "\"pdm-backend\"",
        "dynamic = [\"version\"]\n[tool.pdm.version]\nsource = \"file\"\npath = \"src/demo_pkg/__init__.py\"\n"
    );
    layout(&[PROJECT, INIT]).contains(INIT_HOLDS).check();
}

#[test]
fn uv_build() {
    layout(&[pyproject!("uv_build", "\"uv_build\"", "version = \"1.4\"\n"), PLAIN])
        .sdist_contains(PYPROJECT_HOLDS)
        .check();
}
