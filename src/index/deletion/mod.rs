//! Deletes indexes: logs their contents, makes them volatile, looks at them again, and deletes them.
//!
//! devpi deletes only volatile indexes, and has no conditional deletion. So an index is made volatile first, which tells every other client
//! that it is going: a push and `ensure` make it non-volatile again, and the server then refuses the deletion. The second look comes after
//! that. Where a release, a claim or another record came in between, however long the server took, the index is given back.

mod branch_look;
mod first_look;
mod log;
mod second_look;
mod target;

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::json;

use crate::devpi::{self, Deletion, Session};
use crate::index::Error;
use crate::index::contents::{self, MAX_PARALLEL};
use crate::index::kept_files::{KeepFiles, Kept};
use crate::model::deletion::DeletedKind;
use crate::model::names::IndexName;
use crate::model::record::Record;
use crate::system::parallel;
use crate::workspace::{self, Workspace};

pub use branch_look::BranchLook;
pub use first_look::FirstLook;
pub use log::{SavedLog, save};
pub use second_look::LiveClaims;
use second_look::{Finding, second_look};
pub use target::Target;
use target::{Prepared, changed};

/// The number of indexes that are volatile at a time.
pub const WAVE: usize = MAX_PARALLEL;

/// A deleted index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The index.
    pub index: IndexName,
    /// Whether this call deleted the index, or it was gone already.
    pub deletion: Deletion,
    /// The log with its configuration and list of files; `None` if the index was gone before it
    /// could be read.
    pub log: Option<PathBuf>,
    /// The number of files on it.
    pub files: usize,
    /// What was kept of them.
    pub kept: Kept,
}

/// The result of a wave.
#[derive(Debug, Default)]
pub struct WaveOutcome {
    /// The deleted indexes.
    pub deleted: Vec<Deleted>,
    /// The indexes that were given back, with the reason as a clause.
    pub given_back: Vec<(IndexName, String)>,
    /// The error about the first of them whose files are too large to be kept.
    pub too_large: Option<Error>,
    /// The first failure.
    pub failure: Option<Error>,
}

impl WaveOutcome {
    fn fail(&mut self, error: impl Into<Error>) {
        self.failure.get_or_insert(error.into());
    }

    fn give_back(&mut self, target: &Target<'_>, why: &str) {
        self.given_back.push((target.index.clone(), why.to_owned()));
    }

    fn gone(&mut self, target: &Target<'_>, log: Option<SavedLog>) {
        self.done(target, Deletion::AlreadyGone, log);
    }

    fn done(&mut self, target: &Target<'_>, deletion: Deletion, log: Option<SavedLog>) {
        let index = target.index.clone();
        self.deleted.push(match log {
            Some(log) => Deleted { index, deletion, log: Some(log.path), files: log.files, kept: log.kept },
            None => Deleted { index, deletion, log: None, files: 0, kept: Kept::default() },
        });
    }
}

/// How indexes are deleted.
#[derive(Debug, Clone)]
pub struct DeletionRequest {
    /// The state of the server when it was decided which.
    pub look: FirstLook,
    /// Whether live claims prevent it.
    pub claims: LiveClaims,
    /// Which of their files are kept.
    pub keep: KeepFiles,
    /// The remote's branches, if they decided: then an index whose branch was pushed since is given back.
    pub branches: Option<BranchLook>,
}

/// A run of deletions.
pub struct Deletions<'a> {
    workspace: &'a Workspace<'a>,
    session: &'a Session,
    request: DeletionRequest,
}

/// An index that is ready for its deletion, with its log.
type Logged<'t> = (Prepared<'t>, SavedLog);

impl<'a> Deletions<'a> {
    /// A run without any deletion yet.
    pub fn new(workspace: &'a Workspace<'a>, session: &'a Session, request: DeletionRequest) -> Self {
        Self { workspace, session, request }
    }

