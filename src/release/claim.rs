//! The claim: a short-lived private index that says "I am building this version", and the place where it is built up.
//!
//! Creating an index is atomic on devpi: of many that create the same one, exactly one gets it. So whoever can create
//! `<branch index>.claim-<hash>-1` builds; everybody else waits for the release, or for the claim's time to run out, and then tries
//! number 2. Nobody touches another one's claim before the release exists.

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
use crate::release::lookup::Holding;
use crate::release::publication::Publication;
use crate::release::{Error, claim_timeout};
use crate::system::clock;
use crate::system::signals::{self, OnInterrupt};
use crate::workspace;

/// The slot of a file that fits everywhere.
pub(crate) const ANY: &str = "any";
/// How many claims are tried: more than any real trouble makes.
const MOST_CLAIMS: u32 = 100;
/// The longest reason of a failure that is noted.
const REASON_LENGTH: usize = 300;

/// What came of asking for a turn.
pub(crate) enum Turn<'a> {
    /// The claim is ours: build.
    Ours {
        /// The claim.
        claim: Claim<'a>,
        /// Whether a part of the release is there already.
        is_begun: bool,
    },
    /// The release is there.
    There(Holding),
    /// We may not create indexes here: go on without a claim.
    NotAllowed,
}

/// A claim of ours.
pub(crate) struct Claim<'a> {
    applicant: Applicant<'a>,
    name: IndexName,
    number: u32,
    record: ClaimRecord,
    _on_interrupt: OnInterrupt,
}

/// How waiting for another builder ended.
enum Waited {
    Published(Box<Holding>),
    /// The claim is ours: it was created, and the answer was lost.
    Ours(Box<ClaimRecord>),
    /// The claim's time is over, or its build had failed before we came: the next number is free to be taken.
    Over,
    /// The claim is gone, and nothing was published: its number is free again.
    Gone,
}

/// Whoever asks for a turn.
struct Applicant<'a> {
    work: &'a Publication<'a>,
    /// Once a release has wheels for other platforms, this one has a slot of its own, and all who want it must meet there.
    slot: String,
    timeout: Duration,
    /// Random, so that we know our own claim again.
    holder: String,
}

/// Takes the claim for this version, or waits for whoever has it.
pub(crate) fn turn<'a>(work: &'a Publication<'a>) -> Result<Turn<'a>, Error> {
    let mut applicant = Applicant {
        work,
        slot: slot_beside(work, work.release()?.as_ref())?,
        timeout: claim_timeout::timeout(work.wanted.workspace)?,
        holder: format!("{:016x}", RandomState::new().build_hasher().finish()),
    };
    let mut number = 1;
    while number <= MOST_CLAIMS {
        let name = applicant.name(number)?;
        let record = match applicant.create(&name) {
            Ok(Some(record)) => record,
            Ok(None) => match applicant.wait(&name)? {
                Waited::Ours(record) => *record,
                Waited::Published(holding) => return Ok(Turn::There(*holding)),
                Waited::Over | Waited::Gone if applicant.moves()? => {
                    number = 1;
                    continue;
                }
                Waited::Over => {
                    number += 1;
                    continue;
                }
                Waited::Gone => continue,
            },
            Err(Error::Workspace(workspace::Error::Devpi(devpi::Error::NotAllowed { .. }))) => {
                return Ok(Turn::NotAllowed);
            }
            Err(other) => return Err(other),
        };
        return Claim::new(applicant, (name, number), record).second_look();
    }
    Err(Error::TooManyClaims { index: work.index.clone(), count: MOST_CLAIMS })
}

/// What tells apart builds of one version that can stand side by side: the interpreter's tag where the release has wheels that do not
/// fit everywhere.
fn slot_beside(work: &Publication<'_>, release: Option<&Release>) -> Result<String, Error> {
    let own = release.map(|release| work.wanted.installer.slot(&release.files)).transpose()?.flatten();
    Ok(own.unwrap_or_else(|| ANY.to_owned()))
}

