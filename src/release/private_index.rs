//! A private index, in which a release is put together before it is pushed to its index in one transaction.
//!
//! It belongs to the logged-in user and has the record of a claim, so `prune` deletes it when this process ends before it can.

use std::hash::{BuildHasher, Hasher, RandomState};

use jiff::{SignedDuration, Timestamp};

use crate::devpi::{self, NewIndex, PushOutcome, PushRequest, Session};
use crate::model::index_name::{ClaimSubject, claim_name, index_of_claim};
use crate::model::names::{CommitId, IndexName, ProjectName};
use crate::model::record::{ClaimRecord, Record};
use crate::release::{Error, claim_timeout};
use crate::system::clock;
use crate::system::signals::{self, OnInterrupt};
use crate::workspace::Workspace;

/// The purpose of a private index.
#[derive(Debug, Clone)]
pub(crate) struct PrivateIndexRequest<'a> {
    /// The branch index after which it is named.
    pub near: &'a IndexName,
    /// The project.
    pub project: &'a ProjectName,
    /// The version.
    pub version: &'a str,
    /// The commit that the release was built from.
    pub commit: &'a CommitId,
    /// The branch of the release.
    pub branch: &'a str,
    /// One word, for the name: `promotion`.
    pub purpose: &'static str,
    /// The title.
    pub title: String,
    /// The users who may post results to it.
    pub results_by: Vec<String>,
}

/// A private index. Dropping it deletes the index; so does an interruption.
#[derive(Debug)]
pub(crate) struct PrivateIndex<'a> {
    session: &'a Session,
    name: IndexName,
    _on_interrupt: OnInterrupt,
}

impl<'a> PrivateIndex<'a> {
    /// Creates it with one request.
    pub fn create(
        workspace: &Workspace<'_>,
        session: &'a Session,
        request: &PrivateIndexRequest<'_>,
    ) -> Result<Self, Error> {
        let name = create(workspace, session, request)?;
        let (clone, to_delete) = (session.clone(), name.clone());
        let on_interrupt = signals::on_interrupt(move || drop(clone.delete_index(&to_delete)));
        Ok(Self { session, name, _on_interrupt: on_interrupt })
    }

    /// Its name.
    pub fn name(&self) -> &IndexName {
        &self.name
    }

    /// Copies the release to the target index in one transaction. A rejected push may have copied a part: read the target afterwards.
    pub fn push(&self, (project, version): (&ProjectName, &str), to: &IndexName) -> Result<PushOutcome, Error> {
        Ok(self.session.push(&PushRequest {
            from: self.name.clone(),
            project: project.clone(),
            version: version.to_owned(),
            to: to.clone(),
        })?)
    }
}

impl Drop for PrivateIndex<'_> {
    fn drop(&mut self) {
        // An index that cannot be deleted now expires, and `prune` deletes it.
        let _ = self.session.delete_index(&self.name);
    }
}

/// Creates the index under the logged-in user, who may differ from the owner of the branch index.
fn create(workspace: &Workspace<'_>, session: &Session, request: &PrivateIndexRequest<'_>) -> Result<IndexName, Error> {
    let holder = format!("{:016x}", RandomState::new().build_hasher().finish());
    let slot = format!("{} {holder}", request.purpose);
    let subject = ClaimSubject { project: request.project, version: request.version, slot: &slot };
    let index = IndexName::new(session.login_user(), &claim_name(request.near.name(), &subject, 1))?;
    debug_assert!(index_of_claim(index.name()).is_some());
    let timeout = SignedDuration::try_from(claim_timeout::timeout(workspace)?).unwrap_or(SignedDuration::MAX);
    let now = session.server_time().unwrap_or_else(clock::now);
    let record = Record::Claim(ClaimRecord {
        repository: workspace.repository_name()?.value.as_str().to_owned(),
        branch: request.branch.to_owned(),
        holder,
        commit: request.commit.clone(),
        project: Some(request.project.to_string()),
        version: Some(request.version.to_owned()),
        until: now.checked_add(timeout).unwrap_or(Timestamp::MAX),
        failed: None,
        abandoned: false,
        ci_url: workspace.ci().and_then(|ci| ci.url.clone()),
    });
    let new = NewIndex {
        bases: Vec::new(),
        volatile: true,
        acl_upload: Vec::new(),
        acl_toxresult_upload: request.results_by.clone(),
        title: request.title.clone(),
        record: Some(record.clone()),
    };
    match session.create_index(&index, &new)? {
        devpi::Creation::Created(_) => Ok(index),
        // The name is random: an index that exists is our own, created by a request whose response was lost.
        devpi::Creation::Exists => match session.index(&index)?.and_then(|config| config.record) {
            Some(found) if found == record => Ok(index),
            _ => Err(Error::StagingExists { index }),
        },
    }
}