    /// Deletes indexes of one user; [`WAVE`] at a time is a good number.
    ///
    /// One `git ls-remote`, if the remote's branches decided. Requests: PATCH and DELETE for each, one listing for all; and the contents of each, if they were not read before, or if the server was
    /// written to since the first look. An index that is gone already is a success. After a failure the others are given back.
    pub fn wave(&mut self, targets: &[Target<'_>]) -> WaveOutcome {
        let mut outcome = WaveOutcome::default();
        if targets.len() > 1 {
            // Where all indexes are one value that the last write replaces, they are changed one after the other.
            self.workspace.storage(self.session);
        }
        let prepared = self.prepare(targets, &mut outcome);
        let logged = self.log(prepared, &mut outcome);
        let volatile = self.make_volatile(logged, &mut outcome);
        let going = self.look_again(volatile, &mut outcome);
        let going = self.look_at_branches(going, &mut outcome);
        self.delete(going, &mut outcome);
        outcome
    }

    /// Reads the contents that were not read before.
    fn prepare<'t>(&self, targets: &[Target<'t>], outcome: &mut WaveOutcome) -> Vec<Prepared<'t>> {
        let read = |target: &Target<'t>| match target.contents {
            Some(contents) => Ok(Some(Cow::Borrowed(contents))),
            None => contents::read(self.session, target.index).map(|contents| contents.map(Cow::Owned)),
        };
        let mut prepared = Vec::new();
        for (target, contents) in targets.iter().zip(parallel::map(targets, MAX_PARALLEL, read)) {
            match (contents, &target.seen.record) {
                (_, None) => outcome.give_back(target, "it has no record"),
                (Ok(None), _) => outcome.gone(target, None),
                (Ok(Some(contents)), Some(record)) => prepared.push(Prepared { target: *target, record, contents }),
                (Err(error), _) => outcome.fail(error),
            }
        }
        prepared
    }

    fn log<'t>(&self, prepared: Vec<Prepared<'t>>, outcome: &mut WaveOutcome) -> Vec<Logged<'t>> {
        let mut logged = Vec::new();
        for prepared in prepared {
            if outcome.failure.is_some() {
                break;
            }
            let saved = (&prepared.target, &*prepared.contents, self.request.keep);
            match log::save(self.workspace, self.session, saved, DeletedKind::Index) {
                Ok(log) => logged.push((prepared, log)),
                Err(error @ Error::TooLargeToKeep { .. }) => {
                    outcome.give_back(&prepared.target, &error.to_string());
                    outcome.too_large.get_or_insert(error);
                }
                Err(error) => outcome.fail(error),
            }
        }
        logged
    }

    /// Returns those that are volatile now, and still have the record that was seen.
    fn make_volatile<'t>(&mut self, logged: Vec<Logged<'t>>, outcome: &mut WaveOutcome) -> Vec<Logged<'t>> {
        let patch = |(prepared, _): &Logged<'_>| {
            let Target { index, seen, .. } = prepared.target;
            (!seen.volatile).then(|| self.session.modify_index(index, &json!({ "volatile": true })))
        };
        let answers = match outcome.failure {
            Some(_) => logged.iter().map(|_| None).collect(),
            None => parallel::map(&logged, MAX_PARALLEL, patch),
        };
        let mut volatile = Vec::new();
        for ((prepared, log), answer) in logged.into_iter().zip(answers) {
            match answer {
                None if outcome.failure.is_some() => log.discard(),
                None => volatile.push((prepared, log)),
                Some(Err(devpi::Error::NotFound { .. })) => outcome.gone(&prepared.target, Some(log)),
                Some(Err(error)) => {
                    log.discard();
                    outcome.fail(workspace::Error::from(error));
                }
                Some(Ok(now)) => {
                    self.request.look.count_write();
                    match changed(prepared.record, now.record.as_ref()) {
                        None => volatile.push((prepared, log)),
                        Some(why) => {
                            outcome.give_back(&prepared.target, why);
                            self.restore(&prepared.target, &log, outcome);
                        }
                    }
                }
            }
        }
        volatile
    }

    /// Returns those that nothing came to since the first look.
    fn look_again<'t>(&mut self, volatile: Vec<Logged<'t>>, outcome: &mut WaveOutcome) -> Vec<Logged<'t>> {
        let prepared: Vec<&Prepared<'t>> = volatile.iter().map(|(prepared, _)| prepared).collect();
        let findings = match outcome.failure {
            Some(_) => None,
            None => second_look(self.session, &self.request.look, (&prepared, self.request.claims))
                .map_err(|error| outcome.fail(error))
                .ok(),
        };
        let findings = findings.unwrap_or_else(|| volatile.iter().map(|_| Finding::Failed).collect());
        let mut going = Vec::new();
        for ((prepared, log), finding) in volatile.into_iter().zip(findings) {
            match finding {
                Finding::Unchanged => going.push((prepared, log)),
                Finding::Gone => outcome.gone(&prepared.target, Some(log)),
                Finding::Failed => self.restore(&prepared.target, &log, outcome),
                Finding::Changed(why) => {
                    outcome.give_back(&prepared.target, &why);
                    self.restore(&prepared.target, &log, outcome);
                }
            }
        }
        going
    }

    /// Returns those whose branch on the remote is as it was when it was decided that they go.
    fn look_at_branches<'t>(&mut self, going: Vec<Logged<'t>>, outcome: &mut WaveOutcome) -> Vec<Logged<'t>> {
        let is_branch = |(prepared, _): &Logged<'_>| matches!(prepared.record, Record::Branch(_));
        let Some(before) = self.request.branches.clone().filter(|_| going.iter().any(is_branch)) else { return going };
        let now = before.again(self.workspace);
        let mut staying = Vec::new();
        for (prepared, log) in going {
            match &now {
                Ok(now) if !before.has_moved(prepared.record, now) => staying.push((prepared, log)),
                Ok(_) => {
                    outcome.give_back(&prepared.target, "its branch changed on the remote in the meantime");
                    self.restore(&prepared.target, &log, outcome);
                }
                Err(_) => self.restore(&prepared.target, &log, outcome),
            }
        }
        if let Err(error) = now {
            outcome.fail(error);
        }
        staying
    }

    /// Restores the former volatility.
    fn restore(&mut self, target: &Target<'_>, log: &SavedLog, outcome: &mut WaveOutcome) {
        log.discard();
        if target.seen.volatile {
            return;
        }
        self.request.look.forget_serial();
        match self.session.modify_index(target.index, &json!({ "volatile": false })) {
            Ok(_) | Err(devpi::Error::NotFound { .. }) => {}
            Err(error) => outcome.fail(workspace::Error::from(error)),
        }
    }

    fn delete(&mut self, going: Vec<Logged<'_>>, outcome: &mut WaveOutcome) {
        let delete = |(prepared, _): &Logged<'_>| self.session.delete_index(prepared.target.index);
        let answers = parallel::map(&going, MAX_PARALLEL, delete);
        for ((prepared, log), answer) in going.into_iter().zip(answers) {
            match answer {
                Ok(deletion) => {
                    match deletion {
                        Deletion::Deleted => self.request.look.count_write(),
                        Deletion::AlreadyGone => self.request.look.forget_serial(),
                    }
                    outcome.done(&prepared.target, deletion, Some(log));
                }
                // Another client made it non-volatile after the second look, so it is in use.
                Err(devpi::Error::NotAllowed { message, .. }) if message.contains("non-volatile") => {
                    log.discard();
                    self.request.look.forget_serial();
                    outcome.give_back(&prepared.target, "it is in use again");
                }
                Err(error) => {
                    outcome.fail(workspace::Error::from(error));
                    self.restore(&prepared.target, &log, outcome);
                }
            }
        }
    }
}
