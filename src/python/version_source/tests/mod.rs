//! Every way of keeping a version: a small project, its base, the stamp, and the base again.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use pep440_rs::Version;

use super::{ScmTool, VersionSource};
use crate::model::names::ProjectName;
use crate::python::error::Error;
use crate::python::project::{self, ProjectSource};
use crate::python::source_tree::SourceTree;
use crate::python::stamp::{Stamp, StampEdit, write_version};

mod second_place;
mod tags;

const NEW: &str = "1.4.57.dev0";

fn read(dir: &Path) -> Result<ProjectSource, Error> {
    project::read(SourceTree::all(dir))
}

type Files<'a> = &'a [(&'a str, &'a str)];

fn project(files: Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn contents(dir: &Path, files: Files) -> BTreeMap<String, String> {
    files.iter().map(|(path, _)| ((*path).to_owned(), std::fs::read_to_string(dir.join(path)).unwrap())).collect()
}

fn stamp(dir: &Path, source: &VersionSource) -> StampEdit {
    stamp_like(dir, source, None).unwrap()
}

fn stamp_like(dir: &Path, source: &VersionSource, base_tag: Option<&str>) -> Result<StampEdit, Error> {
    stamp_with(dir, source, (NEW, base_tag))
}

fn stamp_with(
    dir: &Path,
    source: &VersionSource,
    (version, base_tag): (&str, Option<&str>),
) -> Result<StampEdit, Error> {
    let (name, version) = (ProjectName::parse("demo-pkg").unwrap(), Version::from_str(version).unwrap());
    write_version(dir, Stamp { name: &name, source, version: &version, base_tag })
}

/// The base is `1.4.2`, it stands where `shown` says, and stamping changes that one stretch of the last file that holds it as `mark`.
fn keeps_its_version(shown: &str, changed: &str, files: Files) {
    let dir = project(files);
    let before = read(dir.path()).unwrap_or_else(|e| panic!("{shown}: {e}"));
    assert_eq!(
        (before.base.as_deref(), before.version_source.to_string().as_str()),
        (Some("1.4.2"), shown),
        "{files:?}"
    );
    assert_eq!(before.name.as_str(), "demo-pkg");
    assert_eq!(stamp(dir.path(), &before.version_source).files, [changed]);
    let after = read(dir.path()).unwrap();
    assert_eq!(after.base.as_deref(), Some(NEW), "{shown}");
    let mut expected: BTreeMap<String, String> =
        files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let text = expected.get_mut(changed).unwrap();
    assert_eq!(text.matches("1.4.2").count(), 1, "the sample must hold its version once");
    *text = text.replace("1.4.2", NEW);
    assert_eq!(contents(dir.path(), files), expected, "{shown}");
    assert_eq!(stamp(dir.path(), &after.version_source).files, [changed], "stamping twice is harmless");
}

fn toml(backend: &str, rest: &str) -> String {
    format!("[build-system]\nrequires = []\nbuild-backend = \"{backend}\"\n{rest}")
}

const DYNAMIC: &str = "[project]\nname = \"Demo.Pkg\"\ndynamic = [\"version\"]\n";

#[test]
fn static_tables() {
    let project_table = "# top\r\n[project]\r\nname = 'Demo_Pkg'\r\nversion = '1.4.2'   # people keep this\r\n[tool.x]\r\nversion = \"9\"\r\n";
    keeps_its_version("pyproject.toml [project] version", "pyproject.toml", &[("pyproject.toml", project_table)]);
    let inline = toml("uv_build", "project = { name = \"demo-pkg\", version = \"1.4.2\" }\n");
    let inline = inline
        .replace("[build-system]\n", "")
        .replace("requires", "build-system.requires")
        .replace("build-backend", "build-system.build-backend");
    keeps_its_version("pyproject.toml [project] version", "pyproject.toml", &[("pyproject.toml", &inline)]);
    let poetry = toml("poetry.core.masonry.api", "[tool.poetry]\nversion = \"1.4.2\"\nname = \"demo-pkg\"\n");
    keeps_its_version("pyproject.toml [tool.poetry] version", "pyproject.toml", &[("pyproject.toml", &poetry)]);
    let both = format!("{}[tool.poetry]\nversion = \"1.4.2\"\n", toml("poetry.core.masonry.api", DYNAMIC));
    keeps_its_version("pyproject.toml [tool.poetry] version", "pyproject.toml", &[("pyproject.toml", &both)]);
}

#[test]
fn setuptools_in_pyproject() {
    let attr = toml(
        "setuptools.build_meta",
        &format!("{DYNAMIC}[tool.setuptools.dynamic]\nversion = {{ attr = \"demo.about.VERSION\" }}\n"),
    );
    keeps_its_version(
        "src/demo/about.py VERSION",
        "src/demo/about.py",
        &[
            ("pyproject.toml", &attr),
            ("src/demo/__init__.py", "from .about import VERSION\n"),
            ("src/demo/about.py", "'''VERSION = \"0\"'''\nVERSION: str = '1.4.2'  # c\nOTHER = 1\n"),
        ],
    );
    let through = attr.replace("demo.about.VERSION", "demo.__version__");
    keeps_its_version(
        "demo/about.py VERSION",
        "demo/about.py",
        &[
            ("pyproject.toml", &through),
            ("demo/__init__.py", "from .about import VERSION as __version__\n"),
            ("demo/about.py", "VERSION = \"1.4.2\"\n"),
        ],
    );
    let file =
        toml("setuptools.build_meta", &format!("{DYNAMIC}[tool.setuptools.dynamic]\nversion.file = [\"VERSION\"]\n"));
    keeps_its_version("VERSION", "VERSION", &[("pyproject.toml", &file), ("VERSION", "\n 1.4.2 \r\n")]);
    let roots = attr.clone() + "[tool.setuptools]\npackage-dir = { \"\" = \"lib\" }\n";
    keeps_its_version(
        "lib/demo/about.py VERSION",
        "lib/demo/about.py",
        &[("pyproject.toml", &roots), ("lib/demo/about.py", "VERSION = '1.4.2'")],
    );
}

#[test]
fn setuptools_in_setup_cfg() {
    let cfg = "# c\n[metadata]\nname = demo_pkg\nversion = 1.4.2\n\n[options]\n# more\n";
    keeps_its_version("setup.cfg [metadata] version", "setup.cfg", &[("setup.cfg", cfg)]);
    keeps_its_version(
        "setup.cfg [metadata] version",
        "setup.cfg",
        &[("setup.cfg", cfg), ("setup.py", "import setuptools\nsetuptools.setup()\n")],
    );
    let backend = toml("setuptools.build_meta", "");
    keeps_its_version(
        "VERSION",
        "VERSION",
        &[("pyproject.toml", &backend), ("setup.cfg", &cfg.replace("1.4.2", "file: VERSION")), ("VERSION", "1.4.2")],
    );
    let attr =
        cfg.replace("1.4.2", "attr: demo.__version__").replace("[options]", "[options]\npackage_dir =\n    =python");
    keeps_its_version(
        "python/demo/__init__.py __version__",
        "python/demo/__init__.py",
        &[("setup.cfg", &attr), ("python/demo/__init__.py", "__version__ = '1.4.2'\n")],
    );
}

#[test]
fn setup_py() {
    let literal = "#!/usr/bin/env python\nfrom setuptools import setup\nsetup(\n    name='demo-pkg',\n    version='1.4.2',  # v\n)\n";
    keeps_its_version("setup.py version", "setup.py", &[("setup.py", literal)]);
    let constant = "import setuptools\nNAME, VERSION = 'x', 'y'\nVERSION = '1.4.2'\nsetuptools.setup(name='demo-pkg', version=VERSION)\n";
    keeps_its_version("setup.py VERSION", "setup.py", &[("setup.py", constant)]);
    let read = "from setuptools import setup\nsetup(name='demo-pkg', version=open('VERSION').read().strip())\n";
    keeps_its_version("VERSION", "VERSION", &[("setup.py", read), ("VERSION", "1.4.2\n")]);
    let module =
        "from setuptools import setup\nsetup(name='demo-pkg', version=get(os.path.join('demo', '__init__.py')))\n";
    keeps_its_version(
        "demo/__init__.py __version__",
        "demo/__init__.py",
        &[("setup.py", module), ("demo/__init__.py", "__version__ = '1.4.2'\n")],
    );
    // An attribute of an imported module.
    for (import, version, path) in [
        ("import six", "six.__version__", "six.py"),
        ("import os, demo.about as about", "about.VERSION", "demo/about.py"),
        ("from demo import about as a", "(a.VERSION)", "demo/about.py"),
        ("import demo.about", "demo.about.VERSION", "demo/about.py"),
        ("import demo", "demo.__version__", "demo/about.py"),
    ] {
        let setup = format!("{import}\nfrom setuptools import setup\nsetup(name='demo-pkg', version={version})\n");
        let files: [(&str, &str); 4] = [
            ("setup.py", &setup),
            ("six.py", "__version__ = '1.4.2'\n"),
            ("demo/__init__.py", "from . import about as _a\n__version__ = _a.VERSION\n"),
            ("demo/about.py", if path == "six.py" { "VERSION = f()\n" } else { "VERSION = '1.4.2'\n" }),
        ];
        let name = if path == "six.py" { "__version__" } else { "VERSION" };
        keeps_its_version(&format!("{path} {name}"), path, &files);
    }
}

#[test]
fn hatch_and_flit() {
    let path = toml("hatchling.build", &format!("{DYNAMIC}[tool.hatch.version]\npath = \"src/demo/__about__.py\"\n"));
    keeps_its_version(
        "src/demo/__about__.py",
        "src/demo/__about__.py",
        &[("pyproject.toml", &path), ("src/demo/__about__.py", "# x\n__version__ = \"1.4.2\"\n")],
    );
    let pattern = path.clone() + "pattern = '(?<=#define V )\"(?P<version>[^\"]+)\"'\n";
    keeps_its_version(
        "src/demo/__about__.py",
        "src/demo/__about__.py",
        &[("pyproject.toml", &pattern), ("src/demo/__about__.py", "#define V \"1.4.2\"\n")],
    );
    let code = path.clone() + "source = \"code\"\nexpression = \"v\"\n";
    keeps_its_version(
        "src/demo/__about__.py v",
        "src/demo/__about__.py",
        &[("pyproject.toml", &code), ("src/demo/__about__.py", "v = \"1.4.2\"\n")],
    );
    let flit = toml("flit_core.buildapi", "[project]\nname = \"demo-pkg\"\ndynamic = [\"version\", \"description\"]\n");
    keeps_its_version(
        "demo_pkg/package_data.py __version__",
        "demo_pkg/package_data.py",
        &[
            ("pyproject.toml", &flit),
            (
                "demo_pkg/__init__.py",
                "\"\"\"Doc.\"\"\"\nfrom .core import (\n    encode,\n)\nfrom .package_data import __version__\n",
            ),
            ("demo_pkg/package_data.py", "__version__ = \"1.4.2\"\n"),
        ],
    );
    let old = toml("flit_core.buildapi", "[tool.flit.metadata]\nmodule = \"demo_pkg\"\nauthor = \"x\"\n");
    keeps_its_version(
        "src/demo_pkg.py __version__",
        "src/demo_pkg.py",
        &[("pyproject.toml", &old), ("src/demo_pkg.py", "__version__ = '1.4.2'\n")],
    );
    let named = flit.clone() + "[tool.flit.module]\nname = \"ns.demo\"\n";
    keeps_its_version(
        "ns/demo/__init__.py __version__",
        "ns/demo/__init__.py",
        &[("pyproject.toml", &named), ("ns/demo/__init__.py", "__version__ = '1.4.2'\n")],
    );
}

#[test]
fn pdm_scikit_build_and_native_ones() {
    let pdm = toml("pdm.backend", &format!("{DYNAMIC}[tool.pdm.version]\nsource = \"file\"\npath = \"demo.py\"\n"));
    keeps_its_version("demo.py", "demo.py", &[("pyproject.toml", &pdm), ("demo.py", "__version__ = '1.4.2'  # c\n")]);
    let scikit = toml(
        "scikit_build_core.build",
        &format!(
            "{DYNAMIC}[tool.scikit-build]\nmetadata.version.provider = \"scikit_build_core.metadata.regex\"\nmetadata.version.input = \"demo.py\"\n"
        ),
    );
    keeps_its_version(
        "demo.py",
        "demo.py",
        &[("pyproject.toml", &scikit), ("demo.py", "x = 1\n__version__: str = '1.4.2'\n")],
    );
    let meson = toml("mesonpy", DYNAMIC);
    keeps_its_version(
        "meson.build version",
        "meson.build",
        &[
            ("pyproject.toml", &meson),
            ("meson.build", "# m\nproject('demo', 'c', default_options: ['a=1'],\n  version: '1.4.2')\n"),
        ],
    );
    keeps_its_version(
        "VERSION",
        "VERSION",
        &[
            ("pyproject.toml", &meson),
            ("meson.build", "project('demo', version: files('VERSION'))\n"),
            ("VERSION", "1.4.2\n"),
        ],
    );
}

#[test]
fn cargo_holds_what_cargo_accepts() {
    let pyproject = toml("maturin", "[project]\nname = \"demo-pkg\"\n# which\ndynamic = [\"version\", \"readme\"]\n");
    let workspace = "[workspace]\nmembers = ['crate']\n[workspace.package]\nversion = \"1.4.2\"\n";
    let files: Files = &[
        ("pyproject.toml", &(pyproject + "[tool.maturin]\nmanifest-path = \"crate/Cargo.toml\"\n")),
        ("crate/Cargo.toml", "[package]\nname = \"demo\"\nversion.workspace = true\n"),
        ("Cargo.toml", workspace),
    ];
    let dir = project(files);
    let source = read(dir.path()).unwrap();
    assert_eq!(
        (source.base.as_deref(), source.version_source.to_string().as_str()),
        (Some("1.4.2"), "Cargo.toml version")
    );
    let edit = stamp_with(dir.path(), &source.version_source, ("1.4.57", None)).unwrap();
    assert_eq!(
        (edit.files.as_slice(), read(dir.path()).unwrap().base.as_deref()),
        (&["Cargo.toml".to_owned()][..], Some("1.4.57"))
    );
    assert_eq!(stamp(dir.path(), &source.version_source).files, ["pyproject.toml"]);
    let text = std::fs::read_to_string(dir.path().join("pyproject.toml")).unwrap();
    assert!(text.contains("# which\ndynamic = [ \"readme\"]\nversion = \"1.4.57.dev0\"\n"), "{text}");
    assert_eq!(read(dir.path()).unwrap().version_source, VersionSource::ProjectTable);
}

#[test]
fn a_placeholder_is_a_version_where_nobody_overrides_it() {
    let poetry = toml(
        "poetry.core.masonry.api",
        "[tool.poetry]\nname = \"demo-pkg\"\nversion = \"0.0.0\"\n[tool.poetry-dynamic-versioning]\nenable = false\n",
    );
    let dir = project(&[("pyproject.toml", &poetry)]);
    assert_eq!(read(dir.path()).unwrap().base.as_deref(), Some("0.0.0"));
    let real = "[metadata]\nname = demo-pkg\nversion = 1.4.2\n";
    let scm = "[tool.setuptools_scm]\n[build-system]\nrequires = []\n";
    keeps_its_version("setup.cfg [metadata] version", "setup.cfg", &[("setup.cfg", real), ("pyproject.toml", scm)]);
}

#[test]
fn pbr_and_hatch_env_need_more_than_a_file() {
    let dir =
        project(&[("setup.py", "setup(pbr=True)"), ("setup.cfg", "[metadata]\nname = demo-pkg\nversion = 1.4.2 \n")]);
    let source = read(dir.path()).unwrap();
    assert_eq!(source.base.as_deref(), Some("1.4.2"));
    let edit = stamp(dir.path(), &source.version_source);
    assert_eq!((edit.files, edit.tag), (vec!["setup.cfg".to_owned()], Some(format!("v{NEW}"))));
    let env = toml(
        "hatchling.build",
        &format!("{DYNAMIC}[tool.hatch.version]\nsource = \"env\"\nvariable = \"DEMO_VERSION\"\n"),
    );
    let dir = project(&[("pyproject.toml", &env)]);
    let source = read(dir.path()).unwrap();
    assert!(source.base.is_none() && source.version_source.needs_tag());
    assert_eq!(stamp(dir.path(), &source.version_source).variables, [("DEMO_VERSION".to_owned(), NEW.to_owned())]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let error = |files: Files| read(project(files).path()).unwrap_err();
    assert!(matches!(error(&[]), Error::NoProject { .. }));
    assert!(matches!(error(&[("pyproject.toml", "[tool.black]\nline-length = 1\n")]), Error::NoProject { .. }));
    assert!(matches!(error(&[("setup.py", "setup(name=f())")]), Error::NameUnknown { .. }));
    let bad_name = "project = { name = 'é', version = '1' }";
    assert!(matches!(error(&[("pyproject.toml", bad_name)]), Error::NameRefused { .. }));
    assert!(matches!(error(&[("pyproject.toml", "[project\n")]), Error::InvalidFile { .. }));
    let no_version = toml("hatchling.build", DYNAMIC);
    assert!(matches!(error(&[("pyproject.toml", &no_version)]), Error::VersionUnknown { .. }));
    assert!(matches!(error(&[("setup.py", "setup(name='x', version=f())")]), Error::VersionUnknown { .. }));
    let gone = toml("hatchling.build", &format!("{DYNAMIC}[tool.hatch.version]\npath = \"../x.py\"\n"));
    assert!(matches!(error(&[("pyproject.toml", &gone)]), Error::OutsideProject { .. }));
    let bad_pattern =
        toml("hatchling.build", &format!("{DYNAMIC}[tool.hatch.version]\npath = \"x.py\"\npattern = '('\n"));
    assert!(matches!(error(&[("pyproject.toml", &bad_pattern), ("x.py", "")]), Error::VersionUnknown { .. }));
    let computed = toml("flit_core.buildapi", &DYNAMIC.replace("Demo.Pkg", "demo"));
    let files: Files = &[("pyproject.toml", &computed), ("demo.py", "__version__ = f()\n")];
    assert!(matches!(error(files), Error::VersionUnknown { .. }));
}
