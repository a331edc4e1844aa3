//! `index restore`: makes a deleted index again, with what its deletion kept.
//!
//! Only kept files whose sha256 is that of the log are uploaded. A result is posted under the name of the user who restores it, so one of
//! a user whose results do not count is never restored: it would count.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::devpi::{self, Creation, IndexConfig, Session};
use crate::index;
use crate::index::branch_index::{BranchIndex, indexes_of};
use crate::index::trash::{self, TrashEntry};
use crate::index::upkeep::{self, Update};
use crate::model::deletion::{DeletedKind, LoggedFile};
use crate::model::names::{IndexName, ProjectName, UserName, escape_for_terminal};
use crate::model::record::{BranchRecord, Record};
use crate::ops::Error;
use crate::release::Error as ReleaseError;
use crate::release::restore::{FileCopy, ReleaseCopy, RestoredFile, restore as restore_release};
use crate::system::files;
use crate::workspace::Workspace;
use crate::workspace::remote_gate::remote_gate;

/// What a restoration did.
#[derive(Debug)]
pub struct Restored {
    /// The deletion that was undone.
    pub entry: TrashEntry,
    /// Whether the index was created; otherwise an earlier run created it.
    pub created: bool,
    /// The bases that do not exist any more.
    pub bases_left_out: Vec<String>,
    /// The files, with what became of each.
    pub files: Vec<(LoggedFile, FileOutcome)>,
    /// The number of results that were posted.
    pub results: usize,
    /// The results that were not restored: how many, and why.
    pub results_left_out: BTreeMap<String, usize>,
}

/// What became of a file.
#[derive(Debug)]
pub enum FileOutcome {
    /// It was uploaded, or the index had it already.
    Done(RestoredFile),
    /// It was not kept, or is damaged; the reason.
    NotKept(String),
    /// The index has a file of this name with other bytes, or does not hold what was uploaded; the reason.
    Conflict(String),
}

impl Restored {
    /// The number of files that were uploaded.
    pub fn uploaded(&self) -> usize {
        self.files.iter().filter(|(_, outcome)| matches!(outcome, FileOutcome::Done(RestoredFile::Restored))).count()
    }

    /// Whether a file on the index stood against it.
    pub fn has_conflict(&self) -> bool {
        self.files.iter().any(|(_, outcome)| matches!(outcome, FileOutcome::Conflict(_)))
    }

    /// Whether every file of the log is on the index.
    pub fn is_complete(&self) -> bool {
        self.files.iter().all(|(_, outcome)| matches!(outcome, FileOutcome::Done(_)))
    }
}

/// Undoes the deletion that `named` names: an index, or a log. An index that exists meanwhile is never changed.
pub fn restore(workspace: &Workspace<'_>, named: &str) -> Result<Restored, Error> {
    let server = workspace.server()?.root().clone();
    let entry = trash::find(workspace, &server, (&workspace.owner()?, named))?;
    let repository = workspace.repository_name()?.value;
    if entry.record.repository != repository.as_str() {
        let (branch, other) = (&entry.record.branch, &entry.record.repository);
        let why = escape_for_terminal(&format!("its record names {branch} of {other}"));
        return Err(index::Error::ForeignIndex { index: entry.index, why }.into());
    }
    let session = workspace.session()?;
    let (created, bases_left_out) = match existing(session, &entry)? {
        Some(index) => {
            // Its deletion may have been interrupted.
            upkeep::update(session, &mut index.clone(), &Update::default())?;
            (false, Vec::new())
        }
        None if entry.logged.kind == DeletedKind::Releases => {
            return Err(index::Error::NoSuchIndex { index: entry.index }.into());
        }
        None => (true, create(session, &entry)?),
    };
    let trusted = trusted_users(workspace, session.login_user())?;
    let mut restored =
        Restored { entry, created, bases_left_out, files: Vec::new(), results: 0, results_left_out: BTreeMap::new() };
    for release in releases(&restored.entry) {
        restore_one((workspace, session), &trusted, release, &mut restored)?;
    }
    Ok(restored)
}

/// The index, if an earlier run created it, or if only releases were deleted from it. Any other index of this name is an error.
fn existing(session: &Session, entry: &TrashEntry) -> Result<Option<BranchIndex>, Error> {
    let indexes = indexes_of(session, entry.index.user())?;
    let exists = |name: &str, why: String| -> Result<_, Error> {
        let index = IndexName::new(entry.index.user(), name)?;
        Err(index::Error::IndexExists { index, why }.into())
    };
    let deleted = &entry.record;
    let is_of_branch =
        |record: &BranchRecord| (&record.repository, &record.branch) == (&deleted.repository, &deleted.branch);
    let Some(config) = indexes.get(entry.index.name()) else {
        let is_other =
            |config: &IndexConfig| matches!(&config.record, Some(Record::Branch(record)) if is_of_branch(record));
        return match indexes.iter().find(|(_, config)| is_other(config)) {
            Some((name, _)) => exists(name, format!("it is the index of {} now", escape_for_terminal(&deleted.branch))),
            None => Ok(None),
        };
    };
    match &config.record {
        Some(Record::Branch(record)) => {
            let is_it = is_of_branch(record);
            if is_it && record.created == deleted.created {
                let (name, record, config) = (entry.index.clone(), record.clone(), config.clone());
                return Ok(Some(BranchIndex { name, record, config }));
            }
            let text = match is_it {
                true => format!("it was created anew at {}", record.created),
                false => format!("its record names {} of {}", record.branch, record.repository),
            };
            exists(entry.index.name(), escape_for_terminal(&text))
        }
        _ => exists(entry.index.name(), "it has no record of a branch".to_owned()),
    }
}

