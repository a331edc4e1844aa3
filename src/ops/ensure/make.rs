//! Building what will be installed here.

use super::choose::Installer;
use super::publish::file_name;
use crate::ops::build::{self, Built, What};
use crate::ops::version::BuildVersion;
use crate::ops::{Error, Workbench};
use crate::python::builder::Format;

/// Builds `version`. The builder chooses its interpreter itself, unless one was asked for: a wheel that then does not fit the one that
/// will install it is built again with that one. Nothing that does not fit here is ever published.
pub(super) fn build(
    workbench: &Workbench<'_>,
    installer: &Installer<'_>,
    (version, formats): (&BuildVersion, &[Format]),
) -> Result<Built, Error> {
    let attempt = |python| build::in_temporary_folder(workbench, version, What { formats, python });
    let built = attempt(installer.asked())?;
    let Some(file) = misfit(installer, &built)? else { return Ok(built) };
    let python = installer.interpreter()?.path;
    if installer.asked().is_some() {
        return Err(Error::BuiltForOthers { file, python });
    }
    workbench.progress.note(&format!("{file} does not fit {}: it is built again, with that one", python.display()));
    let built = attempt(Some(&python))?;
    match misfit(installer, &built)? {
        Some(file) => Err(Error::BuiltForOthers { file, python }),
        None => Ok(built),
    }
}

/// The wheel that cannot be installed here, if there is one.
fn misfit(installer: &Installer<'_>, built: &Built) -> Result<Option<String>, Error> {
    for file in &built.files {
        let name = file_name(file);
        if !installer.accepts(&name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
