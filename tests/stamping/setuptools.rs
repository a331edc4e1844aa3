//! setuptools: `pyproject.toml`, `setup.cfg`, `setup.py`.

use super::layout::{layout, pyproject};

const INIT: (&str, &str) = ("src/demo_pkg/__init__.py", "__version__ = \"1.4\"\n");
const PLAIN: (&str, &str) = ("src/demo_pkg/__init__.py", "");
const SETUP: (&str, &str) = ("setup.py", "from setuptools import setup\nsetup()\n");

#[test]
fn static_version() {
    layout(&[pyproject!("setuptools.build_meta", "\"setuptools\"", "version = \"1.4\"\n"), PLAIN]).check_with_local();
}

#[test]
fn static_version_with_python_build() {
    layout(&[pyproject!("setuptools.build_meta", "\"setuptools\"", "version = \"1.4\"\n"), PLAIN])
        .built_by("build")
        .check();
}

#[test]
fn dynamic_attribute() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\"",
        "dynamic = [\"version\"]\n[tool.setuptools.dynamic]\nversion = {attr = \"demo_pkg.__version__\"}\n"
    );
    layout(&[PROJECT, INIT]).contains(&[("demo_pkg/__init__.py", "__version__ = \"{}\"\n")]).check();
}

#[test]
fn dynamic_attribute_behind_imports() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\"",
        "dynamic = [\"version\"]\n[tool.setuptools.dynamic]\nversion = {attr = \"demo_pkg.__version__\"}\n"
    );
    layout(&[
        PROJECT,
        ("src/demo_pkg/__init__.py", "from demo_pkg.about import VERSION as __version__\n"),
        ("src/demo_pkg/about.py", "'''VERSION = \"0\"'''\nVERSION: str = '1.4'  # kept by people\n"),
    ])
    .contains(&[("demo_pkg/about.py", "VERSION: str = '{}'  # kept by people\n")])
    .check();
}

#[test]
fn dynamic_file() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\"",
        "dynamic = [\"version\"]\n[tool.setuptools.dynamic]\nversion = {file = \"VERSION\"}\n"
    );
    layout(&[PROJECT, PLAIN, ("VERSION", "1.4\n")]).sdist_contains(&[("VERSION", "{}\n")]).check();
}

const CFG: &str = "[metadata]\nname = demo-pkg\nversion = 1.4\n[options]\npackage_dir =\n    = src\npackages = find:\n[options.packages.find]\nwhere = src\n";

#[test]
fn setup_cfg_literal() {
    layout(&[("setup.cfg", CFG), SETUP, PLAIN]).sdist_contains(&[("setup.cfg", "\nversion = {}\n")]).check();
}

#[test]
fn setup_cfg_attribute() {
    const CFG: &str = "[metadata]\nname = demo-pkg\nversion = attr: demo_pkg.__version__\n[options]\npackage_dir =\n    = src\npackages = demo_pkg\n";
    layout(&[("setup.cfg", CFG), SETUP, INIT]).contains(&[("demo_pkg/__init__.py", "__version__ = \"{}\"\n")]).check();
}

#[test]
fn setup_cfg_file() {
    const CFG: &str = "[metadata]\nname = demo-pkg\nversion = file: VERSION\n[options]\npackage_dir =\n    = src\npackages = demo_pkg\n";
    layout(&[("setup.cfg", CFG), SETUP, PLAIN, ("VERSION", "1.4\n")]).check();
}

/// The options append to each version, so a build of `1.4.57` would be `1.4.57.dev0`.
#[test]
fn tags_of_egg_info_append_nothing() {
    const CFG: &str = "[metadata]\nname = demo-pkg\nversion = 1.4\n[options]\npackage_dir =\n    = src\npackages = demo_pkg\n\
        [egg_info]\ntag_build = .dev\ntag_date = true\n";
    layout(&[("setup.cfg", CFG), SETUP, PLAIN]).check_with_local();
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.setuptools_scm]\n[tool.distutils.egg_info]\ntag_build = \".post1\"\n"
    );
    layout(&[PROJECT, PLAIN]).tagged("v1.4").check();
    const OPTIONS: &str = "from setuptools import setup\nsetup(name='demo-pkg', version='1.4', package_dir={'': 'src'},\n    \
        packages=['demo_pkg'], options={'egg_info': {'tag_build': 'rc1', 'tag_date': True}})\n";
    layout(&[("setup.py", OPTIONS), PLAIN]).check();
}

