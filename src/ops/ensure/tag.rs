//! Tag builds: they use the release that the release branch's build made from the same commit, and
//! build nothing.

use crate::build::package;
use crate::devpi::Server;
use crate::model::names::{CommitId, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::ops::Error;
use crate::ops::ensure::request::{Action, Ensured, PackageRequest};
use crate::python::builder::Format;
use crate::release;
use crate::release::compatible::Installer;
use crate::release::lookup::provenance_of;
use crate::release::{fetch, select};
use crate::workspace::Workspace;
use crate::workspace::project::Project;

/// Returns the tag that CI builds; `None` if the settings name a branch.
pub(super) fn current_tag(workspace: &Workspace<'_>) -> Result<Option<String>, Error> {
    if workspace.settings.branch()?.is_some() {
        return Ok(None);
    }
    Ok(workspace.ci().and_then(|ci| ci.tag.clone()))
}

/// Returns the release of this commit on the index of a release branch, else on production.
pub(super) fn find(
    workspace: &Workspace<'_>,
    project: &Project,
    package_request: &PackageRequest<'_>,
) -> Result<Ensured, Error> {
    let server = workspace.server()?;
    let commit = workspace.commit()?;
    let trusted = workspace.evidence_users()?;
    let installer = Installer::new(workspace, package_request.request.python.as_deref())?;
    // Nothing is built here, so a source distribution is accepted if no wheel fits.
    let formats = package::formats(workspace)?.into_iter().min().into_iter().chain([Format::Sdist]);
    let indexes = select::candidate_indexes(workspace, server)?.indexes;
    for index in &indexes {
        workspace.progress.step(&format!("searching {index} for a release of {}", commit.short()));
        for release in select::newest_first(server, index, project.name())? {
            let fitting = formats.clone().map(|format| installer.best(&release.files, format));
            let Some(file) = fitting.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next() else { continue };
            if is_built_from(workspace, server, (&release, file), (&commit, &trusted))? {
                let (path, sha256) =
                    fetch::deliver(workspace, package_request.dest, || fetch::fetch(workspace, server, file))?;
                return Ok(Ensured {
                    project: project.name().clone(),
                    version: release.version.clone(),
                    index: Some(index.clone()),
                    file: file.file_name.clone(),
                    sha256,
                    path,
                    action: Action::Found,
                    commit,
                    constraints: None,
                });
            }
        }
    }
    Err(release::Error::NoReleaseOfCommit { project: project.name().clone(), commit, indexes }.into())
}

fn is_built_from(
    workspace: &Workspace<'_>,
    server: &Server,
    (release, file): (&Release, &ReleaseFile),
    (commit, trusted): (&CommitId, &[UserName]),
) -> Result<bool, Error> {
    let provenance = provenance_of(workspace, server, (release, file), trusted)?;
    Ok(provenance.is_some_and(|provenance| provenance.commit == *commit))
}
