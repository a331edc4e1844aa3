//! The constraints file: exact versions of the repository's own projects, for pip and uv.
//!
//! Branch indexes inherit production. Without exact versions, an installer prefers production's final release to a development
//! version on the branch's index, and one pipeline can get a sibling project from another.

use std::path::PathBuf;

use sha2::Digest;

use crate::build::version::version;
use crate::devpi::Server;
use crate::model::names::{IndexName, ProjectName};
use crate::release::Error;
use crate::release::select::newest_first;
use crate::system::files::{self, Access};
use crate::workspace::{Workspace, cache};

/// A project with the version that installers shall take.
pub type Pin = (ProjectName, String);

/// Returns the pins of the repository's projects on `index`, except for `without`.
///
/// A version in `known` costs no request. Otherwise it is the version of this build when the index has it, else the newest one on the
/// index; a project without a release there has no pin.
pub fn pins(
    workspace: &Workspace<'_>,
    server: &Server,
    index: &IndexName,
    (known, without): (&[Pin], Option<&ProjectName>),
) -> Result<Vec<Pin>, Error> {
    let mut pins = Vec::new();
    for project in workspace.projects()? {
        let name = project.name().clone();
        if Some(&name) == without {
            continue;
        }
        if let Some(pin) = known.iter().find(|(project, _)| *project == name) {
            pins.push(pin.clone());
            continue;
        }
        let of_build = version(workspace, project).ok().filter(|build| !build.is_local());
        let of_build = of_build.map(|build| build.version.to_string());
        let release = match &of_build {
            Some(version) => server.release(index, &name, version)?,
            None => None,
        };
        let release = match release {
            Some(release) => Some(release),
            None => newest_first(server, index, &name)?.into_iter().next(),
        };
        pins.extend(release.map(|release| (name, release.version)));
    }
    Ok(pins)
}

/// Writes the pins to a file in the cache folder and returns its path; `None` without pins. The name of the file follows from its
/// content, so pipelines on one machine do not overwrite each other's file.
pub fn write(workspace: &Workspace<'_>, pins: &[Pin]) -> Result<Option<PathBuf>, Error> {
    if pins.is_empty() {
        return Ok(None);
    }
    let lines: String = pins.iter().map(|(project, version)| format!("{project}=={version}\n")).collect();
    let name = files::finish_sha256(sha2::Sha256::new_with_prefix(&lines));
    let path = workspace.directories.cache.join(cache::CONSTRAINTS).join(format!("{}.txt", name.short()));
    files::write_atomic(&path, lines.as_bytes(), Access::Shared)?;
    Ok(Some(path))
}