impl Applicant<'_> {
    /// Whether what has been published meanwhile gives us another slot.
    fn moves(&mut self) -> Result<bool, Error> {
        let slot = slot_beside(self.work, self.work.release()?.as_ref())?;
        let is_other = slot != self.slot;
        self.slot = slot;
        Ok(is_other)
    }

    fn name(&self, number: u32) -> Result<IndexName, Error> {
        let (wanted, index) = (self.work.wanted, self.work.index);
        let subject = ClaimSubject { project: wanted.project, version: wanted.version, slot: &self.slot };
        Ok(IndexName::new(index.user(), &claim_name(index.name(), &subject, number))?)
    }

    /// `None`: somebody has it.
    fn create(&self, name: &IndexName) -> Result<Option<ClaimRecord>, Error> {
        let (work, workspace) = (self.work, self.work.wanted.workspace);
        let record = ClaimRecord {
            repository: workspace.repository_name()?.value.as_str().to_owned(),
            branch: work.branch.as_str().to_owned(),
            holder: self.holder.clone(),
            commit: work.build.commit.clone(),
            until: until(work.session, self.timeout),
            failed: None,
            ci_url: workspace.ci().and_then(|ci| ci.url.clone()),
        };
        let new = NewIndex {
            bases: Vec::new(),
            volatile: true,
            acl_toxresult_upload: work.wanted.trusted.iter().map(ToString::to_string).collect(),
            title: format!("building {} {}", work.wanted.project, work.wanted.version),
            record: Some(Record::Claim(record.clone())),
        };
        match work.session.create_index(name, &new)? {
            Creation::Created(_) => Ok(Some(record)),
            Creation::Exists => Ok(None),
        }
    }

    /// Waits until the release is there, or the claim's time has run out by the server's clock.
    fn wait(&self, name: &IndexName) -> Result<Waited, Error> {
        let work = self.work;
        let mut failed_before = true;
        let mut seen_expired = false;
        for round in 0_u32.. {
            // First the claim, then the release: whoever publishes takes the claim away afterwards.
            let there = work.session.index(name)?;
            if let Some(holding) = work.wanted.look_once(work.session, work.index)?
                && holding.has_every_file()
            {
                return Ok(Waited::Published(Box::new(holding)));
            }
            let claim = match there.map(|config| config.record) {
                None => return Ok(Waited::Gone),
                Some(Some(Record::Claim(claim))) => claim,
                // Somebody else's index under a claim's name: it is left alone.
                Some(_) => return Ok(Waited::Over),
            };
            if claim.holder == self.holder {
                return Ok(Waited::Ours(Box::new(claim)));
            }
            if let Some(reason) = &claim.failed {
                if failed_before || claim.commit != work.build.commit {
                    return Ok(Waited::Over);
                }
                let (reason, ci_url) = (escape_for_terminal(reason), claim.ci_url.as_deref().map(escape_for_terminal));
                return Err(Error::BuildFailedElsewhere { version: work.wanted.version.to_owned(), reason, ci_url });
            }
            failed_before = false;
            // Seen twice: after the server was down, a holder that lives needs a moment to renew.
            let is_expired = claim.until < now(work.session);
            if is_expired && seen_expired {
                return Ok(Waited::Over);
            }
            seen_expired = is_expired;
            let (project, version) = (work.wanted.project, work.wanted.version);
            let step = format!("waiting for {project} {version}: another machine is building it");
            work.wanted.workspace.progress.step(&step);
            thread::sleep(Duration::from_secs(if round < 10 || is_expired { 1 } else { 5 }));
        }
        Ok(Waited::Over)
    }
}

impl<'a> Claim<'a> {
    fn new(applicant: Applicant<'a>, (name, number): (IndexName, u32), record: ClaimRecord) -> Self {
        let (session, index) = (applicant.work.session.clone(), name.clone());
        let on_interrupt = signals::on_interrupt(move || drop(session.delete_index(&index)));
        Self { applicant, name, number, record, _on_interrupt: on_interrupt }
    }

