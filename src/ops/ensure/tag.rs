//! Tag builds make nothing: they mean the release that the release branch's build made of the same commit.

use std::str::FromStr;

use pep440_rs::Version;

use super::choose::Installer;
use super::look::provenance_of;
use super::{Action, EnsureRequest, Ensured, keep};
use crate::devpi::Server;
use crate::model::names::{BranchName, CommitId, IndexName, UserName};
use crate::model::record::Record;
use crate::model::release::{Release, ReleaseFile};
use crate::ops::project::Project;
use crate::ops::{Error, Workbench, branch_index, build};

/// The tag that CI builds, unless somebody says that it is a branch.
pub(super) fn of_this_build(workbench: &Workbench<'_>) -> Result<Option<String>, Error> {
    if workbench.settings.branch()?.is_some() {
        return Ok(None);
    }
    Ok(workbench.ci().and_then(|ci| ci.tag.clone()))
}

/// The release of this commit on the index of a release branch, else on production.
pub(super) fn find(workbench: &Workbench<'_>, project: &Project, request: &EnsureRequest) -> Result<Ensured, Error> {
    let server = workbench.server()?;
    let commit = workbench.commit()?;
    let trusted = workbench.evidence_users()?;
    let installer = Installer::new(workbench, request.python.as_deref());
    let format = build::formats(workbench)?.into_iter().min();
    let indexes = release_indexes(workbench, server)?;
    for index in &indexes {
        workbench.progress.step(&format!("looking on {index} for a release of {}", commit.short()));
        for release in newest_first(server.releases(index, project.name())?) {
            let Some(file) = format.map(|format| installer.best(&release.files, format)).transpose()?.flatten() else {
                continue;
            };
            if is_of(workbench, server, (&release, file), (&commit, &trusted))? {
                return Ok(Ensured {
                    project: project.name().clone(),
                    version: release.version.clone(),
                    index: Some(index.clone()),
                    file: file.file_name.clone(),
                    sha256: file.sha256.clone(),
                    path: keep::fetch(workbench, server, file)?,
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

/// The indexes of this repository's release branches, and production.
fn release_indexes(workbench: &Workbench<'_>, server: &Server) -> Result<Vec<IndexName>, Error> {
    let (owner, repository) = (workbench.owner()?, workbench.repository_name()?.value);
    let mut indexes = Vec::new();
    for (name, config) in branch_index::indexes_of(server, &owner)? {
        let Some(Record::Branch(record)) = &config.record else { continue };
        let Ok(branch) = BranchName::parse(&record.branch) else { continue };
        if record.repository == repository.as_str() && workbench.is_release_branch(&branch)? {
            indexes.push(IndexName::new(&owner, &name)?);
        }
    }
    indexes.push(workbench.production()?);
    Ok(indexes)
}

fn newest_first(mut releases: Vec<Release>) -> Vec<Release> {
    releases.sort_by_cached_key(|release| std::cmp::Reverse(Version::from_str(&release.version).ok()));
    releases
}
