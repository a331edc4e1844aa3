//! Finding the version source of a project.

use super::source::VersionSource;
use super::{flit, hatch, native, pdm, poetry, scikit_build, scm, setuptools};
use crate::python::backend::Backend;
use crate::python::error::Error;
use crate::python::project_files::ProjectFiles;

/// Finds the version source: a static literal, else the source that the backend is configured to read.
pub(in crate::python) fn find(files: &ProjectFiles) -> Result<VersionSource, Error> {
    if let Some(dynamic) = poetry::dynamic(files) {
        return scm::checked(files, "pyproject.toml", dynamic);
    }
    if let Some(pyproject) = &files.pyproject {
        if pyproject.text(&["project", "version"]).is_some() {
            return Ok(VersionSource::ProjectTable);
        }
        let poetry_builds = files.backend == Backend::Poetry || !pyproject.has(&["project"]);
        if poetry_builds && pyproject.text(&["tool", "poetry", "version"]).is_some() {
            return Ok(VersionSource::PoetryTable);
        }
    }
    let found = match files.backend {
        Backend::Setuptools => setuptools::find(files)?,
        Backend::Hatchling => hatch::find(files)?,
        Backend::Flit => flit::find(files)?,
        Backend::Pdm => pdm::find(files)?,
        Backend::ScikitBuild => scikit_build::find(files)?,
        Backend::Maturin => native::find_maturin(files)?,
        Backend::Meson => native::find_meson(files)?,
        Backend::Poetry | Backend::Uv | Backend::Other => None,
    };
    match found {
        Some(found) => Ok(found),
        None => scm::declared(files)?.map_or_else(|| Err(no_version(files)?), Ok),
    }
}

/// The error for a project without a version; it names the file in which the backend looks for it.
fn no_version(files: &ProjectFiles) -> Result<Error, Error> {
    let file = match files.backend {
        Backend::Maturin => files.cargo_manifest()?.unwrap_or_else(|| "Cargo.toml".to_owned()),
        Backend::Meson => "meson.build".to_owned(),
        _ if files.pyproject.as_ref().is_some_and(|file| file.has(&["project"])) => "pyproject.toml".to_owned(),
        _ if files.setup_py.is_some() => "setup.py".to_owned(),
        _ if files.pyproject.is_some() => "pyproject.toml".to_owned(),
        _ => "setup.cfg".to_owned(),
    };
    Ok(files.unknown(&file, "it has no version, or code computes it"))
}
