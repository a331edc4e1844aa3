//! A claim that this machine holds: writing into it, renewing it, and giving it up.
//!
//! A process may be suspended at any moment and continue when its claim has expired and other machines have built. So the holder is read
//! right before each write, at most a second before it is sent (see `claim_holder`), and a claim into which files may have been uploaded
//! is never deleted before the release is published: a late write would reach the claim of the machine that used the name again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::devpi::{self, Session};
use crate::model::names::IndexName;
use crate::model::record::{ClaimRecord, Record};
use crate::release::Error;
use crate::release::claim_holder::{Moment, freshness};
use crate::system::clock;
use crate::system::signals::{self, OnInterrupt};

/// The time between a failed renewal of a claim and the next one.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The maximum length of the failure reason in a claim, in characters.
const MAX_REASON_LENGTH: usize = 300;

/// A claim that this machine holds.
pub(crate) struct Claim<'a> {
    own: OwnClaim<'a>,
    timeout: Duration,
    /// The claims with lower numbers on the same build.
    predecessors: Vec<IndexName>,
    is_deleted: AtomicBool,
    _on_interrupt: OnInterrupt,
}

/// What a claim is made of.
pub(crate) struct NewClaim<'a> {
    pub session: &'a Session,
    pub name: IndexName,
    pub record: ClaimRecord,
    /// When the request was sent that created it; `None` if its answer was lost.
    pub held: Option<Moment>,
    pub timeout: Duration,
    pub predecessors: Vec<IndexName>,
}

/// The claim's index, with what is written there.
struct OwnClaim<'a> {
    session: std::borrow::Cow<'a, Session>,
    name: IndexName,
    record: ClaimRecord,
    uploads: Arc<Mutex<Uploads>>,
    /// When the newest request was sent whose answer showed that this machine holds the claim.
    held: Mutex<Option<Moment>>,
    /// How long that answer counts.
    freshness: Duration,
}

/// Whether the claim may contain files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Uploads {
    /// No upload has begun.
    None,
    /// An upload has begun.
    Begun,
    /// The claim is given up: no upload begins any more.
    Ended,
}

/// The result of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Renewal {
    Renewed,
    Failed,
    /// The claim was deleted, or has another holder.
    Lost,
}

impl<'a> Claim<'a> {
    pub fn new(new: NewClaim<'a>) -> Self {
        let NewClaim { session, name, record, held, timeout, predecessors } = new;
        let uploads = Arc::new(Mutex::new(Uploads::None));
        let session = std::borrow::Cow::Borrowed(session);
        let (held, freshness) = (Mutex::new(held), freshness(timeout));
        let own = OwnClaim { session, name, record, uploads, held, freshness };
        let in_handler = own.to_static();
        let on_interrupt = signals::on_interrupt(move || in_handler.give_up());
        Self { own, timeout, predecessors, is_deleted: AtomicBool::new(false), _on_interrupt: on_interrupt }
    }

    /// The name of the private index.
    pub fn name(&self) -> &IndexName {
        &self.own.name
    }

    /// Runs `write`, which uploads to the claim or pushes from it, if this machine still holds the claim; else [`Error::ClaimLost`]. One
    /// request more, unless the holder was read a moment ago.
    pub fn write<T>(&self, write: impl FnOnce(&Session) -> Result<T, devpi::Error>) -> Result<T, Error> {
        self.own.begin_upload();
        self.own.confirm_holder()?;
        Ok(write(&self.own.session)?)
    }

    /// Reads the holder: [`Error::ClaimLost`] if it is not this machine. A write that follows at once need not read it again.
    pub fn check_holder(&self) -> Result<(), Error> {
        self.own.check_holder()
    }

    /// Runs `work` while a thread renews the claim, at every third of the timeout.
    pub fn renew_during<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let (stop, stopped) = mpsc::channel::<()>();
        let (own, timeout) = (&self.own, self.timeout);
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut pause = pause_after(Renewal::Renewed, timeout);
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
                    pause = pause_after(own.renew(timeout), timeout);
                }
            });
            let result = work();
            drop(stop);
            result
        })
    }

    /// Whether the claim was deleted, or has another holder.
    pub fn is_lost(&self) -> bool {
        matches!(self.own.check_holder(), Err(Error::ClaimLost { .. }))
    }

    /// Gives the claim up without a release: the next machine need not wait until it expires.
    pub fn give_up(&self) {
        self.own.give_up();
    }

    /// Deletes this claim and those with lower numbers, after the release was published. Nothing from the second call on.
    pub fn delete_with_predecessors(&self) {
        if self.is_deleted.swap(true, Ordering::Relaxed) {
            return;
        }
        self.own.delete();
        for name in self.predecessors.iter().filter(|name| self.is_claim_of_repository(name)) {
            let _ = self.own.session.delete_index(name);
        }
    }

    fn is_claim_of_repository(&self, name: &IndexName) -> bool {
        let record = self.own.session.index(name).ok().flatten().and_then(|config| config.record);
        matches!(record, Some(Record::Claim(claim)) if claim.repository == self.own.record.repository)
    }

    /// Records in the claim why the build failed.
    ///
    /// Waiting machines fail with this reason; later ones build again.
    pub fn record_failure(&self, reason: &str) {
        let reason = reason.chars().take(MAX_REASON_LENGTH).collect();
        if self.own.update(|record| record.failed = Some(reason)).is_err() {
            self.give_up();
        }
    }
}

