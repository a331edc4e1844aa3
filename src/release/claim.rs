//! The claim: a short-lived private index that locks the build of one version and holds its files.
//!
//! devpi creates an index atomically: of several concurrent requests for the same name, exactly one succeeds. The machine that
//! creates `<branch index>.claim-<hash>-1` builds. All others wait until the release is published or the claim expires, and
//! then try number 2. Before the release is published, a machine never changes the claim of another one.

use std::thread;
use std::time::{Duration, Instant};

use crate::devpi::{self, Creation, NewIndex, Storage};
use crate::model::index_name::{ANY_SLOT, ClaimSubject, claim_name};
use crate::model::names::{IndexName, escape_for_terminal};
use crate::model::record::{ClaimRecord, Record};
use crate::model::release::Release;
use crate::release::claim_holder::Moment;
use crate::release::held_claim::{Claim, NewClaim, expiry, now};
use crate::release::lookup::ReleaseMatch;
use crate::release::publication::Publication;
use crate::release::{Error, claim_timeout, settling};
use crate::workspace;

/// The maximum number of claims that are tried for one build.
const MAX_CLAIMS: u32 = 100;

/// The result of an attempt to claim a version.
pub(crate) enum ClaimAttempt<'a> {
    /// This machine holds the claim and builds.
    Acquired {
        /// The claim.
        claim: Box<Claim<'a>>,
        /// Whether some files of the release are published already.
        is_partly_published: bool,
    },
    /// The release is published.
    Published(Box<ReleaseMatch>),
    /// The user may not create indexes: the release is published without a claim.
    NotAllowed,
}

/// Why the wait for another machine's claim ended.
enum WaitOutcome {
    Published(Box<ReleaseMatch>),
    /// The claim is this machine's own: the server created it, but the response was lost.
    Acquired(Box<ClaimRecord>),
    /// The claim expired, its holder gave it up, or its build had failed before this machine came: the next number can be claimed.
    Abandoned,
    /// The claim was deleted and nothing was published: its number can be claimed again.
    Deleted,
}

/// This machine's request for a claim.
struct ClaimRequest<'a> {
    publication: &'a Publication<'a>,
    /// The builds that compete for one claim.
    ///
    /// Machines that would build the same file have the same slot.
    slot: String,
    timeout: Duration,
}

/// The next step of an attempt.
enum Step<'a> {
    Done(Box<ClaimAttempt<'a>>),
    /// Try the claim with this number.
    Try(u32),
}

impl<'a> Step<'a> {
    fn done(attempt: ClaimAttempt<'a>) -> Self {
        Self::Done(Box::new(attempt))
    }
}

/// Claims this version, or waits for the machine that has claimed it. `read`: the release as it was a moment ago.
pub(crate) fn acquire<'a>(publication: &'a Publication<'a>, read: Option<&Release>) -> Result<ClaimAttempt<'a>, Error> {
    let mut request = ClaimRequest {
        publication,
        slot: slot_for(publication, read)?,
        timeout: claim_timeout::timeout(publication.query.workspace)?,
    };
    let mut number = 1;
    for _ in 0..MAX_CLAIMS {
        number = match request.attempt(number)? {
            Step::Done(attempt) => return Ok(*attempt),
            Step::Try(number) => number,
        };
    }
    Err(Error::TooManyClaims { index: publication.index.clone(), count: MAX_CLAIMS })
}

/// Returns the slot of this build: the interpreter's tag if the release has wheels for specific
/// platforms, else [`ANY_SLOT`].
fn slot_for(publication: &Publication<'_>, release: Option<&Release>) -> Result<String, Error> {
    let own = release.map(|release| publication.query.installer.slot(&release.files)).transpose()?.flatten();
    Ok(own.unwrap_or_else(|| ANY_SLOT.to_owned()))
}

