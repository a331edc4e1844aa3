//! Tag builds make nothing: they mean the release that the release branch's build made of the same commit.

use super::choose::Installer;
use super::look::provenance_of;
use super::{Action, Ensured, Order, keep};
use crate::devpi::Server;
use crate::model::names::{CommitId, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::ops::project::Project;
use crate::ops::{Error, Workbench, build, release};
use crate::python::builder::Format;

/// The tag that CI builds, unless somebody says that it is a branch.
pub(super) fn of_this_build(workbench: &Workbench<'_>) -> Result<Option<String>, Error> {
    if workbench.settings.branch()?.is_some() {
        return Ok(None);
    }
    Ok(workbench.ci().and_then(|ci| ci.tag.clone()))
}

/// The release of this commit on the index of a release branch, else on production.
pub(super) fn find(workbench: &Workbench<'_>, project: &Project, order: &Order<'_>) -> Result<Ensured, Error> {
    let server = workbench.server()?;
    let commit = workbench.commit()?;
    let trusted = workbench.evidence_users()?;
    let installer = Installer::new(workbench, order.request.python.as_deref())?;
    // Nothing is built here: where no wheel fits, a source distribution is the last resort.
    let formats = build::formats(workbench)?.into_iter().min().into_iter().chain([Format::Sdist]);
    let indexes = release::places(workbench, server)?.indexes;
    for index in &indexes {
        workbench.progress.step(&format!("looking on {index} for a release of {}", commit.short()));
        for release in release::newest_first(server, index, project.name())? {
            let fitting = formats.clone().map(|format| installer.best(&release.files, format));
            let Some(file) = fitting.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next() else { continue };
            if is_of(workbench, server, (&release, file), (&commit, &trusted))? {
                let (path, sha256) = keep::deliver(workbench, order.dest, || keep::fetch(workbench, server, file))?;
                return Ok(Ensured {
                    project: project.name().clone(),
                    version: release.version.clone(),
                    index: Some(index.clone()),
                    file: file.file_name.clone(),
                    sha256,
                    path,
                    action: Action::Found,
                    commit,
                });
            }
        }
    }
    Err(Error::NoReleaseOfCommit { project: project.name().clone(), commit, indexes })
}

fn is_of(
    workbench: &Workbench<'_>,
    server: &Server,
    (release, file): (&Release, &ReleaseFile),
    (commit, trusted): (&CommitId, &[UserName]),
) -> Result<bool, Error> {
    let provenance = provenance_of(workbench, server, (release, file), trusted)?;
    Ok(provenance.is_some_and(|provenance| provenance.commit == *commit))
}
