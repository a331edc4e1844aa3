//! Carries out a withdrawal.

use std::path::{Path, PathBuf};

use crate::devpi::{self, Session};
use crate::model::available::{AvailableVersion, preferred};
use crate::model::tox_result::{WithdrawalNote, withdrawal_report};
use crate::ops::Error;
use crate::ops::withdraw::error;
use crate::ops::withdraw::log;
use crate::ops::withdraw::withdrawal::{RestoreSource, Withdrawal, identities};
use crate::release::registration::PLACEHOLDER_VERSION;
use crate::system::files;
use crate::workspace::Workspace;

/// What a withdrawal did.
#[derive(Debug, Clone)]
pub struct Withdrawn {
    /// The log with the release's files, commit and test results.
    pub log: PathBuf,
    /// The files that were saved, because no index of a release branch holds all of them.
    pub saved: Vec<PathBuf>,
    /// The version that installers get now, as the server says.
    pub installed_instead: Option<AvailableVersion>,
    /// Whether promotions that do not name the release leave it alone.
    pub mark: Mark,
}

/// Whether the withdrawal is recorded at the release on the release branch's index, for later promotions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A promotion has to name the version.
    Recorded,
    /// The login is no evidence user, or the server refused the record: the next automatic promotion may bring the release back.
    NotRecorded,
    /// No index of a release branch holds the release.
    NotNeeded,
}

/// Withdraws the release. Ended at any moment, production holds the complete release or nothing of it, and a second run finishes.
pub fn carry_out(workspace: &Workspace<'_>, withdrawal: &Withdrawal) -> Result<Withdrawn, Error> {
    let session = workspace.session()?;
    let release = &withdrawal.release;
    let (production, project, version) = (&release.index, &release.project, &release.version);
    let log = log::path(workspace, session, withdrawal);
    let saved = save_files(workspace, session, (withdrawal, &log))?;
    log::write(&log, session, withdrawal, &saved)?;
    let attempt = record(session, withdrawal).and_then(|mark| {
        delete(workspace, session, withdrawal)?;
        Ok(mark)
    });
    let mark = match attempt {
        Ok(mark) => mark,
        Err(error) => {
            if is_refusal(&error) {
                discard(&log, &saved);
            }
            return Err(error);
        }
    };
    if session.release(production, project, version)?.is_some() {
        let (project, version, index) = (project.clone(), version.clone(), production.clone());
        return Err(error::Error::PromotedAgain { project, version, index }.into());
    }
    let installed_instead = preferred(&session.available_versions(production, project)?).cloned();
    Ok(Withdrawn { log, saved, installed_instead, mark })
}

/// Downloads the files into a folder beside the log, when `promote` could not restore them.
fn save_files(
    workspace: &Workspace<'_>,
    session: &Session,
    (withdrawal, log): (&Withdrawal, &Path),
) -> Result<Vec<PathBuf>, Error> {
    if withdrawal.restore != RestoreSource::SavedFiles {
        return Ok(Vec::new());
    }
    let folder = log.with_extension("files");
    let mut saved = Vec::new();
    for file in &withdrawal.release.files {
        workspace.progress.step(&format!("saving {}", file.file_name));
        let path = folder.join(&file.file_name);
        session.fetch(file, &path)?;
        saved.push(path);
    }
    Ok(saved)
}

/// Posts the withdrawal as a tox result without environments to the release that `promote` would copy. A failure does not stop the
/// withdrawal, which is urgent.
fn record(session: &Session, withdrawal: &Withdrawal) -> Result<Mark, Error> {
    let RestoreSource::ReleaseIndex { release, .. } = &withdrawal.restore else { return Ok(Mark::NotNeeded) };
    let Some(file) = release.files.first() else { return Ok(Mark::NotNeeded) };
    if !withdrawal.trusted.contains(session.login_user()) {
        return Ok(Mark::NotRecorded);
    }
    let note = WithdrawalNote {
        version: release.version.clone(),
        sha256: file.sha256.clone(),
        index: withdrawal.release.index.to_string(),
    };
    match session.post_tox_result(file, &withdrawal_report(&note)) {
        Ok(()) => Ok(Mark::Recorded),
        Err(error @ devpi::Error::TokenExpired { .. }) => Err(error.into()),
        Err(_) => Ok(Mark::NotRecorded),
    }
}

fn delete(workspace: &Workspace<'_>, session: &Session, withdrawal: &Withdrawal) -> Result<(), Error> {
    let release = &withdrawal.release;
    let (production, project, version) = (&release.index, &release.project, &release.version);
    if withdrawal.is_only_release {
        // devpi forgets a project with its last version, and a mirror among the bases would answer for its name.
        session.register_project(production, project, PLACEHOLDER_VERSION)?;
    }
    let now = session.release(production, project, version)?;
    if now.is_some_and(|now| identities(&now) != identities(release)) {
        let (project, version, index) = (project.clone(), version.clone(), production.clone());
        return Err(error::Error::Changed { project, version, index }.into());
    }
    workspace.progress.step(&format!("deleting {project} {version} from {production}"));
    session.delete_release(production, project, version)?;
    Ok(())
}

/// Whether nothing was deleted for certain.
fn is_refusal(error: &Error) -> bool {
    use crate::workspace::Error::Devpi;
    matches!(
        error,
        Error::Withdrawal(error::Error::Changed { .. })
            | Error::Workspace(Devpi(devpi::Error::NotAllowed { .. } | devpi::Error::TokenExpired { .. }))
            | Error::Workspace(Devpi(devpi::Error::NotLoggedIn { .. }))
    )
}

/// Deletes the log of a withdrawal that did not take place. What remains does no harm.
fn discard(log: &Path, saved: &[PathBuf]) {
    for file in saved {
        let _ = files::remove_if_exists(file);
    }
    if let Some(folder) = saved.first().and_then(|file| file.parent()) {
        let _ = files::remove_empty_folder(folder);
    }
    let _ = files::remove_if_exists(log);
}