impl OwnClaim<'_> {
    fn to_static(&self) -> OwnClaim<'static> {
        OwnClaim {
            session: std::borrow::Cow::Owned(self.session.clone().into_owned()),
            name: self.name.clone(),
            record: self.record.clone(),
            uploads: Arc::clone(&self.uploads),
            held: Mutex::new(None),
            freshness: self.freshness,
        }
    }

    /// Notes that the claim may contain files from now on. Never returns after [`OwnClaim::give_up`], which a signal has called: the process
    /// is about to end.
    fn begin_upload(&self) {
        loop {
            match &mut *self.uploads.lock().unwrap_or_else(PoisonError::into_inner) {
                Uploads::Ended => {}
                other => {
                    *other = Uploads::Begun;
                    return;
                }
            }
            thread::park();
        }
    }

    /// Ends the uploads; returns whether one had begun.
    fn end_uploads(&self) -> bool {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *uploads, Uploads::Ended) != Uploads::None
    }

    /// An upload that has begun may still reach the server, so the claim then stays as a mark that its name is used.
    fn give_up(&self) {
        if self.end_uploads() {
            // A claim that cannot be changed expires.
            let until = now(&self.session);
            let _ = self.update(|record| (record.abandoned, record.until) = (true, until));
        } else {
            self.delete();
        }
    }

    /// Deletes the claim, if it is still this machine's. Where that fails, it expires, and `prune` deletes it.
    fn delete(&self) {
        if self.confirm_holder().is_ok() {
            let _ = self.session.delete_index(&self.name);
        }
    }

    fn renew(&self, timeout: Duration) -> Renewal {
        if *self.uploads.lock().unwrap_or_else(PoisonError::into_inner) == Uploads::Ended {
            return Renewal::Lost;
        }
        let until = expiry(&self.session, timeout);
        match self.update(|record| record.until = until) {
            Ok(()) => Renewal::Renewed,
            Err(Error::ClaimLost { .. }) => Renewal::Lost,
            Err(_) => Renewal::Failed,
        }
    }

    /// Changes the record, if the claim is still this machine's.
    fn update(&self, change: impl FnOnce(&mut ClaimRecord)) -> Result<(), Error> {
        self.check_holder()?;
        let mut record = self.record.clone();
        change(&mut record);
        let custom_data = Record::Claim(record).to_custom_data();
        self.session.modify_index(&self.name, &json!({ "custom_data": custom_data }))?;
        Ok(())
    }

    /// Reads the holder, unless it was read a moment ago.
    fn confirm_holder(&self) -> Result<(), Error> {
        let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some_and(|held| held.is_younger_than(self.freshness)) {
            return Ok(());
        }
        self.check_holder()
    }

    fn check_holder(&self) -> Result<(), Error> {
        let asked = Moment::now();
        let config = self.session.index(&self.name)?;
        let is_ours = matches!(config.and_then(|config| config.record),
            Some(Record::Claim(claim)) if claim.holder == self.record.holder);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = is_ours.then_some(asked);
        is_ours.then_some(()).ok_or_else(|| Error::ClaimLost { claim: self.name.clone() })
    }
}

/// The time until the next renewal. After a failure it is short: when the server is back, others take the claim for dead if they see it
/// expired twice.
fn pause_after(renewal: Renewal, timeout: Duration) -> Duration {
    let third = timeout / 3;
    match renewal {
        Renewal::Renewed | Renewal::Lost => third,
        Renewal::Failed => third.min(PAUSE_AFTER_FAILURE),
    }
}

/// The time by the server's clock.
pub(crate) fn now(session: &Session) -> Timestamp {
    session.server_time().unwrap_or_else(clock::now)
}

/// When a claim that is made or renewed now expires.
pub(crate) fn expiry(session: &Session, timeout: Duration) -> Timestamp {
    let span = SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX);
    now(session).checked_add(span).unwrap_or(Timestamp::MAX)
}
