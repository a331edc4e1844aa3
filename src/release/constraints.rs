//! The constraints file: exact versions of the repository's own projects and of those on `bases-from`, for pip and uv.
//!
//! Branch indexes inherit production. Without exact versions, an installer prefers production's final release to a development
//! version on the branch's index, and one pipeline can get a sibling project from another.

use std::path::PathBuf;

use sha2::Digest;

use crate::build::version::version;
use crate::devpi::Server;
use crate::index::bases::{self, BasesFrom};
use crate::index::branch_index;
use crate::model::available::highest;
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
    let of_bases = pins_of_bases(workspace, server, index)?;
    let own: Vec<ProjectName> = workspace.projects()?.iter().map(|project| project.name().clone()).collect();
    pins.extend(of_bases.into_iter().filter(|(project, _)| !own.contains(project)));
    Ok(pins)
}

/// Returns the pins of the projects on those bases of `index` that are indexes of other repositories (`bases-from`).
///
/// An installer takes a development version only when it is asked for. A project has a pin when the highest version that `index` offers is on
/// such a base; otherwise production's newer release is what it gets without one. One request for the list of indexes, one for each
/// base, and one for each of its projects; none where the setting is not set.
pub fn pins_of_bases(workspace: &Workspace<'_>, server: &Server, index: &IndexName) -> Result<Vec<Pin>, Error> {
    let mut pins: Vec<Pin> = Vec::new();
    let Some(branch) = workspace.branch().ok().filter(|_| bases::is_from_set(workspace)) else { return Ok(pins) };
    let indexes = branch_index::indexes_of(server, &workspace.owner()?)?;
    let current = indexes.get(index.name()).map(|config| config.bases.clone()).unwrap_or_default();
    let Some(from) = BasesFrom::read((workspace, server), &indexes)? else { return Ok(pins) };
    for base in from.wanted(workspace, &branch.name, index) {
        if !current.contains(&base) {
            continue;
        }
        for project in server.projects(&base)?.iter().filter_map(|name| ProjectName::parse(name).ok()) {
            if pins.iter().any(|(pinned, _)| *pinned == project) {
                continue;
            }
            let available = server.available_versions(index, &project)?;
            let highest = highest(&available).filter(|highest| highest.index == base.to_string());
            pins.extend(highest.map(|highest| (project, highest.version.clone())));
        }
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
