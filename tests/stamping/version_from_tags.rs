//! Tools that read the version from git tags, and write it into the package.

use super::layout::{layout, pyproject};

const PLAIN: (&str, &str) = ("src/demo_pkg/__init__.py", "from ._version import __version__\n");
const HOLDS: &[(&str, &str)] = &[("demo_pkg/_version.py", "version = '{}'\n")];

#[test]
fn setuptools_scm_version_file() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\nversion_file = \"src/demo_pkg/_version.py\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").contains(HOLDS).check_with_local();
}

#[test]
fn setuptools_scm_write_to_and_a_prefix() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\nwrite_to = \"src/demo_pkg/_version.py\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("demo-pkg-1.4").contains(HOLDS).check();
}

#[test]
fn setuptools_scm_in_setup_py() {
    const SETUP: &str = "from setuptools import setup\nsetup(name='demo-pkg', use_scm_version={'version_file': 'src/demo_pkg/_version.py'},\n    \
        setup_requires=['setuptools-scm'], package_dir={'': 'src'}, packages=['demo_pkg'])\n";
    layout(&[("setup.py", SETUP), PLAIN]).tagged("1.4").contains(HOLDS).check();
}

/// The build of the first format writes a tracked file; the build of the second one must not see the change.
#[test]
fn setuptools_scm_with_a_tracked_version_file() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\nversion_file = \"src/demo_pkg/_version.py\"\n"
    );
    layout(&[PROJECT, PLAIN, ("src/demo_pkg/_version.py", "version = '0'\n")])
        .tagged("v1.4")
        .contains(HOLDS)
        .check_with_local();
}

#[test]
fn hatch_vcs() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"hatch-vcs\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"vcs\"\n\
         [tool.hatch.build.hooks.vcs]\nversion-file = \"src/demo_pkg/_version.py\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").contains(HOLDS).check_with_local();
}

#[test]
fn pdm_scm() {
    const PROJECT: (&str, &str) = pyproject!(
        "pdm.backend",
        "\"pdm-backend\"",
        "dynamic = [\"version\"]\n[tool.pdm.version]\nsource = \"scm\"\n\
         write_to = \"demo_pkg/_version.py\"\nwrite_template = \"version = '{}'\\n\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").wheel_contains(HOLDS).check_with_local();
}

#[test]
fn poetry_dynamic_versioning() {
    const PROJECT: &str = "[tool.poetry]\nname = \"demo-pkg\"\nversion = \"0.0.0\"\ndescription = \"\"\nauthors = []\n\
        packages = [{ include = \"demo_pkg\", from = \"src\" }]\n\
        [tool.poetry-dynamic-versioning]\nenable = true\n\
        [tool.poetry-dynamic-versioning.files.\"src/demo_pkg/_version.py\"]\npersistent-substitution = true\n\
        initial-content = \"version = '0.0.0'\\n\"\n\
        [tool.poetry-dynamic-versioning.substitution]\nfiles = [\"src/demo_pkg/_version.py\"]\n\
        patterns = [\"(^version = ')[^']*(')\"]\n\
        [build-system]\nrequires = [\"poetry-core\", \"poetry-dynamic-versioning\"]\n\
        build-backend = \"poetry_dynamic_versioning.backend\"\n";
    layout(&[("pyproject.toml", PROJECT), PLAIN]).tagged("v1.4").contains(HOLDS).check_with_local();
}

#[test]
fn poetry_dynamic_versioning_in_the_project_table() {
    const PROJECT: (&str, &str) = pyproject!(
        "poetry_dynamic_versioning.backend",
        "\"poetry-core\", \"poetry-dynamic-versioning\"",
        "dynamic = [\"version\"]\n[tool.poetry]\nversion = \"0.0.0\"\n[tool.poetry-dynamic-versioning]\nenable = true\n"
    );
    layout(&[PROJECT, ("demo_pkg/__init__.py", "__version__ = \"0.0.0\"\n")])
        .tagged("v1.4")
        .contains(&[("demo_pkg/__init__.py", "__version__ = \"{}\"")])
        .check();
}

