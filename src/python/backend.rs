//! The build backends whose way of keeping the version is known.

use super::pyproject::TomlFile;

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
