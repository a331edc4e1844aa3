//! Whether tox's configuration can meet `require`.

use std::path::Path;

use crate::ops::Error;
use crate::python::tox_environments::{EnvironmentReader, NamedEnvironment, Role};
use crate::settings::Key;
use crate::workspace::Workspace;
use crate::workspace::project::ToxFolder;

/// What was found about `require`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Requirement {
    /// It is not set.
    Unset,
    /// Each environment tests the package of each project.
    CanBeMet(Vec<String>),
    /// Environments that give no evidence, each with the reason.
    CannotBeMet(Vec<String>),
    /// tox cannot answer; the reason.
    NotChecked(String),
}

/// Asks tox about each required environment of each project. Runs no code of the project.
pub(super) fn check(workspace: &Workspace<'_>) -> Result<Requirement, Error> {
    let required = workspace.settings.list(Key::Require).map(|set| set.value).unwrap_or_default();
    if required.is_empty() {
        return Ok(Requirement::Unset);
    }
    let reader = EnvironmentReader::new(&workspace.environment)?;
    if !reader.has_tox() {
        return Ok(Requirement::NotChecked("tox 4 is not installed".to_owned()));
    }
    let mut unmet = Vec::new();
    let mut unclear = Vec::new();
    for ToxFolder { folder, projects } in workspace.tox_folders()? {
        let names = projects.iter().map(|project| project.name().to_string()).collect::<Vec<_>>().join(", ");
        let found = match &folder {
            Some(folder) => reader.named(folder, &required)?,
            None => None,
        };
        let Some(found) = found else {
            unmet.push(format!("{names} has no tox configuration"));
            continue;
        };
        let place = folder.as_deref().map_or(String::new(), |folder| shown(workspace, folder));
        for (name, environment) in required.iter().zip(found) {
            match environment {
                NamedEnvironment::Known(Role::TestsPackage) => {}
                NamedEnvironment::Known(role) => unmet.push(format!("{name}{place} {role}")),
                NamedEnvironment::Unknown => unmet.push(format!("tox has no environment {name}{place}")),
                NamedEnvironment::Unreadable(reason) => unclear.push(format!("{name}{place}: {reason}")),
            }
        }
    }
    Ok(match (unmet.is_empty(), unclear.is_empty()) {
        (false, _) => Requirement::CannotBeMet(unmet),
        (true, false) => Requirement::NotChecked(unclear.join(", ")),
        (true, true) => Requirement::CanBeMet(required),
    })
}

/// The folder in a message; empty for the top of the work tree.
fn shown(workspace: &Workspace<'_>, folder: &Path) -> String {
    let relative = workspace.work_tree().ok().and_then(|top| folder.strip_prefix(top).ok());
    match relative {
        Some(relative) if relative.as_os_str().is_empty() => String::new(),
        relative => format!(" in {}", relative.unwrap_or(folder).display()),
    }
}