#[test]
fn uv_dynamic_versioning() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"uv-dynamic-versioning\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"uv-dynamic-versioning\"\n"
    );
    layout(&[PROJECT, ("src/demo_pkg/__init__.py", "")]).tagged("v1.4").check_with_local();
}

#[test]
fn setuptools_git_versioning() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-git-versioning\"",
        "dynamic = [\"version\"]\n[tool.setuptools-git-versioning]\nenabled = true\n"
    );
    layout(&[PROJECT, ("src/demo_pkg/__init__.py", "")]).tagged("v1.4").check_with_local();
}

#[test]
fn versioningit() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"versioningit\"",
        "dynamic = [\"version\"]\n[tool.versioningit.write]\nfile = \"src/demo_pkg/_version.py\"\n\
         template = \"version = '{version}'\\n\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").contains(HOLDS).check_with_local();
}

#[test]
fn a_custom_tag_format() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"uv-dynamic-versioning\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"uv-dynamic-versioning\"\n\
         [tool.uv-dynamic-versioning]\nformat = \"{base}.post{distance}+{commit}\"\n"
    );
    layout(&[PROJECT, ("src/demo_pkg/__init__.py", "")]).tagged("v1.4").check();
}

const PBR_CFG: (&str, &str) = ("setup.cfg", "[metadata]\nname = demo-pkg\n[files]\npackages =\n    demo_pkg\n");

#[test]
fn pbr() {
    const SETUP: &str = "import setuptools\nsetuptools.setup(setup_requires=['pbr'], pbr=True)\n";
    const PROJECT: &str =
        "[build-system]\nrequires = [\"pbr>=6\", \"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";
    layout(&[PBR_CFG, ("setup.py", SETUP), ("pyproject.toml", PROJECT), ("demo_pkg/__init__.py", "")])
        .tagged("1.4")
        .check_with_local();
}

/// `versioneer install` writes files that belong to the project from then on.
#[test]
fn versioneer_vendored() {
    const SETUP: &str = "import versioneer\nfrom setuptools import setup\nsetup(name='demo-pkg', version=versioneer.get_version(),\n    \
        cmdclass=versioneer.get_cmdclass(), package_dir={'': 'src'}, packages=['demo_pkg'])\n";
    const CFG: &str = "[versioneer]\nVCS = git\nstyle = pep440\nversionfile_source = src/demo_pkg/_version.py\n\
        versionfile_build = demo_pkg/_version.py\ntag_prefix = v\n";
    layout(&[
        ("setup.py", SETUP),
        ("setup.cfg", CFG),
        ("src/demo_pkg/__init__.py", "from . import _version\n__version__ = _version.get_versions()['version']\n"),
    ])
    .prepared(&["uvx", "--quiet", "versioneer", "install", "--vendor"])
    .tagged("v1.4")
    .contains(&[("demo_pkg/_version.py", "\"version\": \"{}\"")])
    .check_with_local();
}

#[test]
fn versioneer_required() {
    const SETUP: &str = "import versioneer\nfrom setuptools import setup\nsetup(version=versioneer.get_version(), cmdclass=versioneer.get_cmdclass())\n";
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"versioneer[toml]\"",
        "dynamic = [\"version\"]\n[tool.versioneer]\nVCS = \"git\"\nversionfile_source = \"src/demo_pkg/_version.py\"\n\
         versionfile_build = \"demo_pkg/_version.py\"\ntag_prefix = \"\"\n"
    );
    layout(&[PROJECT, ("setup.py", SETUP), ("src/demo_pkg/__init__.py", "")])
        .prepared(&["uvx", "--quiet", "--from", "versioneer[toml]", "versioneer", "install", "--no-vendor"])
        .tagged("1.4")
        .contains(&[("demo_pkg/_version.py", "\"version\": \"{}\"")])
        .check();
}
