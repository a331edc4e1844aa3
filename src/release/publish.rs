//! How the release gets onto the index: built up in a claim, then copied as a whole.
//!
//! devpi's push is one transaction: files and provenance become visible together, and nobody ever sees half a release. Whoever has
//! finished publishes, overtaken or not: the push decides. Refused: somebody was faster, and theirs is taken.

use std::thread;
use std::time::Duration;

use crate::devpi::{PushOutcome, PushRequest};
use crate::model::names::IndexName;
use crate::python;
use crate::release::build_files::file_name;
use crate::release::claim::{self, Claim, ClaimAttempt};
use crate::release::lookup::ReleaseMatch;
use crate::release::publication::{BuiltFiles, Publication, Published, check_stored};
use crate::release::{Error, publish_unclaimed};
use crate::workspace;

/// How often a claim may be lost to somebody who cleans up before nothing is tried any more.
const MAX_ATTEMPTS: u32 = 5;
/// How often publishing is tried, each time from its beginning. Waiting for a server that is down is not counted.
const MAX_TRIES: u32 = 4;
/// The pause between two of them.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Brings the release onto the index, by this machine or another one.
pub(crate) fn publish(publication: &Publication<'_>) -> Result<Published, Error> {
    for _ in 0..MAX_ATTEMPTS {
        match claim::acquire(publication)? {
            ClaimAttempt::Published(matched) => return publication.published(matched, &[]),
            ClaimAttempt::NotAllowed => return publish_unclaimed::publish(publication),
            ClaimAttempt::Acquired { claim, is_partly_published } => {
                let published = claim.renew_during(|| publish_in_claim(publication, &claim, is_partly_published));
                match &published {
                    Ok(_) => claim.delete_with_predecessors(),
                    Err(Error::Workspace(workspace::Error::Devpi(_))) if claim.is_deleted() => continue,
                    Err(error) => match project_failure(error) {
                        Some(reason) => claim.record_failure(&reason),
                        None => claim.delete(),
                    },
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
    // A part of the release may be in the making by somebody without a claim: that is waited for.
    let matched =
        if is_partly_published { publication.query.lookup(publication.session, publication.index)? } else { None };
    let formats = match matched {
        Some(matched) if matched.has_every_format() => return publication.published(matched, &[]),
        Some(matched) => matched.missing_formats,
        None => publication.query.formats.to_vec(),
    };
    let built = publication.build(&formats)?;
    let matched = publication.publish_with_retry(&built, claim.name())?;
    publication.published(matched, &built.files)
}

/// What everybody may read of a failure with which every machine would meet, so that those who wait need not try. No path of this one.
fn project_failure(error: &Error) -> Option<String> {
    use python::Error as E;
    let Error::Workspace(workspace::Error::Python(fault)) = error else { return None };
    Some(match fault {
        E::BuildFailed { status: Some(status), .. } => format!("the builder ended with status {status}"),
        E::BuildFailed { status: None, .. } => "the builder was ended by a signal".to_owned(),
        E::UnexpectedFiles { format, count, .. } => format!("the builder left {count} files of the format {format}"),
        E::WrongVersion { file, expected, found } => {
            format!("{} has version {found:?} where {expected} was to be built", file_name(file))
        }
        E::WrongName { file, expected, found } => {
            format!("{} is named {found:?} where {expected} was to be built", file_name(file))
        }
        E::Unreadable { file, .. } => format!("the metadata of {} cannot be read", file_name(file)),
        _ => return None,
    })
}

impl Publication<'_> {
    /// Builds the release up in file claim and copies it to the index; gives what is on the index then.
    ///
    /// Nobody knows what a request has done whose answer was lost, and a claim that has been overtaken may be gone. So after every
    /// failure the index is asked: what is published counts, whoever did it. Else all is sent build_anew: an upload into a claim replaces
    /// what was there, with its results.
    fn publish_with_retry(&self, built: &BuiltFiles, claim: &IndexName) -> Result<ReleaseMatch, Error> {
        let mut tries = 1;
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
            if !failure.is_transient() || tries == MAX_TRIES {
                return Err(error);
            }
            tries += 1;
            thread::sleep(RETRY_DELAY);
        }
    }

    fn publish_once(&self, built: &BuiltFiles, claim: &IndexName) -> Result<ReleaseMatch, Error> {
        self.fill_claim(built, claim)?;
        let request = PushRequest {
            from: claim.clone(),
            project: self.query.project.clone(),
            version: self.query.version.to_owned(),
            to: self.index.clone(),
        };
        let outcome = self.session.push(&request)?;
        let matched = self.query.lookup(self.session, self.index)?;
        let matched =
            matched.filter(ReleaseMatch::has_every_format).map_or_else(|| Err(self.no_compatible_file()?), Ok)?;
        if outcome == PushOutcome::Done {
            check_stored(&built.files, &matched.release)?;
        }
        Ok(matched)
    }

    /// Uploads every file, then its provenance, into file own claim.
    fn fill_claim(&self, built: &BuiltFiles, claim: &IndexName) -> Result<(), Error> {
        for file in &built.files {
            self.query.workspace.progress.step(&format!("uploading {}", file_name(&file.path)));
            self.session.upload(claim, &self.upload_for(file)?)?;
        }
        let release = self.session.release(claim, self.query.project, self.query.version)?;
        let listed = release.as_ref().map(|release| &release.files[..]).unwrap_or_default();
        if let Some(release) = &release {
            check_stored(&built.files, release)?;
        }
        self.post_provenance(built, listed)
    }
}