impl<'a> ClaimRequest<'a> {
    /// Tries to get the claim with this number.
    fn attempt(&mut self, number: u32) -> Result<Step<'a>, Error> {
        let name = self.name(number)?;
        let (started, asked) = (Instant::now(), Moment::now());
        let created = self.create(&name);
        let (record, held) = match created {
            Ok(Some(record)) => match self.is_stored(&name, started.elapsed())? {
                true => (record, Some(asked)),
                false => return Ok(Step::Try(number)),
            },
            Ok(None) => match self.wait(&name)? {
                WaitOutcome::Acquired(record) => (*record, None),
                WaitOutcome::Published(matched) => return Ok(Step::done(ClaimAttempt::Published(matched))),
                WaitOutcome::Abandoned | WaitOutcome::Deleted if self.update_slot()? => return Ok(Step::Try(1)),
                WaitOutcome::Abandoned => return Ok(Step::Try(number + 1)),
                WaitOutcome::Deleted => return Ok(Step::Try(number)),
            },
            Err(Error::Workspace(workspace::Error::Devpi(devpi::Error::NotAllowed { .. }))) => {
                return Ok(Step::done(ClaimAttempt::NotAllowed));
            }
            Err(other) => return Err(other),
        };
        let predecessors = (1..number).map(|number| self.name(number)).collect::<Result<_, _>>()?;
        let (session, timeout) = (self.publication.session, self.timeout);
        self.recheck(Claim::new(NewClaim { session, name, record, held, timeout, predecessors }))
    }

    /// Whether the claim that the server says it has created is this machine's. Where the last write wins, several machines get that answer,
    /// and other changes of the user's indexes may have replaced them all.
    fn is_stored(&self, name: &IndexName, took: Duration) -> Result<bool, Error> {
        let (publication, session) = (self.publication, self.publication.session);
        if publication.storage() == Storage::Transactional {
            return Ok(true);
        }
        settling::wait(took);
        let record = session.index(name)?.and_then(|config| config.record);
        if session.index(publication.index)?.is_none() {
            let (what, message) = (format!("find the index {}", publication.index), "it was replaced".to_owned());
            return Err(devpi::Error::NotFound { what, message }.into());
        }
        Ok(matches!(record, Some(Record::Claim(claim)) if claim.holder == publication.holder))
    }

    /// Looks the release up again: another machine may have published it between the last lookup and the claim. It may also be on production,
    /// which was asked beside the claim.
    fn recheck(&mut self, claim: Claim<'a>) -> Result<Step<'a>, Error> {
        let publication = self.publication;
        let (query, session) = (publication.query, publication.session);
        let recheck = query.lookup_once(session, publication.index).and_then(|matched| {
            let slot = slot_for(publication, matched.as_ref().map(|matched| &matched.release))?;
            match matched.as_ref().is_some_and(ReleaseMatch::has_every_format) {
                true => Ok((matched, slot)),
                false => Ok((publication.preflight.on_production(query, session)?.or(matched), slot)),
            }
        });
        match recheck {
            Ok((Some(matched), _)) if matched.has_every_format() => {
                claim.delete_with_predecessors();
                let matched =
                    query.settled(session, &matched.release.index.clone(), (matched, || publication.storage()))?;
                Ok(Step::done(ClaimAttempt::Published(Box::new(matched))))
            }
            Ok((matched, slot)) if slot == self.slot => Ok(Step::done(ClaimAttempt::Acquired {
                claim: Box::new(claim),
                is_partly_published: matched.is_some(),
            })),
            Ok((_, slot)) => {
                claim.give_up();
                self.slot = slot;
                Ok(Step::Try(1))
            }
            Err(error) => {
                claim.give_up();
                Err(error)
            }
        }
    }

    /// Updates the slot after other machines published files; returns whether it changed.
    fn update_slot(&mut self) -> Result<bool, Error> {
        let slot = slot_for(self.publication, self.publication.release()?.as_ref())?;
        let is_other = slot != self.slot;
        self.slot = slot;
        Ok(is_other)
    }

    fn name(&self, number: u32) -> Result<IndexName, Error> {
        let (query, index) = (self.publication.query, self.publication.index);
        let subject = ClaimSubject { project: query.project, version: query.version, slot: &self.slot };
        Ok(IndexName::new(index.user(), &claim_name(index.name(), &subject, number))?)
    }

    /// Creates the claim index; returns `None` if it exists already.
    fn create(&self, name: &IndexName) -> Result<Option<ClaimRecord>, Error> {
        let (publication, workspace) = (self.publication, self.publication.query.workspace);
        let record = ClaimRecord {
            repository: workspace.repository_name()?.value.as_str().to_owned(),
            branch: publication.branch.as_str().to_owned(),
            holder: publication.holder.to_owned(),
            commit: publication.build.commit.clone(),
            project: Some(publication.query.project.to_string()),
            version: Some(publication.query.version.to_owned()),
            until: expiry(publication.session, self.timeout),
            failed: None,
            abandoned: false,
            ci_url: workspace.ci().and_then(|ci| ci.url.clone()),
        };
        let new = NewIndex {
            bases: Vec::new(),
            volatile: true,
            acl_upload: Vec::new(),
            acl_toxresult_upload: publication.query.trusted.iter().map(ToString::to_string).collect(),
            title: format!("building {} {}", publication.query.project, publication.query.version),
            record: Some(Record::Claim(record.clone())),
        };
        match publication.session.create_index(name, &new)? {
            Creation::Created(_) => Ok(Some(record)),
            Creation::Exists => Ok(None),
        }
    }

    /// Waits until the release is published, or the claim expires by the server's clock.
    fn wait(&self, name: &IndexName) -> Result<WaitOutcome, Error> {
        let publication = self.publication;
        let mut failed_before = true;
        let mut seen_expired = false;
        for round in 0_u32.. {
            // The claim is read before the release: the publishing machine deletes the claim last.
            let config = publication.session.index(name)?;
            if let Some(matched) = publication.query.lookup_once(publication.session, publication.index)?
                && matched.has_every_format()
            {
                let matched = publication.settled(matched)?;
                return Ok(WaitOutcome::Published(Box::new(matched)));
            }
            let claim = match config.map(|config| config.record) {
                None => return Ok(WaitOutcome::Deleted),
                Some(Some(Record::Claim(claim))) => claim,
                // An index of the same name that is not a claim. It is not touched.
                Some(_) => return Ok(WaitOutcome::Abandoned),
            };
            if claim.abandoned {
                return Ok(WaitOutcome::Abandoned);
            }
            if claim.holder == publication.holder && claim.failed.is_none() {
                return Ok(WaitOutcome::Acquired(Box::new(claim)));
            }
            if let Some(reason) = &claim.failed {
                if failed_before || claim.commit != publication.build.commit {
                    return Ok(WaitOutcome::Abandoned);
                }
                let (reason, ci_url) = (escape_for_terminal(reason), claim.ci_url.as_deref().map(escape_for_terminal));
                return Err(Error::BuildFailedElsewhere {
                    version: publication.query.version.to_owned(),
                    reason,
                    ci_url,
                });
            }
            failed_before = false;
            // Expired in two consecutive rounds: after an outage of the server, a running builder needs a moment to renew its
            // claim.
            let is_expired = claim.until < now(publication.session);
            if is_expired && seen_expired {
                return Ok(WaitOutcome::Abandoned);
            }
            seen_expired = is_expired;
            let (project, version) = (publication.query.project, publication.query.version);
            let step = format!("waiting for {project} {version}: another machine is building it");
            publication.query.workspace.progress.step(&step);
            thread::sleep(Duration::from_secs(if round < 10 || is_expired { 1 } else { 5 }));
        }
        Ok(WaitOutcome::Abandoned)
    }
}
