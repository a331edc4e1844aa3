//! Versions from tags: which tool reads them, which tags it takes, and the tag of a stamp.

use super::*;

/// The base comes from a tag such as `like`; the tag of [`NEW`] is `tag`.
fn is_tagged(tool: ScmTool, (like, tag): (&str, &str), files: Files) {
    let dir = project(files);
    let source = read(dir.path()).unwrap_or_else(|e| panic!("{tool:?}: {e}"));
    assert!(matches!(source.version_source, VersionSource::Scm { tool: t, .. } if t == tool), "{source:?}");
    assert_eq!(source.base, None, "{tool:?}: {files:?}");
    let VersionSource::Scm { tags, .. } = &source.version_source else { panic!("{source:?}") };
    assert!(tags.read(like).is_some(), "{tool:?} takes {like}: {tags:?}");
    let edit = stamp_like(dir.path(), &source.version_source, Some(like)).unwrap();
    let variable = match tool {
        ScmTool::PoetryDynamicVersioning => Some("POETRY_DYNAMIC_VERSIONING_BYPASS"),
        ScmTool::UvDynamicVersioning => Some("UV_DYNAMIC_VERSIONING_BYPASS"),
        ScmTool::Pbr => Some("PBR_VERSION"),
        _ => None,
    };
    let variables = variable.map(|name| (name.to_owned(), NEW.to_owned())).into_iter().collect();
    assert_eq!(edit, StampEdit { tag: Some(tag.to_owned()), variables, files: Vec::new(), differing: Vec::new() });
    assert_eq!(contents(dir.path(), files), files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect());
}

#[test]
fn tags_of_pyproject_tools() {
    let scm = toml("setuptools.build_meta", &format!("{DYNAMIC}[tool.setuptools_scm]\n"));
    is_tagged(ScmTool::SetuptoolsScm, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &scm)]);
    let only_required = toml("setuptools.build_meta", DYNAMIC).replace("[]", "[\"setuptools-scm[simple]>=9\"]");
    is_tagged(ScmTool::SetuptoolsScm, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &only_required)]);
    let generated = scm.clone()
        + "version_file = \"demo/_v.py\"\n[tool.setuptools.dynamic]\nversion = {attr = \"demo._v.version\"}\n";
    is_tagged(
        ScmTool::SetuptoolsScm,
        ("v1.4", "v1.4.57.dev0"),
        &[("pyproject.toml", &generated), ("demo/__init__.py", "")],
    );
    let regex = scm.clone() + "tag_regex = '^demo-(?P<version>\\d.*)$'\n";
    is_tagged(ScmTool::SetuptoolsScm, ("demo-1.4", "demo-1.4.57.dev0"), &[("pyproject.toml", &regex)]);
    let hatch = toml("hatchling.build", &format!("{DYNAMIC}[tool.hatch]\nversion.source = \"vcs\"\n"));
    is_tagged(ScmTool::HatchVcs, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &hatch)]);
    let uv = hatch.replace("\"vcs\"", "\"uv-dynamic-versioning\"")
        + "[tool.uv-dynamic-versioning]\npattern-prefix = \"demo-\"\n";
    is_tagged(ScmTool::UvDynamicVersioning, ("demo-v1.4", "demo-v1.4.57.dev0"), &[("pyproject.toml", &uv)]);
    let pdm = toml("pdm.backend", &format!("{DYNAMIC}[tool.pdm.version]\nsource = \"scm\"\n"));
    is_tagged(ScmTool::Pdm, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &pdm)]);
    let provider = "[tool.scikit-build.metadata.version]\nprovider = \"scikit_build_core.metadata.setuptools_scm\"\n";
    let scikit = toml("scikit_build_core.build", &format!("{DYNAMIC}{provider}"));
    is_tagged(ScmTool::SetuptoolsScm, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &scikit)]);
    let git = toml("setuptools.build_meta", &format!("{DYNAMIC}[tool.setuptools-git-versioning]\nenabled = true\n"));
    is_tagged(ScmTool::SetuptoolsGitVersioning, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &git)]);
}

#[test]
fn tags_of_tools_that_override_a_placeholder() {
    let poetry = toml(
        "poetry_dynamic_versioning.backend",
        "[tool.poetry]\nname = \"demo-pkg\"\nversion = \"0.0.0\"\n[tool.poetry-dynamic-versioning]\nenable = true\n",
    );
    is_tagged(ScmTool::PoetryDynamicVersioning, ("v1.4", "v1.4.57.dev0"), &[("pyproject.toml", &poetry)]);
    let cfg = "[metadata]\nname = demo-pkg\nversion = 0.0.0\n";
    is_tagged(
        ScmTool::SetuptoolsScm,
        ("v1.4", "v1.4.57.dev0"),
        &[("setup.cfg", cfg), ("setup.py", "from setuptools import setup\nsetup(use_scm_version=True)\n")],
    );
    is_tagged(
        ScmTool::SetuptoolsScm,
        ("v1.4", "v1.4.57.dev0"),
        &[("setup.cfg", cfg), ("pyproject.toml", "[tool.setuptools_scm]\n[build-system]\nrequires = []\n")],
    );
    let versioneer =
        "import versioneer\nfrom setuptools import setup\nsetup(name='demo-pkg', version=versioneer.get_version())\n";
    is_tagged(
        ScmTool::Versioneer,
        ("rel-1.4", "rel-1.4.57.dev0"),
        &[("setup.py", versioneer), ("setup.cfg", "[versioneer]\nVCS = git\ntag_prefix = rel-\n")],
    );
    is_tagged(
        ScmTool::Versioneer,
        ("1.4", "1.4.57.dev0"),
        &[("setup.py", versioneer), ("setup.cfg", "[versioneer]\nVCS = git\ntag_prefix = \"\"\n")],
    );
    is_tagged(
        ScmTool::Pbr,
        ("v1.4", "v1.4.57.dev0"),
        &[
            ("setup.py", "import setuptools\nsetuptools.setup(setup_requires=['pbr'], pbr=True)\n"),
            ("setup.cfg", "[metadata]\nname = demo-pkg\n"),
        ],
    );
}
