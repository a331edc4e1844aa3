//! Build backends, and reading which one a project uses.

use super::pyproject::TomlFile;

/// A build backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// setuptools, also as PEP 517's default, and pbr.
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
    /// An unknown backend; only a static version can be read.
    Other,
}

/// Backends by the prefix of `build-backend`, and by the build requirement, which also a local wrapper (`backend-path`) has.
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

/// Reads the backend from `pyproject.toml`; PEP 517's default is setuptools.
pub(super) fn detect(pyproject: Option<&TomlFile>) -> Backend {
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
