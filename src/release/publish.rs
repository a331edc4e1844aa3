//! Publishes a release: uploads its files into a claim, then copies them to the index as a whole.
//!
//! devpi's push is one transaction: files and provenance become visible together. A machine that has finished its build pushes
//! even if its claim expired; the push decides. If the server rejects it, another machine has published, and that release is
//! used.

use std::thread;
use std::time::{Duration, Instant};

use crate::devpi::{self, PushOutcome, PushRequest, Storage};
use crate::model::release::Release;
use crate::model::size::size_text;
use crate::python;
use crate::release::build_files::file_name;
use crate::release::claim::{self, ClaimAttempt};
use crate::release::held_claim::Claim;
use crate::release::lookup::ReleaseMatch;
use crate::release::publication::{BuiltFile, BuiltFiles, Publication, Published, check_stored};
use crate::release::{Error, publish_unclaimed, settling, upload_limit};
use crate::system::parallel;
use crate::workspace;
use crate::workspace::session::DEADLINE;

/// The maximum number of claims that are lost to a clean-up before the publication fails.
const MAX_ATTEMPTS: u32 = 5;
/// The minimum number of publication attempts, each from the start, before the time since the first failure ends them.
///
/// Reads may succeed at once from a replica while the primary is down, so a number alone would end them early.
const MIN_TRIES: u32 = 4;
/// The maximum number of pushes where the last write wins.
const MAX_PUSHES: u32 = 5;
/// The delay between two attempts.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// What is known of the release before the claim.
pub(crate) enum LookedUp {
    /// It has not been read.
    Not,
    /// It has just been read; `None` if it does not exist.
    Release(Option<Box<Release>>),
}

/// Publishes the release, or waits until another machine has published it. `read`: the release, if it has just been read.
pub(crate) fn publish(publication: &Publication<'_>, read: LookedUp) -> Result<Published, Error> {
    let mut read = read;
    for _ in 0..MAX_ATTEMPTS {
        let release = match std::mem::replace(&mut read, LookedUp::Not) {
            LookedUp::Release(release) => release.map(|release| *release),
            LookedUp::Not => publication.release()?,
        };
        match claim::acquire(publication, release.as_ref())? {
            ClaimAttempt::Published(matched) => return publication.published(*matched, &[]),
            ClaimAttempt::NotAllowed => return publish_unclaimed::publish(publication),
            ClaimAttempt::Acquired { claim, is_partly_published } => {
                let published = claim.renew_during(|| publish_in_claim(publication, &claim, is_partly_published));
                match &published {
                    Ok(_) => claim.delete_with_predecessors(),
                    Err(Error::ClaimLost { .. }) => continue,
                    Err(Error::ForeignFile { .. }) => {
                        claim.give_up();
                        continue;
                    }
                    Err(Error::Workspace(workspace::Error::Devpi(_))) if claim.is_lost() => continue,
                    Err(error) => {
                        upload_limit::note(publication, error);
                        match project_failure(error) {
                            Some(reason) => claim.record_failure(&reason),
                            None => claim.give_up(),
                        }
                    }
                }
                return published;
            }
        }
    }
    Err(Error::TooManyClaims { index: publication.index.clone(), count: MAX_ATTEMPTS })
}

fn publish_in_claim(
    publication: &Publication<'_>,
    claim: &Claim<'_>,
    is_partly_published: bool,
) -> Result<Published, Error> {
    // A machine without a claim may be publishing parts of the release: the lookup waits for it.
    let matched =
        if is_partly_published { publication.query.lookup(publication.session, publication.index)? } else { None };
    let formats = match matched {
        Some(matched) if matched.has_every_format() => return publication.published(matched, &[]),
        Some(matched) => matched.missing_formats,
        None => publication.query.formats.to_vec(),
    };
    upload_limit::check(publication)?;
    let built = publication.build(&formats)?;
    publication.preflight.check_registration(publication.query)?;
    let matched = publication.publish_with_retry(&built, claim)?;
    publication.published(matched, &built.files)
}

/// Returns the reason of a failure that every machine would meet, without paths of this machine.
///
/// It is stored in the claim, so that waiting machines need not build.
fn project_failure(error: &Error) -> Option<String> {
    use python::Error as E;
    if let Error::Workspace(workspace::Error::Devpi(devpi::Error::TooLarge { size: Some(size), .. })) = error {
        return Some(format!("a file of {} exceeds the size limit of the server or of a proxy", size_text(*size)));
    }
    let Error::Workspace(workspace::Error::Python(fault)) = error else { return None };
    Some(match fault {
        E::BuildFailed { status: Some(status), .. } => format!("the builder ended with status {status}"),
        E::BuildFailed { status: None, .. } => "a signal ended the builder".to_owned(),
        E::UnexpectedFiles { format, count, .. } => format!("the builder left {count} files of the format {format}"),
        E::WrongVersion { file, expected, found, .. } => {
            format!("{} has version {found:?}, not {expected}", file_name(file))
        }
        E::WrongName { file, expected, found } => {
            format!("{} has name {found:?}, not {expected}", file_name(file))
        }
        E::LocalReference { file, dependency, .. } => {
            format!("{} requires {dependency} from a folder of the build", file_name(file))
        }
        E::Unreadable { file, .. } => format!("the metadata of {} cannot be read", file_name(file)),
        _ => return None,
    })
}

