//! `prune --releases`: deletes old releases from the indexes of branches, never from production.
//!
//! Each file is deleted by its path, which names its sha256: a file that was not decided on cannot be deleted. What decides about
//! production decides here too: the remote that the records name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::devpi::{IndexConfig, Session};
use crate::index;
use crate::index::branch_index::{IndexMap, indexes_of};
use crate::index::contents::{self, Contents};
use crate::index::deletion::{Target, save};
use crate::index::kept_files::{KeepFiles, Kept};
use crate::model::deletion::DeletedKind;
use crate::model::index_name::index_of_claim;
use crate::model::names::{IndexName, RepositoryName, UserName, escape_for_terminal};
use crate::model::record::{BranchRecord, Record};
use crate::model::release::Release;
use crate::model::staleness::ClockDoubt;
use crate::model::thinning::superfluous;
use crate::ops::Error;
use crate::system::clock;
use crate::workspace::Workspace;
use crate::workspace::remote_gate::{RemoteGate, remote_gate};

/// The old releases of the repository's branch indexes.
#[derive(Debug)]
pub struct ReleasesPlan {
    /// The repository.
    pub repository: RepositoryName,
    /// The indexes with superfluous releases.
    pub indexes: Vec<ThinnedIndex>,
    /// The indexes that are not thinned, with the reason.
    pub left_alone: Vec<(IndexName, String)>,
    owner: UserName,
}

/// An index with superfluous releases.
#[derive(Debug)]
pub struct ThinnedIndex {
    /// The index.
    pub index: IndexName,
    /// Its configuration.
    pub config: IndexConfig,
    /// Its record.
    pub record: BranchRecord,
    /// The superfluous releases, by project, oldest first.
    pub releases: Contents,
    /// The number of releases that stay.
    pub staying: usize,
}