/// Creates the index with the configuration of the log. Returns the bases that are left out, because they do not exist any more.
fn create(session: &Session, entry: &TrashEntry) -> Result<Vec<String>, Error> {
    let mut config = entry.logged.config.clone();
    config["volatile"] = false.into();
    let mut left_out = Vec::new();
    loop {
        match session.create_index_as(&entry.index, &config) {
            Ok(Creation::Created(_)) => return Ok(left_out),
            // Another machine was faster; or the response of our own request was lost.
            Ok(Creation::Exists) => return existing(session, entry).map(|_| left_out),
            Err(devpi::Error::BadRequest { what, message }) => {
                let bases = config["bases"].as_array_mut();
                let is_missing =
                    |base: &serde_json::Value| base.as_str().is_some_and(|base| message.contains(&format!("'{base}'")));
                let missing = bases.and_then(|bases| Some(bases.remove(bases.iter().position(is_missing)?)));
                let Some(missing) = missing else { return Err(devpi::Error::BadRequest { what, message }.into()) };
                left_out.extend(missing.as_str().map(str::to_owned));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The users whose results count, as committed on the release branch. When that cannot be read, only the login's own results count.
fn trusted_users(workspace: &Workspace<'_>, login: &UserName) -> Result<Vec<UserName>, Error> {
    match remote_gate(workspace) {
        Ok(gate) => Ok(gate.evidence_users(workspace)?),
        Err(error) => {
            workspace.progress.note(&format!(
                "only results of {login} are restored: the settings on the release branch cannot be read ({error})"
            ));
            Ok(vec![login.clone()])
        }
    }
}

/// The files of the log by release, in the order of the log.
fn releases(entry: &TrashEntry) -> Vec<Vec<LoggedFile>> {
    let mut releases: Vec<Vec<LoggedFile>> = Vec::new();
    for file in &entry.logged.files {
        let is_same = |release: &Vec<LoggedFile>| {
            release.first().is_some_and(|first| (&first.project, &first.version) == (&file.project, &file.version))
        };
        match releases.iter_mut().find(|release| is_same(release)) {
            Some(release) => release.push(file.clone()),
            None => releases.push(vec![file.clone()]),
        }
    }
    releases
}

fn restore_one(
    (workspace, session): (&Workspace<'_>, &Session),
    trusted: &[UserName],
    files: Vec<LoggedFile>,
    restored: &mut Restored,
) -> Result<(), Error> {
    let mut copies = Vec::new();
    for file in files {
        match intact(restored.entry.file(&file), &file)? {
            Ok(path) => copies.push((file, path)),
            Err(why) => restored.files.push((file, FileOutcome::NotKept(why))),
        }
    }
    let Some((first, _)) = copies.first() else { return Ok(()) };
    let (project, version) = (ProjectName::parse(&first.project)?, first.version.clone());
    let mut release = ReleaseCopy { project, version, files: Vec::new() };
    let mut left_out = BTreeMap::new();
    for (file, path) in &copies {
        let results = results(&restored.entry, file, (trusted, &mut left_out));
        let (file_name, sha256) = (file.file.clone(), file.sha256.clone());
        release.files.push(FileCopy { path: path.clone(), file_name, sha256, results });
    }
    let (index, branch) = (&restored.entry.index.clone(), &restored.entry.record.branch.clone());
    match restore_release(workspace, session, (index, branch), &release) {
        Ok(outcomes) => {
            for ((file, copy), outcome) in copies.into_iter().zip(&release.files).zip(outcomes) {
                if outcome == RestoredFile::Restored {
                    restored.results += copy.results.len();
                }
                restored.files.push((file.0, FileOutcome::Done(outcome)));
            }
            for (why, count) in left_out {
                *restored.results_left_out.entry(why).or_default() += count;
            }
        }
        // The other releases can still be restored.
        Err(error @ (ReleaseError::RestoreConflict { .. } | ReleaseError::DigestMismatch { .. })) => {
            let why = error.to_string();
            restored.files.extend(copies.into_iter().map(|(file, _)| (file, FileOutcome::Conflict(why.clone()))));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// The kept file, if it has the sha256 of the log.
fn intact(path: Option<PathBuf>, file: &LoggedFile) -> Result<Result<PathBuf, String>, Error> {
    let Some(path) = path else { return Ok(Err("it was not kept".to_owned())) };
    let found = files::sha256_of_file(&path)?;
    Ok(if found == file.sha256 { Ok(path) } else { Err(format!("the kept file has sha256 {}…", found.short())) })
}

/// The results of a file that can be restored, oldest first; the others are counted by their reason.
fn results(
    entry: &TrashEntry,
    file: &LoggedFile,
    (trusted, left_out): (&[UserName], &mut BTreeMap<String, usize>),
) -> Vec<PathBuf> {
    let mut results: Vec<_> = entry.logged.results.iter().filter(|result| result.of == file.sha256).collect();
    results.sort_by_key(|result| result.when);
    let mut restorable = Vec::new();
    for result in results {
        let who = result.who.as_deref();
        let why = match (entry.result(result), who) {
            (_, None) => "posted anonymously".to_owned(),
            (_, Some(who)) if trusted.iter().all(|user| user.as_str() != who) => {
                format!("posted by {}, whose results do not count", escape_for_terminal(who))
            }
            (None, _) => "not kept".to_owned(),
            (Some(path), _) if files::sha256_of_file(&path).ok().as_ref() != result.sha256.as_ref() => {
                "the kept result is damaged".to_owned()
            }
            (Some(path), _) => {
                restorable.push(path);
                continue;
            }
        };
        *left_out.entry(why).or_default() += 1;
    }
    restorable
}
