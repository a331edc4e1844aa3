//! Small Python projects to build and test.

use std::path::Path;

/// The build backend of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// hatchling, which builders download from the package index or take from their cache.
    Hatchling,
    /// A backend of 50 lines in the project itself, which needs only Python: no network, and little time. It builds a wheel for every
    /// Python 3, or one with the tag in the variable `WHEEL_TAG` (`native`: the tag of the interpreter that runs it).
    InTree,
}

/// A project with a `src` layout, tests for two tox environments, and a tox.ini without git-devpi's settings.
#[derive(Debug, Clone)]
pub struct PythonProject {
    name: String,
    version: String,
    backend: Backend,
}

impl PythonProject {
    /// `demo-pkg` 1.4, built by hatchling.
    pub fn new() -> Self {
        Self { name: "demo-pkg".to_owned(), version: "1.4".to_owned(), backend: Backend::Hatchling }
    }

    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// The name of the import package.
    pub fn module(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Writes it into `folder`, which may be a repository's work tree.
    pub fn write(&self, folder: &Path) {
        let module = self.module();
        let test = format!(
            "import unittest\n\nimport {module}\n\n\nclass Greeting(unittest.TestCase):\n    def test_greeting(self):\n        \
             self.assertEqual({module}.greeting(), 'hello')\n"
        );
        write(folder, "pyproject.toml", &self.pyproject());
        write(folder, &format!("src/{module}/__init__.py"), "def greeting():\n    return 'hello'\n");
        write(folder, "tests/unit/test_unit.py", &test);
        write(folder, "tests/system/test_system.py", &test);
        write(folder, "tox.ini", TOX_INI);
        write(folder, ".gitignore", ".tox/\n__pycache__/\n/dist/\n");
        if self.backend == Backend::InTree {
            write(folder, "backend/in_tree.py", IN_TREE);
        }
    }

    fn pyproject(&self) -> String {
        let build_system = match self.backend {
            Backend::Hatchling => "requires = [\"hatchling>=1.24\"]\nbuild-backend = \"hatchling.build\"\n",
            Backend::InTree => "requires = []\nbuild-backend = \"in_tree\"\nbackend-path = [\"backend\"]\n",
        };
        format!(
            "[build-system]\n{build_system}\n[project]\nname = \"{}\"\nversion = \"{}\"  # the semantic part\n\
             description = \"A sample\"\nrequires-python = \">=3.9\"\n",
            self.name, self.version
        )
    }
}

/// Without dependencies: unittest is part of Python.
const TOX_INI: &str =
    "[tox]\nenv_list = unit, system\n\n[testenv]\ncommands = python -m unittest discover -s tests/{env_name}\n";

const IN_TREE: &str = r#""""Builds a wheel or an sdist of a src layout out of name and version in pyproject.toml."""
import base64, hashlib, io, os, re, sys, sysconfig, tarfile, zipfile


def _tag():
    tag = os.environ.get("WHEEL_TAG") or "py3-none-any"
    if tag == "native":
        python = "cp%d%d" % sys.version_info[:2]
        tag = python + "-" + python + "-" + re.sub("[-.]", "_", sysconfig.get_platform())
    return tag


def _project():
    with open("pyproject.toml", encoding="utf-8") as f:
        text = f.read()
    name = re.search(r'^name = "(.*)"', text, re.M).group(1)
    version = re.search(r'^version = "(.*?)"', text, re.M).group(1)
    return name, version, re.sub(r"[-_.]+", "_", name).lower() + "-" + version


def _metadata(name, version):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A sample\nRequires-Python: >=3.9\n"


def _files(top):
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(d for d in folders if d != "__pycache__" and not d.startswith("."))
        for name in sorted(names):
            yield os.path.join(folder, name)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, version, stem = _project()
    info = stem + ".dist-info/"
    entries = [(os.path.relpath(p, "src").replace(os.sep, "/"), open(p, "rb").read()) for p in _files("src")]
    entries.append((info + "METADATA", _metadata(name, version).encode()))
    pure = str(_tag().endswith("-none-any")).lower()
    wheel = f"Wheel-Version: 1.0\nGenerator: in_tree\nRoot-Is-Purelib: {pure}\nTag: {_tag()}\n"
    entries.append((info + "WHEEL", wheel.encode()))
    digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data in entries)
    entries.append((info + "RECORD", (record + info + "RECORD,,\n").encode()))
    file_name = stem + "-" + _tag() + ".whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, file_name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in entries:
            wheel.writestr(zipfile.ZipInfo(path), data)
    return file_name


def build_sdist(sdist_directory, config_settings=None):
    name, version, stem = _project()
    file_name = stem + ".tar.gz"
    with tarfile.open(os.path.join(sdist_directory, file_name), "w:gz") as sdist:
        for path in ["pyproject.toml", *_files("src"), *_files("backend"), *_files("tests")]:
            sdist.add(path, stem + "/" + path)
        data = _metadata(name, version).encode()
        entry = tarfile.TarInfo(stem + "/PKG-INFO")
        entry.size = len(data)
        sdist.addfile(entry, io.BytesIO(data))
    return file_name
"#;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
