//! Registers a project's name, so that devpi does not look for the project on mirrors.
//!
//! Without it, a public project of the same name was installed (tried).

use crate::devpi::{self, Session};
use crate::model::names::{IndexName, ProjectName};
use crate::release::Error;

/// The version of a registration.
///
/// devpi registers a name only with a version; this one has no files and sorts first.
pub const PLACEHOLDER_VERSION: &str = "0";

/// Whether `project` is registered on the index itself.
pub fn is_registered(session: &Session, index: &IndexName, project: &ProjectName) -> Result<bool, Error> {
    match session.projects(index) {
        Ok(names) => Ok(names.iter().any(|name| ProjectName::parse(name).is_ok_and(|name| name == *project))),
        Err(devpi::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What is registered on production before a build is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// The project is registered, or production does not exist.
    Done,
    /// Production belongs to another user, who alone may register names there; with the server's message.
    NotAllowed(String),
}

/// Registers `project` on `production`, unless it is registered. On the branch's index the upload does so.
pub fn register_on_production(
    session: &Session,
    production: &IndexName,
    project: &ProjectName,
) -> Result<Registration, devpi::Error> {
    let known = match session.projects(production) {
        Err(devpi::Error::NotFound { .. }) => return Ok(Registration::Done),
        other => other?,
    };
    if known.iter().any(|name| name == project.as_str()) {
        return Ok(Registration::Done);
    }
    match session.register_project(production, project, PLACEHOLDER_VERSION) {
        Err(devpi::Error::NotAllowed { message, .. }) => Ok(Registration::NotAllowed(message)),
        other => other.map(|()| Registration::Done),
    }
}

/// Registers `project` on the first of `indexes` that accepts it; returns `None` if none does.
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
