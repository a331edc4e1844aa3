//! A Python project as its files describe it: name, build backend, where the version stands, and what it says.
//!
//! No process is started and no network is used. What only a build can tell is an error, not a guess.

use std::path::{Path, PathBuf};

use super::Error;
use super::ini::Ini;
use super::pyproject::TomlFile;
use super::python_source::{Bound, setup_keyword};
use super::source_text::SourceText;
use super::version_source::{self, ScmTool, VersionSource, place};
use crate::model::names::ProjectName;

/// What a project's files say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSource {
    /// The project's folder.
    pub dir: PathBuf,
    /// Its name, normalised.
    pub name: ProjectName,
    /// Who builds it.
    pub backend: Backend,
    /// Where its version stands.
    pub version_source: VersionSource,
    /// The version that stands there, as it is written. `None`: the nearest version tag has to say it.
    pub base: Option<String>,
}

/// A build backend whose way of keeping the version is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// setuptools, also where nothing is said (PEP 517's default), and pbr.
    Setuptools,
    /// hatchling.
    Hatchling,
    /// flit_core.
    Flit,
    /// poetry-core.
    Poetry,
    /// pdm-backend.
    Pdm,
    /// scikit-build-core.
    ScikitBuild,
    /// maturin.
    Maturin,
    /// meson-python.
    Meson,
    /// uv_build.
    Uv,
    /// One that is not known here; only a static version can be read.
    Other,
}

/// Backends by the beginning of `build-backend`, and by the requirement that a wrapper of one (`backend-path`) still has.
const BACKENDS: [(&str, &str, Backend); 13] = [
    ("setuptools", "setuptools", Backend::Setuptools),
    ("hatchling", "hatchling", Backend::Hatchling),
    ("flit", "flit-core", Backend::Flit),
    ("poetry_dynamic_versioning", "poetry-dynamic-versioning", Backend::Poetry),
    ("poetry", "poetry-core", Backend::Poetry),
    ("pdm.backend", "pdm-backend", Backend::Pdm),
    ("pdm.pep517", "pdm-pep517", Backend::Pdm),
    ("scikit_build_core", "scikit-build-core", Backend::ScikitBuild),
    ("maturin", "maturin", Backend::Maturin),
    ("mesonpy", "meson-python", Backend::Meson),
    ("uv_build", "uv-build", Backend::Uv),
    ("pbr.build", "pbr", Backend::Setuptools),
    ("versioneer", "versioneer", Backend::Setuptools),
];

/// The files that describe a project, each read once.
#[derive(Debug)]
pub(super) struct ProjectFiles {
    pub dir: PathBuf,
    pub pyproject: Option<TomlFile>,
    pub setup_cfg: Option<Ini>,
    pub setup_py: Option<SourceText>,
    pub backend: Backend,
}

/// Reads the project in `dir`.
pub fn read(dir: &Path) -> Result<ProjectSource, Error> {
    let files = ProjectFiles::read(dir)?;
    let name = files.name()?;
    let version_source = version_source::find(&files)?;
    let base = base(&files, &version_source)?;
    Ok(ProjectSource { dir: dir.to_owned(), name, backend: files.backend, version_source, base })
}

/// pbr keeps the version that comes next in `setup.cfg`, beside the tags.
fn base(files: &ProjectFiles, source: &VersionSource) -> Result<Option<String>, Error> {
    if matches!(source, VersionSource::Scm { tool: ScmTool::Pbr, .. }) {
        let version = files.setup_cfg.as_ref().and_then(|cfg| cfg.get("metadata", &["version"]));
        return Ok(version.filter(|version| !version.is_empty()).map(str::to_owned));
    }
    Ok(place(&files.dir, source)?.map(|place| place.text().to_owned()))
}

impl ProjectFiles {
    /// Reads them; at least one must say that this is a project.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let pyproject = TomlFile::read(dir, "pyproject.toml")?;
        let setup_cfg = SourceText::read(dir, "setup.cfg")?.map(|file| Ini::parse(file.text()));
        let setup_py = SourceText::read(dir, "setup.py")?;
        let describes = |file: &TomlFile| {
            let tables: [&[&str]; 4] =
                [&["project"], &["build-system"], &["tool", "poetry"], &["tool", "flit", "metadata"]];
            tables.iter().any(|path| file.has(path))
        };
        let in_cfg = setup_cfg.as_ref().is_some_and(|cfg| cfg.has_section("metadata"));
        if !pyproject.as_ref().is_some_and(describes) && !in_cfg && setup_py.is_none() {
            return Err(Error::NoProject { folder: dir.to_owned() });
        }
        let backend = backend(pyproject.as_ref());
        Ok(Self { dir: dir.to_owned(), pyproject, setup_cfg, setup_py, backend })
    }

    /// For errors about `file`.
    pub fn unknown(&self, file: &str, reason: &str) -> Error {
        Error::VersionUnknown { file: self.dir.join(file), reason: reason.to_owned() }
    }

    fn name(&self) -> Result<ProjectName, Error> {
        let name = self.literal_name()?.ok_or_else(|| Error::NameUnknown { folder: self.dir.clone() })?;
        ProjectName::parse(&name).map_err(|source| Error::NameRefused { folder: self.dir.clone(), source })
    }

    fn literal_name(&self) -> Result<Option<String>, Error> {
        const TABLES: [&[&str]; 4] = [
            &["project", "name"],
            &["tool", "poetry", "name"],
            &["tool", "flit", "metadata", "dist-name"],
            &["tool", "flit", "metadata", "module"],
        ];
        if let Some(pyproject) = &self.pyproject
            && let Some(name) = TABLES.iter().find_map(|path| pyproject.text(path))
        {
            return Ok(Some(name.to_owned()));
        }
        if let Some(name) = self.setup_cfg.as_ref().and_then(|cfg| cfg.get("metadata", &["name"])) {
            return Ok(Some(name.to_owned()));
        }
        if let Some(name) = self.name_in_setup_py()? {
            return Ok(Some(name));
        }
        if self.backend != Backend::Maturin {
            return Ok(None);
        }
        let Some(path) = version_source::cargo_manifest(self)? else { return Ok(None) };
        Ok(TomlFile::read(&self.dir, &path)?.and_then(|cargo| cargo.text(&["package", "name"]).map(str::to_owned)))
    }

    fn name_in_setup_py(&self) -> Result<Option<String>, Error> {
        let Some(setup) = &self.setup_py else { return Ok(None) };
        let text = setup.text();
        let bound = match setup_keyword(text, "name").map(|keyword| keyword.bound) {
            Some(Bound::Alias(name)) => super::python_source::binding(text, &name),
            other => other,
        };
        Ok(match bound {
            Some(Bound::Literal(range)) => Some(text[range].to_owned()),
            _ => None,
        })
    }
}

fn backend(pyproject: Option<&TomlFile>) -> Backend {
    let Some(pyproject) = pyproject else { return Backend::Setuptools };
    let Some(named) = pyproject.text(&["build-system", "build-backend"]) else {
        let poetry = pyproject.has(&["tool", "poetry", "name"]) && !pyproject.has(&["project"]);
        return if poetry { Backend::Poetry } else { Backend::Setuptools };
    };
    if let Some((.., backend)) = BACKENDS.iter().find(|(module, ..)| named.starts_with(module)) {
        return *backend;
    }
    let requirements = pyproject.build_requirements();
    let required = |name: &str| requirements.iter().any(|requirement| requirement == name);
    BACKENDS.iter().find(|(_, name, _)| required(name)).map_or(Backend::Other, |(.., backend)| *backend)
}
