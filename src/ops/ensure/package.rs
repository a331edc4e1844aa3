//! Makes one package available: finds it, builds and publishes it, or builds it for this machine
//! only.

use std::thread;
use std::time::Duration;

use crate::build::destination::Destination;
use crate::build::package;
use crate::build::version::BuildVersion;
use crate::devpi::{self, Server, Session, Storage};
use crate::index::branch_index::{self, BranchIndex, IndexLookup, IndexMap};
use crate::index::{expected, permissions};
use crate::model::index_name::index_of_claim;
use crate::model::names::{IndexName, UserName};
use crate::model::release::Release;
use crate::ops::Error;
use crate::ops::ensure::branch_facts::new_branch;
use crate::ops::ensure::request::{
    Action, BuildPolicy, EnsureRequest, Ensured, PackageRequest, ReadAhead, UploadPolicy,
};
use crate::python::builder::Format;
use crate::release::compatible::Installer;
use crate::release::local_build::LocalBuild;
use crate::release::lookup::{ReleaseMatch, ReleaseQuery};
use crate::release::preflight::{Preflight, Questions};
use crate::release::publication::{KeptBuild, Publication, Published};
use crate::release::publish::{LookedUp, publish};
use crate::release::{self, fetch};
use crate::system::machine;
use crate::system::parallel::Slots;
use crate::workspace;
use crate::workspace::{Branch, Workspace};

/// The maximum number of times that the branch's index is created while other clients delete it.
const MAX_INDEX_CREATIONS: u32 = 20;

/// The maximum pause before the index is created again where the last write wins, in milliseconds. It is random, so that machines that start at
/// the same moment do not go on replacing each other's indexes.
const MAX_PAUSE: u64 = 2000;

/// The package to make available.
pub(super) struct PackageTask<'a> {
    pub(super) workspace: &'a Workspace<'a>,
    pub(super) build: &'a BuildVersion,
    pub(super) request: &'a EnsureRequest,
    pub(super) dest: Option<&'a Destination>,
    pub(super) formats: Vec<Format>,
    pub(super) installer: Installer<'a>,
    pub(super) slots: Option<&'a Slots>,
}

/// Makes the package of `build` available.
pub(super) fn ensure(
    workspace: &Workspace<'_>,
    build: &BuildVersion,
    package_request: PackageRequest<'_>,
) -> Result<Ensured, Error> {
    let PackageRequest { request, dest, read, slots } = package_request;
    let installer = Installer::new(workspace, request.python.as_deref())?;
    let formats = package::formats(workspace)?;
    let task = PackageTask { workspace, build, request, dest, formats, installer, slots };
    // A trailing `.dev` only says that the version is in work.
    if let Some(note) = build.dropped_part().filter(|_| build.base.extra().is_some()) {
        workspace.progress.note(&note);
    }
    match skip_publish_reason(workspace, build, request)? {
        Some(reason) => {
            workspace.progress.note(&reason);
            task.build_local()
        }
        None => task.ensure_on_server(read),
    }
}

/// Returns why this build is not published; `None` if it is.
pub(super) fn skip_publish_reason(
    workspace: &Workspace<'_>,
    build: &BuildVersion,
    request: &EnsureRequest,
) -> Result<Option<String>, Error> {
    let version = &build.version;
    match (build.is_local(), request.upload) {
        (true, UploadPolicy::LocalToo) if build.is_dirty() => Err(Error::DirtyUpload { version: version.to_string() }),
        (true, UploadPolicy::Numbered | UploadPolicy::Never) => {
            Ok(Some(format!("{version} is a local version and is not published")))
        }
        _ => {
            let why = workspace.unpublished(&branch_of(workspace, build)?)?;
            Ok(why.map(|why| format!("{why}: {version} is built and not published")))
        }
    }
}

/// Returns the branch that the build is of.
pub(super) fn branch_of(workspace: &Workspace<'_>, build: &BuildVersion) -> Result<Branch, Error> {
    match &build.branch {
        Some(branch) => Ok(branch.clone()),
        None => Ok(workspace.branch()?),
    }
}

/// Returns the server for reading: with the stored login, since an index may be closed to anonymous users. Never uses a password.
pub(super) fn read_server<'w>(workspace: &'w Workspace<'_>) -> Result<&'w Server, Error> {
    if workspace.stored_token()?.is_some() {
        return Ok(workspace.session()?);
    }
    Ok(workspace.server()?)
}

/// What has been read about the release.
enum Known<'a> {
    /// The release on the first index.
    Release(Box<Release>),
    /// The owner's indexes.
    List(&'a IndexMap),
}