/// What was deleted from one index.
#[derive(Debug)]
pub struct DeletedReleases {
    /// The index.
    pub index: IndexName,
    /// The log.
    pub log: PathBuf,
    /// What was kept of the files.
    pub kept: Kept,
    /// The number of deleted files.
    pub files: usize,
    /// The deleted releases: project and version.
    pub releases: Vec<(String, String)>,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct ReleasesOutcome {
    /// What was deleted, by index.
    pub deleted: Vec<DeletedReleases>,
    /// Indexes and releases that stay, because they are in use again; with the reason.
    pub left_alone: Vec<(String, String)>,
    /// The failure that ended the run early.
    pub failure: Option<Error>,
}

/// Finds the old releases. Changes nothing.
///
/// One `git ls-remote`, one request for the owner's indexes, and those for the contents of the branch indexes, eight at a time.
pub fn plan_releases(workspace: &Workspace<'_>) -> Result<ReleasesPlan, Error> {
    let gate = remote_gate(workspace)?;
    let (owner, repository) = (gate.owner(workspace)?, gate.repository(workspace)?);
    let server = workspace.server()?;
    workspace.progress.step("reading the releases");
    let indexes = indexes_of(server, &owner)?;
    let here = clock::now();
    let now = server.server_time().unwrap_or(here);
    let mut plan = ReleasesPlan { repository, indexes: Vec::new(), left_alone: Vec::new(), owner };
    let candidates = candidates((workspace, &gate), &indexes, &mut plan, now)?;
    if let Some(doubt) = ClockDoubt::of(server.server_time(), here) {
        plan.left_alone.extend(candidates.into_iter().map(|(index, _, _)| (index, doubt.to_string())));
        return Ok(plan);
    }
    let names: Vec<&IndexName> = candidates.iter().map(|(index, _, _)| index).collect();
    let contents = contents::read_all(server, &names)?;
    for ((index, config, record), contents) in candidates.into_iter().zip(contents) {
        let total = contents.releases.len();
        let releases = Contents { releases: thin(contents, now) };
        let staying = total - releases.releases.len();
        if !releases.releases.is_empty() {
            plan.indexes.push(ThinnedIndex { index, config, record, releases, staying });
        }
    }
    Ok(plan)
}

/// The branch indexes of the repository that the remote decides about; those in use are left alone.
fn candidates(
    (workspace, gate): (&Workspace<'_>, &RemoteGate),
    indexes: &IndexMap,
    plan: &mut ReleasesPlan,
    now: Timestamp,
) -> Result<Vec<(IndexName, IndexConfig, BranchRecord)>, Error> {
    let production = [gate.production(workspace)?, workspace.production()?];
    let mut found = Vec::new();
    for (name, config) in indexes {
        let (Ok(index), Some(Record::Branch(record))) = (IndexName::new(&plan.owner, name), &config.record) else {
            continue;
        };
        if record.repository != plan.repository.as_str() || production.contains(&index) {
            continue;
        }
        let why = match live_claim(indexes, (&index, record), now) {
            _ if !gate.authority.decides(record.remote.as_ref()) => "its record names another remote".to_owned(),
            _ if config.volatile => "its deletion was interrupted: `git devpi prune` ends it".to_owned(),
            Some(claim) => format!("a build of its branch is running: {claim}"),
            None => {
                found.push((index, config.clone(), record.clone()));
                continue;
            }
        };
        plan.left_alone.push((index, why));
    }
    Ok(found)
}

/// A claim on a build of the branch that has not expired.
fn live_claim(indexes: &IndexMap, (index, of): (&IndexName, &BranchRecord), now: Timestamp) -> Option<String> {
    let is_live = |(name, config): &(&String, &IndexConfig)| match &config.record {
        Some(Record::Claim(claim)) => {
            let is_about = index_of_claim(name) == Some(index.name())
                || (&claim.repository, &claim.branch) == (&of.repository, &of.branch);
            index_of_claim(name).is_some() && is_about && claim.until > now
        }
        _ => false,
    };
    indexes.iter().find(is_live).map(|(name, _)| escape_for_terminal(name))
}

fn thin(contents: Contents, now: Timestamp) -> Vec<Release> {
    let mut projects: BTreeMap<String, Vec<Release>> = BTreeMap::new();
    for release in contents.releases {
        projects.entry(release.project.as_str().to_owned()).or_default().push(release);
    }
    projects.values().flat_map(|releases| superfluous(releases, now)).cloned().collect()
}

/// Deletes the releases of the `chosen` indexes. After a failure the outcome has what was done before it.
pub fn delete_releases(
    workspace: &Workspace<'_>,
    plan: &ReleasesPlan,
    (chosen, keep): (&BTreeSet<IndexName>, KeepFiles),
) -> Result<ReleasesOutcome, Error> {
    let session = workspace.session()?;
    let mut outcome = ReleasesOutcome::default();
    for thinned in plan.indexes.iter().filter(|thinned| chosen.contains(&thinned.index)) {
        if let Err(error) = delete_from((workspace, session), plan, (thinned, keep), &mut outcome) {
            outcome.failure = Some(error);
            break;
        }
    }
    Ok(outcome)
}

fn delete_from(
    (workspace, session): (&Workspace<'_>, &Session),
    plan: &ReleasesPlan,
    (thinned, keep): (&ThinnedIndex, KeepFiles),
    outcome: &mut ReleasesOutcome,
) -> Result<(), Error> {
    let index = &thinned.index;
    let target = Target { index, seen: &thinned.config, contents: Some(&thinned.releases) };
    let saved = match save(workspace, session, (&target, &thinned.releases, keep), DeletedKind::Releases) {
        Err(error @ index::Error::TooLargeToKeep { .. }) => {
            outcome.left_alone.push((index.to_string(), error.to_string()));
            return Ok(());
        }
        other => other?,
    };
    // Saving the files may have taken long.
    let in_use = in_use_again(session, plan, thinned);
    let (log, kept) = (saved.path.clone(), saved.kept.clone());
    let mut deleted = DeletedReleases { index: index.clone(), log, kept, files: 0, releases: Vec::new() };
    let result = match in_use {
        Ok(Some(why)) => {
            outcome.left_alone.push((index.to_string(), why));
            Ok(())
        }
        Ok(None) => thinned.releases.releases.iter().try_for_each(|release| {
            workspace.progress.step(&format!("deleting {} {} from {index}", release.project, release.version));
            delete_release(session, release, &mut deleted, outcome)
        }),
        Err(error) => Err(error),
    };
    if deleted.files == 0 {
        saved.discard();
    } else {
        outcome.deleted.push(deleted);
    }
    result
}

/// Why the index is not thinned now: its record is another one, or a build of its branch began.
fn in_use_again(session: &Session, plan: &ReleasesPlan, thinned: &ThinnedIndex) -> Result<Option<String>, Error> {
    let indexes = indexes_of(session, &plan.owner)?;
    let now = session.server_time().unwrap_or_else(clock::now);
    let is_same = match indexes.get(thinned.index.name()).and_then(|config| config.record.as_ref()) {
        Some(Record::Branch(record)) => {
            let of = |record: &BranchRecord| {
                (record.repository.clone(), record.branch.clone(), record.created, record.remote.clone())
            };
            of(record) == of(&thinned.record)
        }
        _ => false,
    };
    if !is_same {
        return Ok(Some("its record changed in the meantime".to_owned()));
    }
    let claim = live_claim(&indexes, (&thinned.index, &thinned.record), now);
    Ok(claim.map(|claim| format!("a build of its branch began in the meantime: {claim}")))
}

/// Deletes the files of a release that is still as it was when its deletion was decided.
fn delete_release(
    session: &Session,
    release: &Release,
    deleted: &mut DeletedReleases,
    outcome: &mut ReleasesOutcome,
) -> Result<(), Error> {
    let Some(now) = session.release(&release.index, &release.project, &release.version)? else { return Ok(()) };
    if paths(&now) != paths(release) {
        let version = escape_for_terminal(&release.version);
        let subject = format!("{} {version} on {}", release.project, release.index);
        outcome.left_alone.push((subject, "it was used in the meantime".to_owned()));
        return Ok(());
    }
    for file in &release.files {
        session.delete_file(file)?;
        deleted.files += 1;
    }
    deleted.releases.push((release.project.as_str().to_owned(), release.version.clone()));
    Ok(())
}

/// The paths of all files and results; each names what it holds.
fn paths(release: &Release) -> BTreeSet<(&str, &str)> {
    let files = release.files.iter().map(|file| (file.path.as_str(), file.sha256.as_str()));
    let results = release.tox_results.iter().map(|link| (link.path.as_str(), ""));
    files.chain(results).collect()
}
