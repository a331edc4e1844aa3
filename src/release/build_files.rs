//! Builds the files of a release that the installing interpreter accepts.

use std::path::Path;

use crate::build::package::{self, BuildOptions, Built};
use crate::build::version::BuildVersion;
use crate::python::builder::Format;
use crate::release::Error;
use crate::release::compatible::Installer;
use crate::workspace::Workspace;

/// Builds `version` in the given formats; the built wheels fit the installing interpreter.
///
/// Without a requested interpreter the builder chooses its own. If the resulting wheel does not fit, the build is repeated with
/// the installing interpreter. A wheel that still does not fit is an error, so it is never published.
pub(crate) fn build_files(
    workspace: &Workspace<'_>,
    installer: &Installer<'_>,
    (version, formats): (&BuildVersion, &[Format]),
) -> Result<Built, Error> {
    let attempt = |python| package::build_in_temporary_folder(workspace, version, BuildOptions { formats, python });
    let built = attempt(installer.requested())?;
    let Some(file) = incompatible_file(installer, &built)? else { return Ok(built) };
    let python = installer.interpreter()?.path;
    if installer.requested().is_some() {
        return Err(Error::IncompatibleBuild { file, python });
    }
    workspace.progress.note(&format!("{file} does not fit {}: building again with that interpreter", python.display()));
    let built = attempt(Some(&python))?;
    match incompatible_file(installer, &built)? {
        Some(file) => Err(Error::IncompatibleBuild { file, python }),
        None => Ok(built),
    }
}

/// Returns the name of the first built wheel that the installing interpreter does not accept.
fn incompatible_file(installer: &Installer<'_>, built: &Built) -> Result<Option<String>, Error> {
    for file in &built.files {
        let name = file_name(file);
        if !installer.accepts(&name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Returns the last component of `path` as text.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