impl PackageTask<'_> {
    /// Builds the package for this machine only.
    fn build_local(&self) -> Result<Ensured, Error> {
        if self.request.build == BuildPolicy::Forbidden {
            let (project, version) = (self.build.project.name().clone(), self.build.version.to_string());
            return Err(Error::NotPublished { project, version });
        }
        let Some(format) = self.formats.iter().min().copied() else { return Err(self.no_release(&[])?) };
        let _slot = self.slots.map(Slots::take);
        let (workspace, build, installer) = (self.workspace, self.build, &self.installer);
        let local = LocalBuild { workspace, build, format, installer };
        let (path, sha256) = fetch::deliver(workspace, self.dest, || local.package())?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Ensured {
            project: self.build.project.name().clone(),
            version: self.build.version.to_string(),
            index: None,
            file,
            sha256,
            path,
            action: Action::Local,
            commit: self.build.commit.clone(),
            constraints: None,
        })
    }

    fn ensure_on_server(&self, read_ahead: Option<ReadAhead>) -> Result<Ensured, Error> {
        let workspace = self.workspace;
        let branch = branch_of(workspace, self.build)?;
        let trusted = workspace.evidence_users()?;
        let version = self.build.version.to_string();
        let query = self.query(&version, &trusted);
        let index_query = workspace.branch_index_query(&branch.name)?;
        let read_server = read_server(workspace)?;
        let beside = |name: &IndexName| read_server.release(name, query.project, query.version);
        let expected = match read_ahead {
            Some(ReadAhead { index, release }) => Some((index, release)),
            None => expected::find_with(read_server, &index_query, beside)?,
        };
        let (mut index, read) = expected.map_or((None, None), |(index, release)| (Some(index), release));
        let without_release = index.as_ref().filter(|_| read.is_none()).map(|index| index.name.clone());
        let mut candidates = self.candidates(index.as_ref())?;
        if self.request.may_publish() {
            // Production is read beside the claim.
            candidates.truncate(1);
        }
        if let Some(release) = read.clone()
            && let Some(matched) = self.found(&query, read_server, (&candidates, Known::Release(Box::new(release))))?
        {
            self.keep_up(index.as_ref(), &branch)?;
            return self.fetch_file(read_server, &matched, Action::Found);
        }
        if let Some(index) = index.as_ref().filter(|_| self.request.may_publish()) {
            let session = workspace.session()?;
            let all = self.indexes_about(session, index)?;
            let looked_up = LookedUp::Release(read.map(Box::new));
            return self.publish(&query, (&index_query, all), (&branch, looked_up));
        }
        let all = branch_index::indexes_of(read_server, &index_query.owner)?;
        index = match branch_index::find(&all, &index_query) {
            IndexLookup::Index(index) => Some(*index),
            IndexLookup::Free { .. } | IndexLookup::AllTaken(_) => None,
        };
        let candidates = self.candidates(index.as_ref())?;
        let unread = candidates.iter().filter(|name| without_release.as_ref() != Some(*name)).cloned();
        let unread: Vec<IndexName> = unread.collect();
        if let Some(matched) = self.found(&query, read_server, (&unread, Known::List(&all)))? {
            self.keep_up(index.as_ref(), &branch)?;
            return self.fetch_file(read_server, &matched, Action::Found);
        }
        if self.request.build == BuildPolicy::Forbidden {
            return Err(self.no_release(&[&candidates[..], &index_query.candidates].concat())?);
        }
        if self.request.upload == UploadPolicy::Never {
            workspace.progress.note(&format!("{version} not found; it is built without publishing"));
            return self.build_local();
        }
        self.publish(&query, (&index_query, all), (&branch, LookedUp::Not))
    }

    /// Returns the release that fits the interpreter.
    ///
    /// If building is forbidden, a source distribution is accepted as well.
    fn found(
        &self,
        query: &ReleaseQuery<'_>,
        read_server: &Server,
        (candidates, known): (&[IndexName], Known<'_>),
    ) -> Result<Option<ReleaseMatch>, Error> {
        let (mut read, all) = match known {
            Known::Release(release) => (Some(*release), None),
            Known::List(all) => (None, Some(all)),
        };
        let mut unfit = None;
        for name in candidates {
            let Some(mut matched) = query.lookup_from(read_server, name, read.take())? else { continue };
            if !matched.has_every_format() && self.request.build == BuildPolicy::Forbidden {
                let source = ReleaseQuery { formats: &[Format::Sdist], ..*query };
                matched = source.lookup(read_server, name)?.unwrap_or(matched);
            }
            if matched.has_every_format() {
                let is_claim = |claim: &String| index_of_claim(claim) == Some(name.name());
                // Without the list of indexes nothing says that a build is going on, and a question would be one request more.
                let storage = || match all {
                    None => self.workspace.known_storage(read_server).unwrap_or_default(),
                    Some(all) if all.keys().any(is_claim) => self.workspace.storage(read_server),
                    Some(_) => Storage::default(),
                };
                let matched = query.settled(read_server, name, (matched, storage))?;
                query.note_missing_provenance(&matched);
                self.workspace.progress.note(&format!("found {} {} on {name}", query.project, query.version));
                return Ok(Some(matched));
            }
            unfit.get_or_insert(matched.release);
        }
        match unfit.filter(|_| self.request.build == BuildPolicy::Forbidden) {
            Some(release) => Err(query.no_compatible_file(&release.index, &release.files).into()),
            None => Ok(None),
        }
    }

    fn publish(
        &self,
        query: &ReleaseQuery<'_>,
        (index_query, all): (&branch_index::BranchIndexQuery, IndexMap),
        (branch, looked_up): (&Branch, LookedUp),
    ) -> Result<Ensured, Error> {
        let session = self.workspace.session()?;
        let _slot = self.slots.map(Slots::take);
        let questions = Questions {
            project: query.project.clone(),
            version: query.version.to_owned(),
            production: self.workspace.production()?,
            // Without a look at the branch's index, both have been read one after the other.
            reads_production: self.build.is_release() && matches!(looked_up, LookedUp::Release(_)),
        };
        let (index, published) = thread::scope(|scope| {
            let preflight = Preflight::start(scope, (self.workspace, session), &questions);
            self.publish_beside(&preflight, (query, index_query, all), (branch, looked_up))
        })?;
        let action = if published.is_built_here { Action::Built } else { Action::Found };
        let (project, version, name) = (query.project, query.version, &index.name);
        self.workspace.progress.note(&match action {
            Action::Built => format!("published {project} {version} on {name}"),
            _ => format!("using {project} {version} on {name}, which another machine published meanwhile"),
        });
        self.fetch_file(session, &published.matched, action)
    }

    fn publish_beside(
        &self,
        preflight: &Preflight,
        (query, index_query, mut all): (&ReleaseQuery<'_>, &branch_index::BranchIndexQuery, IndexMap),
        (branch, mut looked_up): (&Branch, LookedUp),
    ) -> Result<(BranchIndex, Published), Error> {
        let session = self.workspace.session()?;
        let new_branch = new_branch(self.workspace, branch, self.build)?;
        let (kept, holder) = (KeptBuild::default(), format!("{:016x}", machine::random()));
        let mut attempts = 1;
        loop {
            let (index, _) = branch_index::ensure_among((self.workspace, session), &mut all, index_query, &new_branch)?;
            let index = self.update_index((session, &all), index, branch);
            permissions::check_build_rights(session, (&index.name, &index.config), &branch.name)?;
            let (name, branch) = (&index.name, &branch.name);
            let (holder, kept) = (&*holder, &kept);
            let publication =
                Publication { query, build: self.build, session, index: name, branch, preflight, holder, kept };
            match publish(&publication, std::mem::replace(&mut looked_up, LookedUp::Not)) {
                // Another client may delete the index at any moment: a clean-up that does not see the claim yet, or a person. Where the last
                // write wins, the creation of another index takes it away.
                Err(release::Error::Workspace(workspace::Error::Devpi(error)))
                    if attempts < MAX_INDEX_CREATIONS && is_about_missing_index(session, name, &error) =>
                {
                    attempts += 1;
                    self.workspace.progress.detail(&format!("{name} was deleted in the meantime and is created again"));
                    if publication.storage() == Storage::LastWriteWins {
                        thread::sleep(Duration::from_millis(machine::random() % MAX_PAUSE));
                    }
                    all = branch_index::indexes_of(session, &index_query.owner)?;
                }
                published => return Ok((index, published?)),
            }
        }
    }

    fn query<'s>(&'s self, version: &'s str, trusted: &'s [UserName]) -> ReleaseQuery<'s> {
        ReleaseQuery {
            workspace: self.workspace,
            project: self.build.project.name(),
            version,
            commit: &self.build.commit,
            formats: &self.formats,
            installer: &self.installer,
            trusted,
        }
    }

    /// Returns the indexes that can hold the release.
    fn candidates(&self, index: Option<&BranchIndex>) -> Result<Vec<IndexName>, Error> {
        let mut candidates: Vec<IndexName> = index.map(|index| index.name.clone()).into_iter().collect();
        if self.build.is_release() {
            candidates.push(self.workspace.production()?);
        }
        Ok(candidates)
    }

    fn fetch_file(&self, server: &Server, matched: &ReleaseMatch, action: Action) -> Result<Ensured, Error> {
        let Some(file) = matched.preferred_file() else {
            return Err(self.no_release(std::slice::from_ref(&matched.release.index))?);
        };
        let (path, sha256) = fetch::deliver(self.workspace, self.dest, || fetch::fetch(self.workspace, server, file))?;
        Ok(Ensured {
            project: matched.release.project.clone(),
            version: matched.release.version.clone(),
            index: Some(matched.release.index.clone()),
            file: file.file_name.clone(),
            sha256,
            path,
            action,
            commit: self.build.commit.clone(),
            constraints: None,
        })
    }

    fn no_release(&self, candidates: &[IndexName]) -> Result<Error, Error> {
        let index = match candidates.first() {
            Some(index) => index.clone(),
            None => self.workspace.production()?,
        };
        let (project, version) = (self.build.project.name().clone(), self.build.version.to_string());
        Ok(release::Error::NoRelease { project, version, index }.into())
    }
}

/// Whether the publication failed since the branch's index does not exist, or did not for a moment.
fn is_about_missing_index(session: &Session, index: &IndexName, error: &devpi::Error) -> bool {
    matches!(error, devpi::Error::NotFound { .. }) || matches!(session.index(index), Ok(None))
}