/// setuptools joins a tuple with dots.
#[test]
fn attributes_that_are_no_strings() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\"",
        "dynamic = [\"version\"]\n[tool.setuptools.dynamic]\nversion = {attr = \"demo_pkg.VERSION\"}\n"
    );
    layout(&[PROJECT, ("src/demo_pkg/__init__.py", "VERSION = (1, 4)\n__version__ = '.'.join(map(str, VERSION))\n")])
        .check_with_local();
    const CFG: &str = "[metadata]\nname = demo-pkg\nversion = attr: demo_pkg.about.INFO\n[options]\npackage_dir =\n    = src\npackages = demo_pkg\n";
    const ABOUT: (&str, &str) = ("src/demo_pkg/about.py", "INFO = [\"1\", \"4\"]\n");
    layout(&[("setup.cfg", CFG), SETUP, PLAIN, ABOUT]).check();
    const NUMBER: (&str, &str) = ("src/demo_pkg/about.py", "INFO: float = 1.4\n");
    layout(&[("setup.cfg", CFG), SETUP, PLAIN, NUMBER])
        .contains(&[("demo_pkg/about.py", "INFO: float = \"{}\"\n")])
        .check();
}

#[test]
fn attribute_that_joins_names() {
    const PROJECT: (&str, &str) = pyproject!(
        "setuptools.build_meta",
        "\"setuptools\"",
        "dynamic = [\"version\"]\n[tool.setuptools.dynamic]\nversion = {attr = \"demo_pkg.__version__\"}\n"
    );
    const JOIN: &str = "version_info = (1, 4)\n__version__ = '.'.join(str(part) for part in version_info)\n";
    layout(&[PROJECT, ("src/demo_pkg/__init__.py", JOIN)]).check();
    const FORMAT: &str = "MAJOR = 1\nMINOR = 4\n__version__ = f\"{MAJOR}.{MINOR}\"\n";
    layout(&[PROJECT, ("src/demo_pkg/__init__.py", FORMAT)])
        .contains(&[("demo_pkg/__init__.py", "__version__ = \"{}\"\n")])
        .check();
}

/// A `setup.py` that calls `setup` with this version, after these lines.
macro_rules! setup_py {
    ($before:literal, $version:literal) => {
        (
            "setup.py",
            concat!(
                "import os, re\nfrom setuptools import setup\n",
                $before,
                "\nsetup(\n    name='demo-pkg',\n    version=",
                $version,
                ",\n    package_dir={'': 'src'}, packages=['demo_pkg'])\n"
            ),
        )
    };
}

#[test]
fn setup_py_literal() {
    layout(&[setup_py!("", "'1.4'"), PLAIN]).sdist_contains(&[("setup.py", "version='{}',\n")]).check();
}

#[test]
fn setup_py_constant() {
    layout(&[setup_py!("VERSION = '1.4'", "VERSION"), PLAIN])
        .sdist_contains(&[("setup.py", "\nVERSION = '{}'\n")])
        .check();
}

#[test]
fn setup_py_reads_a_file() {
    const VERSION: [(&str, &str); 2] = [("VERSION", "1.4\n"), ("MANIFEST.in", "include VERSION\n")];
    layout(&[setup_py!("", "open('VERSION').read().strip()"), PLAIN, VERSION[0], VERSION[1]])
        .sdist_contains(&[("VERSION", "{}\n")])
        .check();
}

#[test]
fn setup_py_reads_a_file_in_a_with_block() {
    layout(&[
        setup_py!(
            "here = os.path.dirname(os.path.abspath(__file__))\nwith open(os.path.join(here, 'VERSION')) as f:\n    version = f.read().strip()",
            "version"
        ),
        PLAIN,
        ("VERSION", "1.4\n"),
        ("MANIFEST.in", "include VERSION\n"),
    ])
    .sdist_contains(&[("VERSION", "{}\n")])
    .check();
}

