//! Tools with their own patterns of tags: which tag holds the base, and a stamp that the tool reads back.

use super::layout::{layout, pyproject};

const PLAIN: (&str, &str) = ("src/demo_pkg/__init__.py", "from ._version import __version__\n");
const HOLDS: &[(&str, &str)] = &[("demo_pkg/_version.py", "version = '{}'\n")];
const EMPTY: (&str, &str) = ("src/demo_pkg/__init__.py", "");

#[test]
fn setuptools_scm_describe_command_as_string() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\nversion_file = \"src/demo_pkg/_version.py\"\n\
         git_describe_command = \"git describe --dirty --tags --long --match 'releases/*'\"\n\
         tag_regex = '^releases/(?P<version>\\d.*)$'\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("releases/1.4").beside("v9.9").contains(HOLDS).check();
}

#[test]
fn setuptools_scm_describe_command_as_list() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\nversion_file = \"src/demo_pkg/_version.py\"\n\
         git_describe_command = [\"git\", \"describe\", \"--dirty\", \"--tags\", \"--long\", \"--match\", \"lib-[0-9]*\"]\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("lib-1.4").beside("app-9.9").contains(HOLDS).check();
}

#[test]
fn setuptools_scm_tag_table() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm>=10\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm.tag]\nprefix = \"libs/demo/v\"\n"
    );
    layout(&[PROJECT, EMPTY]).tagged("libs/demo/v1.4").beside("libs/other/v9.9").check();
}

#[test]
fn setuptools_scm_default_with_another_prefix() {
    const PROJECT: (&str, &str) =
        pyproject!("setuptools.build_meta", "\"setuptools\", \"setuptools-scm[simple]\"", "dynamic = [\"version\"]\n");
    layout(&[PROJECT, EMPTY]).tagged("some-product-v1.4").beside("nightly").check_with_local();
}

#[test]
fn setuptools_scm_in_the_dictionary_of_setup_py() {
    const SETUP: &str = "from setuptools import setup\nMATCH = 'py-*'\nsetup(name='demo-pkg', setup_requires=['setuptools-scm'],\n    \
        use_scm_version={'git_describe_command': ['git', 'describe', '--dirty', '--tags', '--long', '--match', MATCH],\n    \
        'tag_regex': r'^py-(?P<version>\\d.*)$'}, package_dir={'': 'src'}, packages=['demo_pkg'])\n";
    layout(&[("setup.py", SETUP), EMPTY]).tagged("py-1.4").beside("js-9.9").check();
}

/// No tag of this project can hold `1.4.57`, so the version reaches the tool by its variable.
#[test]
fn setuptools_scm_with_two_components_only() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\nversion_file = \"src/demo_pkg/_version.py\"\n\
         tag_regex = '^v(\\d+\\.\\d+)$'\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").contains(HOLDS).check_with_local();
}

#[test]
fn hatch_vcs_raw_options() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"hatch-vcs\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"vcs\"\n[tool.hatch.version.raw-options]\n\
         git_describe_command = [\"git\", \"describe\", \"--tags\", \"--long\", \"--match\", \"demo@*\"]\n\
         tag_regex = '^demo@(?P<version>.*)$'\n\
         [tool.hatch.build.hooks.vcs]\nversion-file = \"src/demo_pkg/_version.py\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("demo@1.4").beside("other@9.9").contains(HOLDS).check();
}

#[test]
fn hatch_vcs_in_hatch_toml() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"hatch-vcs\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\npath = \"not/used.py\"\n"
    );
    const HATCH: &str = "[version]\nsource = \"vcs\"\ntag-pattern = '^ver(?P<version>\\d.*)$'\n\
        [build.hooks.vcs]\nversion-file = \"src/demo_pkg/_version.py\"\n";
    layout(&[PROJECT, ("hatch.toml", HATCH), PLAIN]).tagged("ver1.4").beside("v9.9").contains(HOLDS).check();
}