    /// Between our last look and the claim somebody may have finished and taken his claim away.
    fn second_look(self) -> Result<Turn<'a>, Error> {
        let work = self.applicant.work;
        let looked = work.wanted.look_once(work.session, work.index).and_then(|there| {
            let slot = slot_beside(work, there.as_ref().map(|holding| &holding.release))?;
            Ok((there, slot == self.applicant.slot))
        });
        match looked {
            Ok((Some(holding), _)) if holding.has_every_file() => {
                self.finish();
                Ok(Turn::There(holding))
            }
            Ok((there, true)) => Ok(Turn::Ours { claim: self, is_begun: there.is_some() }),
            Ok((_, false)) => {
                self.give_up();
                turn(work)
            }
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// The private index.
    pub fn name(&self) -> &IndexName {
        &self.name
    }

    /// Does the `work` while the claim is renewed at every third of its time.
    pub fn hold<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let (stop, stopped) = mpsc::channel::<()>();
        let (session, timeout) = (self.applicant.work.session, self.applicant.timeout);
        let renewal = Renewal { session, name: &self.name, record: &self.record, timeout };
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(renewal.timeout / 3) {
                    renewal.renew();
                }
            });
            let result = work();
            drop(stop);
            result
        })
    }

    /// Whether it is there no more: its time had run out, and somebody has cleaned up.
    pub fn is_lost(&self) -> bool {
        matches!(self.applicant.work.session.index(&self.name), Ok(None))
    }

    /// Takes our claim away without having published.
    pub fn give_up(&self) {
        // What stays behind runs out, and is cleaned up by prune.
        let _ = self.applicant.work.session.delete_index(&self.name);
    }

    /// After the release is there: takes away our claim and those before it.
    pub fn finish(&self) {
        self.give_up();
        let session = self.applicant.work.session;
        for number in 1..self.number {
            if let Ok(name) = self.applicant.name(number)
                && self.is_claim_of_ours(&name)
            {
                let _ = session.delete_index(&name);
            }
        }
    }

    fn is_claim_of_ours(&self, name: &IndexName) -> bool {
        let there = self.applicant.work.session.index(name).ok().flatten().and_then(|config| config.record);
        matches!(there, Some(Record::Claim(claim)) if claim.repository == self.record.repository)
    }

    /// Notes in the claim why the build failed: who waits for it fails with it, and whoever comes later builds anew.
    pub fn note_failure(&self, reason: &str) {
        let reason = reason.chars().take(REASON_LENGTH).collect();
        let record = ClaimRecord { failed: Some(reason), ..self.record.clone() };
        if write(self.applicant.work.session, &self.name, record).is_err() {
            self.give_up();
        }
    }
}

/// What the thread that renews a claim needs.
struct Renewal<'a> {
    session: &'a Session,
    name: &'a IndexName,
    record: &'a ClaimRecord,
    timeout: Duration,
}

impl Renewal<'_> {
    fn renew(&self) {
        let record = ClaimRecord { until: until(self.session, self.timeout), ..self.record.clone() };
        // A renewal that fails is tried again in time; if the claim is lost, the push decides.
        let _ = write(self.session, self.name, record);
    }
}

fn write(session: &Session, name: &IndexName, record: ClaimRecord) -> Result<(), devpi::Error> {
    let custom_data = Record::Claim(record).to_custom_data();
    session.modify_index(name, &json!({ "custom_data": custom_data })).map(drop)
}

/// The server's clock.
fn now(session: &Session) -> Timestamp {
    session.server_time().unwrap_or_else(clock::now)
}

fn until(session: &Session, timeout: Duration) -> Timestamp {
    let span = SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX);
    now(session).checked_add(span).unwrap_or(Timestamp::MAX)
}
