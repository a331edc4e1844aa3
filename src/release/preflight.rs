//! What a build asks the server beside its claim: the storage, the project's name on production, and the release there.
//!
//! None of it decides which machine builds, so no request waits for it.

use std::cell::Cell;
use std::thread::Scope;

use crate::devpi::{self, Session, Storage};
use crate::model::names::{IndexName, ProjectName};
use crate::model::release::Release;
use crate::release::Error;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::release::registration::{Registration, register_on_production};
use crate::system::parallel::Pending;
use crate::workspace::Workspace;

type Answer<T> = Pending<Result<T, devpi::Error>>;

/// The questions of one build, asked in threads of their own.
pub(crate) struct Preflight {
    known_storage: Cell<Option<Storage>>,
    storage: Option<Answer<Storage>>,
    registration: Answer<Registration>,
    production: Option<(IndexName, Answer<Option<Release>>)>,
}

/// What to ask.
pub(crate) struct Questions {
    pub project: ProjectName,
    pub version: String,
    pub production: IndexName,
    /// Whether the release may be on production.
    pub reads_production: bool,
}

impl Preflight {
    /// Asks.
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        (workspace, session): (&Workspace<'_>, &'scope Session),
        questions: &'scope Questions,
    ) -> Self {
        let Questions { project, version, production, reads_production } = questions;
        let known = workspace.known_storage(session).map(|known| workspace.use_storage(session, known));
        let read_production = || session.release(production, project, version);
        Self {
            known_storage: Cell::new(known),
            storage: known.is_none().then(|| Pending::start(scope, || session.storage())),
            registration: Pending::start(scope, || register_on_production(session, production, project)),
            production: reads_production.then(|| (production.clone(), Pending::start(scope, read_production))),
        }
    }

    /// What the server's storage promises.
    pub fn storage(&self, workspace: &Workspace<'_>, session: &Session) -> Storage {
        let answer = self.storage.as_ref().and_then(Pending::take);
        match (answer, self.known_storage.get()) {
            (None, Some(known)) => known,
            (answer, _) => {
                let storage = workspace.keep_storage(session, answer.and_then(Result::ok));
                self.known_storage.set(Some(storage));
                storage
            }
        }
    }

    /// Fails if the project's name could not be registered on production, so that a mirror might answer for it.
    pub fn check_registration(&self, query: &ReleaseQuery<'_>) -> Result<(), Error> {
        if let Some(Registration::NotAllowed(message)) = self.registration.take().transpose()? {
            let note = format!("{} is not registered on production: {message}", query.project);
            query.workspace.progress.detail(&note);
        }
        Ok(())
    }

    /// Returns the release on production, if it has every format; `None` from the second call on.
    pub fn on_production(&self, query: &ReleaseQuery<'_>, session: &Session) -> Result<Option<ReleaseMatch>, Error> {
        let Some((production, answer)) = &self.production else { return Ok(None) };
        let Some(release) = answer.take().transpose()?.flatten() else { return Ok(None) };
        let matched = query.lookup_from(session, production, Some(release))?;
        Ok(matched.filter(ReleaseMatch::has_every_format))
    }
}