#[test]
fn hatch_path_in_hatch_toml() {
    const PROJECT: (&str, &str) = pyproject!("hatchling.build", "\"hatchling\"", "dynamic = [\"version\"]\n");
    const ABOUT: (&str, &str) = ("src/demo_pkg/about.py", "__version__ = \"1.4\"\n");
    layout(&[PROJECT, ("hatch.toml", "version.path = \"src/demo_pkg/about.py\"\n"), EMPTY, ABOUT])
        .contains(&[("demo_pkg/about.py", "__version__ = \"{}\"\n")])
        .check();
}

#[test]
fn flit_scm() {
    const PROJECT: (&str, &str) = pyproject!(
        "flit_scm:buildapi",
        "\"flit_scm\"",
        "dynamic = [\"version\", \"description\"]\n[tool.setuptools_scm]\nwrite_to = \"src/demo_pkg/_version.py\"\n\
         git_describe_command = \"git describe --dirty --tags --long --match demo_pkg-*\"\n"
    );
    const INIT: (&str, &str) =
        ("src/demo_pkg/__init__.py", "\"\"\"A package.\"\"\"\nfrom ._version import version as __version__\n");
    layout(&[PROJECT, INIT]).tagged("demo_pkg-1.4").beside("other-9.9").contains(HOLDS).check();
}

#[test]
fn pdm_filter_and_pattern() {
    const PROJECT: (&str, &str) = pyproject!(
        "pdm.backend",
        "\"pdm-backend\"",
        "dynamic = [\"version\"]\n[tool.pdm.version]\nsource = \"scm\"\ntag_filter = \"py/*\"\n\
         tag_regex = '^py/(?P<version>\\d.*)$'\n"
    );
    layout(&[PROJECT, EMPTY]).tagged("py/1.4").beside("js/9.9").check_with_local();
}

#[test]
fn versioningit_match_and_prefix() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"versioningit\"",
        "dynamic = [\"version\"]\n[tool.versioningit.vcs]\nmatch = [\"rel/*\"]\nexclude = [\"*-broken\"]\n\
         [tool.versioningit.tag2version]\nrmprefix = \"rel/\"\n"
    );
    layout(&[PROJECT, EMPTY]).tagged("rel/1.4").beside("rel/9.9-broken").check();
}

#[test]
fn versioningit_as_source_of_hatch() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"versioningit\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"versioningit\"\n\
         [tool.versioningit.vcs]\nmatch = [\"app*\"]\n[tool.versioningit.tag2version]\nregex = '^app-(?P<version>.*)'\n"
    );
    layout(&[PROJECT, EMPTY]).tagged("app-1.4").beside("lib-9.9").check();
}

#[test]
fn setuptools_git_versioning_filter_and_formatter() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-git-versioning\"",
        "dynamic = [\"version\"]\n[tool.setuptools-git-versioning]\nenabled = true\ntag_filter = '^rel_.*'\n\
         tag_formatter = '^rel_(?P<tag>.*)$'\n"
    );
    layout(&[PROJECT, EMPTY]).tagged("rel_1.4").beside("9.9").check();
}

#[test]
fn poetry_dynamic_versioning_pattern() {
    const PROJECT: (&str, &str) = (
        "pyproject.toml",
        "[tool.poetry]\nname = \"demo-pkg\"\nversion = \"0.0.0\"\ndescription = \"\"\nauthors = []\n\
         packages = [{ include = \"demo_pkg\", from = \"src\" }]\n\
         [tool.poetry-dynamic-versioning]\nenable = true\npattern = '^rel/(?P<base>\\d+\\.\\d+)$'\n\
         [build-system]\nrequires = [\"poetry-core\", \"poetry-dynamic-versioning\"]\n\
         build-backend = \"poetry_dynamic_versioning.backend\"\n",
    );
    layout(&[PROJECT, EMPTY]).tagged("rel/1.4").beside("v9.9").check();
}

#[test]
fn uv_dynamic_versioning_prefix() {
    const PROJECT: (&str, &str) = pyproject!(
        "hatchling.build",
        "\"hatchling\", \"uv-dynamic-versioning\"",
        "dynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"uv-dynamic-versioning\"\n\
         [tool.uv-dynamic-versioning]\npattern = \"default-unprefixed\"\npattern-prefix = \"demo-\"\n"
    );
    layout(&[PROJECT, EMPTY]).tagged("demo-1.4").beside("v9.9").check();
}