#[test]
fn setup_py_executes_a_module() {
    layout(&[
        setup_py!("about = {}\nexec(open('src/demo_pkg/_version.py').read(), about)", "about['__version__']"),
        PLAIN,
        ("src/demo_pkg/_version.py", "__version__ = '1.4'\n"),
    ])
    .contains(&[("demo_pkg/_version.py", "__version__ = '{}'\n")])
    .check();
}

#[test]
fn setup_py_searches_a_module() {
    layout(&[
        setup_py!(
            "def find_version(path):\n    return re.search(r'__version__ = \"(.*)\"', open(path).read()).group(1)",
            "find_version('src/demo_pkg/__init__.py')"
        ),
        INIT,
    ])
    .contains(&[("demo_pkg/__init__.py", "__version__ = \"{}\"\n")])
    .check();
}

#[test]
fn setup_py_searches_a_module_before() {
    layout(&[
        setup_py!(
            "with open(os.path.join('src', 'demo_pkg', '__init__.py')) as f:\n    version = re.search(r'__version__ = \"(.*)\"', f.read()).group(1)",
            "version"
        ),
        INIT,
    ])
    .contains(&[("demo_pkg/__init__.py", "__version__ = \"{}\"\n")])
    .check();
}

#[test]
fn setup_py_joins_a_path_from_names() {
    const VERSION: (&str, &str) = ("src/demo_pkg/_version.py", "__version__ = '1.4'\n");
    const HOLDS: &[(&str, &str)] = &[("demo_pkg/_version.py", "__version__ = '{}'\n")];
    layout(&[
        setup_py!(
            "HERE = os.path.dirname(os.path.abspath(__file__))\nNAME = 'demo-pkg'\nabout = {}\n\
             with open(os.path.join(HERE, 'src', NAME.replace('-', '_'), '_version.py')) as f:\n    exec(f.read(), about)",
            "about['__version__']"
        ),
        PLAIN,
        VERSION,
    ])
    .contains(HOLDS)
    .check();
    layout(&[
        setup_py!(
            "from pathlib import Path\nSRC = 'src'\nPACKAGE = 'demo_pkg'\nROOT = Path(__file__).resolve().parent\n\
             TEXT = (ROOT / SRC / PACKAGE / '_version.py').read_text()",
            "re.search(r\"'(.*)'\", TEXT).group(1)"
        ),
        PLAIN,
        VERSION,
    ])
    .contains(HOLDS)
    .check();
    layout(&[
        setup_py!(
            "PACKAGE = 'demo_pkg'\nPATH = 'src/%s/_version.py' % PACKAGE\nexec(open(PATH).read())",
            "__version__"
        ),
        PLAIN,
        VERSION,
    ])
    .contains(HOLDS)
    .check();
}

#[test]
fn setup_py_joins_a_tuple() {
    layout(&[setup_py!("VERSION = (1, 4)", "'.'.join(map(str, VERSION))"), PLAIN]).check_with_local();
    layout(&[setup_py!("MAJOR, MINOR = 1, 4", "'1' '.' '4'"), PLAIN])
        .sdist_contains(&[("setup.py", "version=\"{}\",\n")])
        .check();
}

#[test]
fn setup_py_with_unpacked_numbers() {
    const SETUP: &str = "from setuptools import setup\nMAJOR, MINOR = 1, 4\nsetup(name='demo-pkg', version='%d.%d' % (MAJOR, MINOR), \
        packages=['demo_pkg'], package_dir={'': 'src'})\n";
    layout(&[("setup.py", SETUP), PLAIN]).check();
}

#[test]
fn setup_py_with_a_formatted_sequence() {
    const SETUP: &str = "from setuptools import setup\nINFO = (1, 4, 'final')\nVERSION = '{}.{}'.format(*INFO[:2])\n\
        setup(name='demo-pkg', version=VERSION, packages=['demo_pkg'], package_dir={'': 'src'})\n";
    layout(&[("setup.py", SETUP), PLAIN]).check();
}
