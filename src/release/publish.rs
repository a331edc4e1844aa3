//! How the release gets onto the index: built up in a claim, then copied as a whole.
//!
//! devpi's push is one transaction: files and provenance become visible together, and nobody ever sees half a release. Whoever has
//! finished publishes, overtaken or not: the push decides. Refused: somebody was faster, and theirs is taken.

use std::thread;
use std::time::Duration;

use crate::devpi::{PushOutcome, PushRequest};
use crate::model::names::IndexName;
use crate::python;
use crate::release::claim::{self, Claim, Turn};
use crate::release::lookup::Holding;
use crate::release::make::file_name;
use crate::release::publication::{Ours, Publication, Published, check_stored};
use crate::release::{Error, publish_unclaimed};
use crate::workspace;

/// How often a claim may be lost to somebody who cleans up before nothing is tried any more.
const MOST_TURNS: u32 = 5;
/// How often publishing is tried, each time from its beginning. Waiting for a server that is down is not counted.
const MOST_TRIES: u32 = 4;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_secs(1);

/// Brings the release onto the index, by this machine or another one.
pub(crate) fn publish(work: &Publication<'_>) -> Result<Published, Error> {
    for _ in 0..MOST_TURNS {
        match claim::turn(work)? {
            Turn::There(holding) => return work.published(holding, &[]),
            Turn::NotAllowed => return publish_unclaimed::publish(work),
            Turn::Ours { claim, is_begun } => {
                let published = claim.hold(|| in_claim(work, &claim, is_begun));
                match &published {
                    Ok(_) => claim.finish(),
                    Err(Error::Workspace(workspace::Error::Devpi(_))) if claim.is_lost() => continue,
                    Err(error) => match fault_of_the_project(error) {
                        Some(reason) => claim.note_failure(&reason),
                        None => claim.give_up(),
                    },
                }
                return published;
            }
        }
    }
    Err(Error::TooManyClaims { index: work.index.clone(), count: MOST_TURNS })
}

fn in_claim(work: &Publication<'_>, claim: &Claim<'_>, is_begun: bool) -> Result<Published, Error> {
    // A part of the release may be in the making by somebody without a claim: that is waited for.
    let there = if is_begun { work.wanted.look(work.session, work.index)? } else { None };
    let formats = match there {
        Some(holding) if holding.has_every_file() => return work.published(holding, &[]),
        Some(holding) => holding.missing,
        None => work.wanted.formats.to_vec(),
    };
    let ours = work.build(&formats)?;
    let holding = work.push_all(&ours, claim.name())?;
    work.published(holding, &ours.files)
}

/// What everybody may read of a failure with which every machine would meet, so that those who wait need not try. No path of this one.
fn fault_of_the_project(error: &Error) -> Option<String> {
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
    /// Builds the release up in our claim and copies it to the index; gives what is on the index then.
    ///
    /// Nobody knows what a request has done whose answer was lost, and a claim that has been overtaken may be gone. So after every
    /// failure the index is asked: what is published counts, whoever did it. Else all is sent anew: an upload into a claim replaces
    /// what was there, with its results.
    fn push_all(&self, ours: &Ours, claim: &IndexName) -> Result<Holding, Error> {
        let mut tries = 1;
        loop {
            let error = match self.push_once(ours, claim) {
                Ok(holding) => return Ok(holding),
                Err(error) => error,
            };
            let Error::Workspace(workspace::Error::Devpi(failure)) = &error else { return Err(error) };
            tracing::debug!(%failure, "publishing failed");
            if let Some(holding) = self.wanted.look_once(self.session, self.index)?
                && holding.has_every_file()
            {
                return Ok(holding);
            }
            if !failure.is_transient() || tries == MOST_TRIES {
                return Err(error);
            }
            tries += 1;
            thread::sleep(PAUSE);
        }
    }

    fn push_once(&self, ours: &Ours, claim: &IndexName) -> Result<Holding, Error> {
        self.build_up(ours, claim)?;
        let request = PushRequest {
            from: claim.clone(),
            project: self.wanted.project.clone(),
            version: self.wanted.version.to_owned(),
            to: self.index.clone(),
        };
        let outcome = self.session.push(&request)?;
        let holding = self.wanted.look(self.session, self.index)?;
        let holding = holding.filter(Holding::has_every_file).map_or_else(|| Err(self.nothing_fits()?), Ok)?;
        if outcome == PushOutcome::Done {
            check_stored(&ours.files, &holding.release)?;
        }
        Ok(holding)
    }

    /// Uploads every file, then its provenance, into our own claim.
    fn build_up(&self, ours: &Ours, claim: &IndexName) -> Result<(), Error> {
        for file in &ours.files {
            self.wanted.workspace.progress.step(&format!("uploading {}", file_name(&file.path)));
            self.session.upload(claim, &self.upload_of(file)?)?;
        }
        let release = self.session.release(claim, self.wanted.project, self.wanted.version)?;
        let listed = release.as_ref().map(|release| &release.files[..]).unwrap_or_default();
        if let Some(release) = &release {
            check_stored(&ours.files, release)?;
        }
        self.vouch(ours, listed)
    }
}
