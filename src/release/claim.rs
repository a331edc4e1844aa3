//! The claim: a short-lived private index that locks the build of one version and holds its files.
//!
//! devpi creates an index atomically: of several concurrent requests for the same name, exactly one succeeds. The machine that
//! creates `<branch index>.claim-<hash>-1` builds. All others wait until the release is published or the claim expires, and
//! then try number 2. Before the release is published, a machine never changes the claim of another one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::devpi::{self, Creation, NewIndex, Session};
use crate::model::index_name::{ClaimSubject, claim_name};
use crate::model::names::{IndexName, escape_for_terminal};
use crate::model::record::{ClaimRecord, Record};
use crate::model::release::Release;
use crate::release::lookup::ReleaseMatch;
use crate::release::publication::Publication;
use crate::release::{Error, claim_timeout};
use crate::system::clock;
use crate::system::signals::{self, OnInterrupt};
use crate::workspace;

/// The slot of builds that fit every interpreter.
pub(crate) const ANY_SLOT: &str = "any";
/// The maximum number of claims that are tried for one build.
const MAX_CLAIMS: u32 = 100;
/// The time between a failed renewal of a claim and the next one.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The maximum length of the failure reason in a claim, in characters.
const MAX_REASON_LENGTH: usize = 300;

/// The result of an attempt to claim a version.
pub(crate) enum ClaimAttempt<'a> {
    /// This machine holds the claim and builds.
    Acquired {
        /// The claim.
        claim: Claim<'a>,
        /// Whether some files of the release are published already.
        is_partly_published: bool,
    },
    /// The release is published.
    Published(ReleaseMatch),
    /// The user may not create indexes: the release is published without a claim.
    NotAllowed,
}

/// A claim that this machine holds.
pub(crate) struct Claim<'a> {
    request: ClaimRequest<'a>,
    name: IndexName,
    number: u32,
    record: ClaimRecord,
    _on_interrupt: OnInterrupt,
}

/// Why the wait for another machine's claim ended.
enum WaitOutcome {
    Published(Box<ReleaseMatch>),
    /// The claim is this machine's own: the server created it, but the response was lost.
    Acquired(Box<ClaimRecord>),
    /// The claim expired, or its build had failed before this machine came: the next number can be
    /// claimed.
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
    /// Random, so that this machine recognizes its own claim.
    holder: String,
}

/// Claims this version, or waits for the machine that has claimed it.
pub(crate) fn acquire<'a>(publication: &'a Publication<'a>) -> Result<ClaimAttempt<'a>, Error> {
    let mut request = ClaimRequest {
        publication,
        slot: slot_for(publication, publication.release()?.as_ref())?,
        timeout: claim_timeout::timeout(publication.query.workspace)?,
        holder: format!("{:016x}", RandomState::new().build_hasher().finish()),
    };
    let mut number = 1;
    while number <= MAX_CLAIMS {
        let name = request.name(number)?;
        let record = match request.create(&name) {
            Ok(Some(record)) => record,
            Ok(None) => match request.wait(&name)? {
                WaitOutcome::Acquired(record) => *record,
                WaitOutcome::Published(matched) => return Ok(ClaimAttempt::Published(*matched)),
                WaitOutcome::Abandoned | WaitOutcome::Deleted if request.update_slot()? => {
                    number = 1;
                    continue;
                }
                WaitOutcome::Abandoned => {
                    number += 1;
                    continue;
                }
                WaitOutcome::Deleted => continue,
            },
            Err(Error::Workspace(workspace::Error::Devpi(devpi::Error::NotAllowed { .. }))) => {
                return Ok(ClaimAttempt::NotAllowed);
            }
            Err(other) => return Err(other),
        };
        return Claim::new(request, (name, number), record).recheck();
    }
    Err(Error::TooManyClaims { index: publication.index.clone(), count: MAX_CLAIMS })
}

/// Returns the slot of this build: the interpreter's tag if the release has wheels for specific
/// platforms, else [`ANY_SLOT`].
fn slot_for(publication: &Publication<'_>, release: Option<&Release>) -> Result<String, Error> {
    let own = release.map(|release| publication.query.installer.slot(&release.files)).transpose()?.flatten();
    Ok(own.unwrap_or_else(|| ANY_SLOT.to_owned()))
}