impl Publication<'_> {
    /// Uploads the files into the claim and copies them to the index; returns the release on the
    /// index.
    ///
    /// If a response is lost, the effect of the request is unknown, and an expired claim may have been deleted. So the index is
    /// read after every failure: a published release counts, whichever machine published it. Otherwise everything is sent
    /// again; an upload into a claim replaces the previous one with its results.
    fn publish_with_retry(&self, built: &BuiltFiles, claim: &Claim<'_>) -> Result<ReleaseMatch, Error> {
        let deadline = self.query.workspace.deadline(DEADLINE)?;
        let (mut tries, mut failing_since) = (1, None);
        loop {
            let error = match self.publish_once(built, claim) {
                Ok(matched) => return Ok(matched),
                Err(error) => error,
            };
            let Error::Workspace(workspace::Error::Devpi(failure)) = &error else { return Err(error) };
            tracing::debug!(%failure, "publishing failed");
            if let Some(matched) = self.query.lookup_once(self.session, self.index)?
                && matched.has_every_format()
            {
                return Ok(matched);
            }
            let failing_for = failing_since.get_or_insert_with(Instant::now).elapsed();
            if !failure.is_transient() || (tries >= MIN_TRIES && failing_for >= deadline) {
                return Err(error);
            }
            tries += 1;
            thread::sleep(RETRY_DELAY);
        }
    }

    fn publish_once(&self, built: &BuiltFiles, claim: &Claim<'_>) -> Result<ReleaseMatch, Error> {
        self.fill_claim(built, claim)?;
        let request = PushRequest {
            from: claim.name().clone(),
            project: self.query.project.clone(),
            version: self.query.version.to_owned(),
            to: self.index.clone(),
        };
        // Where the last write wins, another release that is published at the same moment may take this one away.
        let storage = self.storage();
        let pushes = if storage == Storage::LastWriteWins { MAX_PUSHES } else { 1 };
        for _ in 0..pushes {
            let started = Instant::now();
            let outcome = claim.write(|session| session.push(&request))?;
            let read = || self.query.lookup(self.session, self.index);
            let matched = match (storage, outcome) {
                (Storage::LastWriteWins, _) => {
                    settling::wait(started.elapsed());
                    read()
                }
                // The push was one transaction: the release is there, whatever is read. The claim is not needed any more.
                (Storage::Transactional, PushOutcome::Done) => {
                    parallel::both(read, || claim.delete_with_predecessors()).0
                }
                (Storage::Transactional, PushOutcome::Conflict) => read(),
            };
            let matched = matched?.filter(ReleaseMatch::has_every_format);
            let Some(matched) = matched else { continue };
            if outcome == PushOutcome::Done && !self.is_replaced(built, &matched) {
                check_stored(&built.files, &matched.release)?;
            }
            return Ok(matched);
        }
        Err(self.no_compatible_file()?)
    }

    /// Whether another machine's push has replaced this one's, as a whole: its files are used.
    fn is_replaced(&self, built: &BuiltFiles, matched: &ReleaseMatch) -> bool {
        let is_listed = |file: &BuiltFile| matched.release.files.iter().any(|listed| listed.sha256 == file.sha256);
        self.storage() == Storage::LastWriteWins && !built.files.iter().any(is_listed)
    }

    /// Uploads every file into the claim, then the provenance of the files.
    ///
    /// The claim's files and its holder are read while the provenance is posted: all three are known before the push. The provenance goes to the
    /// addresses that the files have on devpi, if they are what was sent.
    fn fill_claim(&self, built: &BuiltFiles, claim: &Claim<'_>) -> Result<(), Error> {
        for file in &built.files {
            self.query.workspace.progress.step(&format!("uploading {}", file_name(&file.path)));
            let upload = self.upload_for(file)?;
            claim.write(|session| session.upload(claim.name(), &upload))?;
        }
        let stored = |file: &BuiltFile| devpi::stored_file(claim.name(), &file_name(&file.path), &file.sha256);
        let reports: Vec<_> = built.files.iter().map(|file| self.provenance_report(built, stored(file))).collect();
        let (session, query) = (self.session, self.query);
        let (project, version) = (query.project, query.version);
        let post = || reports.iter().try_for_each(|report| report.post(session));
        let (release, (posted, held)) = parallel::both(
            || session.release(claim.name(), project, version),
            || parallel::both(post, || claim.check_holder()),
        );
        held?;
        let release = release?;
        let listed = release.as_ref().map(|release| &release.files[..]).unwrap_or_default();
        if let Some(foreign) = listed.iter().find(|listed| !built.files.iter().any(|own| own.sha256 == listed.sha256)) {
            return Err(Error::ForeignFile { claim: claim.name().clone(), file: foreign.file_name.clone() });
        }
        if let Some(release) = &release {
            check_stored(&built.files, release)?;
        }
        match posted {
            // Another version of devpi may keep its files at other addresses.
            Err(devpi::Error::NotFound { .. }) => self.post_provenance(built, listed),
            posted => Ok(posted?),
        }
    }
}
