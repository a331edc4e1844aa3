//! Backends whose version lies with another build system: maturin (Cargo), meson-python (Meson).

use super::{VersionSource, version_file};
use crate::python::Error;
use crate::python::project::ProjectFiles;
use crate::python::pyproject::TomlFile;
use crate::python::python_source::{Bound, meson_project_keyword};
use crate::python::source_text::SourceText;

/// The crate's version; `version.workspace = true` leads to the workspace's.
pub(super) fn find_maturin(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(manifest) = cargo_manifest(files)? else { return Ok(None) };
    let mut path = manifest;
    loop {
        if let Some(cargo) = TomlFile::read(&files.dir, &path)?
            && (cargo.text(&["package", "version"]).is_some()
                || cargo.text(&["workspace", "package", "version"]).is_some())
        {
            return Ok(Some(VersionSource::CargoToml { path }));
        }
        let Some((folder, _)) = path.rsplit_once('/') else { return Ok(None) };
        path = folder.rsplit_once('/').map_or("Cargo.toml".to_owned(), |(above, _)| format!("{above}/Cargo.toml"));
    }
}

/// Where maturin looks: `manifest-path`, the root, `rust/`.
pub(in crate::python) fn cargo_manifest(files: &ProjectFiles) -> Result<Option<String>, Error> {
    let configured = files.pyproject.as_ref().and_then(|p| p.text(&["tool", "maturin", "manifest-path"]));
    for path in configured.into_iter().chain(["Cargo.toml", "rust/Cargo.toml"]) {
        if SourceText::read(&files.dir, path)?.is_some() {
            return Ok(Some(path.to_owned()));
        }
    }
    Ok(None)
}

/// The keyword of Meson's `project(…)`: a literal or `files('VERSION')`.
pub(super) fn find_meson(files: &ProjectFiles) -> Result<Option<VersionSource>, Error> {
    let Some(build) = SourceText::read(&files.dir, "meson.build")? else { return Ok(None) };
    match meson_project_keyword(build.text(), "version") {
        Some(keyword) if matches!(keyword.bound, Bound::Literal(_)) => Ok(Some(VersionSource::MesonBuild)),
        Some(keyword) => match keyword.texts.as_slice() {
            [path] => version_file(&files.dir, path),
            _ => Ok(None),
        },
        None => Ok(None),
    }
}