impl ClaimRequest<'_> {
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
            holder: self.holder.clone(),
            commit: publication.build.commit.clone(),
            until: expiry(publication.session, self.timeout),
            failed: None,
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
                return Ok(WaitOutcome::Published(Box::new(matched)));
            }
            let claim = match config.map(|config| config.record) {
                None => return Ok(WaitOutcome::Deleted),
                Some(Some(Record::Claim(claim))) => claim,
                // An index of the same name that is not a claim. It is not touched.
                Some(_) => return Ok(WaitOutcome::Abandoned),
            };
            if claim.holder == self.holder {
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

impl<'a> Claim<'a> {
    fn new(request: ClaimRequest<'a>, (name, number): (IndexName, u32), record: ClaimRecord) -> Self {
        let (session, index) = (request.publication.session.clone(), name.clone());
        let on_interrupt = signals::on_interrupt(move || drop(session.delete_index(&index)));
        Self { request, name, number, record, _on_interrupt: on_interrupt }
    }

    /// Looks the release up again: another machine may have published it between the last lookup
    /// and the claim.
    fn recheck(self) -> Result<ClaimAttempt<'a>, Error> {
        let publication = self.request.publication;
        let recheck = publication.query.lookup_once(publication.session, publication.index).and_then(|matched| {
            let slot = slot_for(publication, matched.as_ref().map(|matched| &matched.release))?;
            Ok((matched, slot == self.request.slot))
        });
        match recheck {
            Ok((Some(matched), _)) if matched.has_every_format() => {
                self.delete_with_predecessors();
                Ok(ClaimAttempt::Published(matched))
            }
            Ok((matched, true)) => Ok(ClaimAttempt::Acquired { claim: self, is_partly_published: matched.is_some() }),
            Ok((_, false)) => {
                self.delete();
                acquire(publication)
            }
            Err(error) => {
                self.delete();
                Err(error)
            }
        }
    }

    /// The name of the private index.
    pub fn name(&self) -> &IndexName {
        &self.name
    }

    /// Runs `work` while a thread renews the claim, at every third of the timeout.
    pub fn renew_during<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let (stop, stopped) = mpsc::channel::<()>();
        let (session, timeout) = (self.request.publication.session, self.request.timeout);
        let renewal = Renewal { session, name: &self.name, record: &self.record, timeout };
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut pause = renewal.pause(true);
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
                    pause = renewal.pause(renewal.renew());
                }
            });
            let result = work();
            drop(stop);
            result
        })
    }

    /// Whether the claim index was deleted: it expired, and another machine or `prune` cleaned it
    /// up.
    pub fn is_deleted(&self) -> bool {
        matches!(self.request.publication.session.index(&self.name), Ok(None))
    }

    /// Deletes the claim without a publication.
    pub fn delete(&self) {
        // A claim that cannot be deleted expires, and prune deletes it.
        let _ = self.request.publication.session.delete_index(&self.name);
    }

    /// Deletes this claim and those with lower numbers, after the release was published.
    pub fn delete_with_predecessors(&self) {
        self.delete();
        let session = self.request.publication.session;
        for number in 1..self.number {
            if let Ok(name) = self.request.name(number)
                && self.is_claim_of_repository(&name)
            {
                let _ = session.delete_index(&name);
            }
        }
    }

    fn is_claim_of_repository(&self, name: &IndexName) -> bool {
        let record = self.request.publication.session.index(name).ok().flatten().and_then(|config| config.record);
        matches!(record, Some(Record::Claim(claim)) if claim.repository == self.record.repository)
    }

    /// Records in the claim why the build failed.
    ///
    /// Waiting machines fail with this reason; later ones build again.
    pub fn record_failure(&self, reason: &str) {
        let reason = reason.chars().take(MAX_REASON_LENGTH).collect();
        let record = ClaimRecord { failed: Some(reason), ..self.record.clone() };
        if update_record(self.request.publication.session, &self.name, record).is_err() {
            self.delete();
        }
    }
}

/// The data that the renewing thread needs.
struct Renewal<'a> {
    session: &'a Session,
    name: &'a IndexName,
    record: &'a ClaimRecord,
    timeout: Duration,
}

impl Renewal<'_> {
    /// Renews the claim; returns whether it succeeded. If the claim is lost, the push decides.
    fn renew(&self) -> bool {
        let record = ClaimRecord { until: expiry(self.session, self.timeout), ..self.record.clone() };
        update_record(self.session, self.name, record).is_ok()
    }

    /// The time until the next renewal. After a failure it is short: when the server is back, others take the claim for dead if they see it
    /// expired twice.
    fn pause(&self, succeeded: bool) -> Duration {
        let third = self.timeout / 3;
        if succeeded { third } else { third.min(PAUSE_AFTER_FAILURE) }
    }
}

fn update_record(session: &Session, name: &IndexName, record: ClaimRecord) -> Result<(), devpi::Error> {
    let custom_data = Record::Claim(record).to_custom_data();
    session.modify_index(name, &json!({ "custom_data": custom_data })).map(drop)
}

/// The time by the server's clock.
fn now(session: &Session) -> Timestamp {
    session.server_time().unwrap_or_else(clock::now)
}

fn expiry(session: &Session, timeout: Duration) -> Timestamp {
    let span = SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX);
    now(session).checked_add(span).unwrap_or(Timestamp::MAX)
}
