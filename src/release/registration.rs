//! Registering a project's name, so that no mirror can ever answer for it: a public namesake was installed before (tried).

use crate::devpi::{self, Session};
use crate::model::names::{IndexName, ProjectName};
use crate::release::Error;

/// devpi registers a name only together with a version. This one has no files, and sorts before every other.
pub const PLACEHOLDER_VERSION: &str = "0";

/// Whether `project` is known on the index itself.
pub fn is_registered(session: &Session, index: &IndexName, project: &ProjectName) -> Result<bool, Error> {
    match session.projects(index) {
        Ok(names) => Ok(names.iter().any(|name| ProjectName::parse(name).is_ok_and(|name| name == *project))),
        Err(devpi::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Registers `project` on the first of `indexes` that takes it; `None` where none does.
pub fn register(session: &Session, project: &ProjectName, indexes: &[IndexName]) -> Result<Option<IndexName>, Error> {
    for index in indexes {
        match session.register_project(index, project, PLACEHOLDER_VERSION) {
            Ok(()) => return Ok(Some(index.clone())),
            Err(devpi::Error::NotAllowed { .. } | devpi::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
