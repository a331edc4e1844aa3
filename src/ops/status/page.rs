//! The facts of the page of `status --all --html`: the newest releases on each index, and the verdict of each environment on them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use pep440_rs::Version;
use url::Url;

use crate::devpi::Server;
use crate::index::contents::{self, Contents};
use crate::index::survey::SurveyedIndex;
use crate::model::evidence::Origin as Provenance;
use crate::model::evidence::{EvidenceRow, Verdict, evidence, origin, provenance, unreadable_reports, verdict_of};
use crate::model::names::{BranchName, IndexName, ProjectName, Sha256, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::model::staleness::Activity;
use crate::ops::Error;
use crate::ops::status::Overview;
use crate::release::reports;
use crate::settings::Key;
use crate::workspace::Workspace;

/// The number of releases of each project on an index that are shown, newest first. The others are counted.
const MAX_RELEASES: usize = 3;

/// The facts of the page.
#[derive(Debug)]
pub struct StatusPage {
    /// The server, without a password.
    pub server: Url,
    /// The owner of the indexes.
    pub owner: UserName,
    /// The time of the survey by the server's clock.
    pub made: Timestamp,
    /// The environments, required ones first: the columns of [`ReleaseRow::cells`].
    pub environments: Vec<Environment>,
    /// The production index, then those of release branches, then the others by their last release.
    pub indexes: Vec<IndexReleases>,
}

/// A column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name. Untrusted: a report names it.
    pub name: String,
    /// Whether a promotion requires it.
    pub is_required: bool,
}

/// The releases on one index.
#[derive(Debug)]
pub struct IndexReleases {
    /// The index.
    pub index: IndexName,
    /// Its branch; `None` for the production index.
    pub branch: Option<String>,
    /// The newest releases of each project.
    pub releases: Vec<ReleaseRow>,
    /// The number of releases that are not shown.
    pub older: usize,
    /// The time of its last upload.
    pub activity: Activity,
}

/// A row of the matrix.
#[derive(Debug)]
pub struct ReleaseRow {
    /// The project.
    pub project: ProjectName,
    /// The version in the server's spelling. Untrusted.
    pub version: String,
    /// The commit that it was built from.
    pub provenance: Provenance,
    /// The time of the first upload.
    pub uploaded: Option<Timestamp>,
    /// Whether production has all of its files.
    pub in_production: bool,
    /// Whether it is the newest release of its project on the index.
    pub is_newest: bool,
    /// The number of results that cannot be read and do not count.
    pub unreadable: usize,
    /// The verdict of each of [`StatusPage::environments`] on its files.
    pub cells: Vec<Cell>,
}

/// The verdict of one environment on all files of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// It passed for all files.
    Passed,
    /// It failed for a file.
    Failed,
    /// It passed for some of the files, and has no result for the others.
    Partly {
        /// The number of files for which it passed.
        passed: usize,
        /// The number of all files.
        files: usize,
    },
    /// It has no result for any file.
    Missing,
}

impl Cell {
    fn of(verdicts: &[Verdict]) -> Self {
        let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        match (count(Verdict::Passed), count(Verdict::Failed)) {
            (_, 1..) => Self::Failed,
            (0, 0) => Self::Missing,
            (passed, 0) if passed == verdicts.len() => Self::Passed,
            (passed, 0) => Self::Partly { passed, files: verdicts.len() },
        }
    }
}

impl ReleaseRow {
    /// The cells of the required environments; of all, where none is required.
    pub fn decisive_cells<'a>(&'a self, environments: &'a [Environment]) -> impl Iterator<Item = Cell> + 'a {
        let some_required = environments.iter().any(|environment| environment.is_required);
        let columns = environments.iter().zip(&self.cells);
        columns.filter(move |(environment, _)| environment.is_required || !some_required).map(|(_, cell)| *cell)
    }
}

/// Reads the releases of `overview`'s indexes that belong to this repository, and the results for the newest ones.
///
/// Two requests for each index, more where an index has several projects; one for each report that is not cached.
pub fn page(workspace: &Workspace<'_>, overview: &Overview) -> Result<StatusPage, Error> {
    let server = workspace.server_for_reading()?;
    let mut indexes = read_indexes(workspace, server, overview)?;
    indexes.sort_by_key(|one| (one.rank, Reverse(one.contents.last_upload())));
    let in_production = indexes.iter().filter(|one| one.surveyed.index == overview.production);
    let files = in_production.flat_map(|one| one.contents.releases.iter().flat_map(|release| &release.files));
    let production = files.map(|file| file.sha256.clone()).collect();
    let reader = Reader { workspace, server, trusted: workspace.evidence_users()?, production };
    let mut judged = Vec::new();
    for ReadIndex { surveyed, contents, .. } in indexes {
        let activity = contents.activity();
        let (newest, older) = newest(contents.releases);
        let releases = newest.into_iter().map(|(release, is_newest)| reader.judge(release, is_newest));
        judged.push((surveyed, releases.collect::<Result<Vec<_>, Error>>()?, (older, activity)));
    }
    let required = workspace.settings.list(Key::Require).map(|set| set.value).unwrap_or_default();
    let environments = columns(judged.iter().flat_map(|(_, releases, _)| releases), &required);
    let indexes = judged.into_iter().map(|(surveyed, releases, (older, activity))| IndexReleases {
        index: surveyed.index.clone(),
        branch: surveyed.branch().map(str::to_owned),
        releases: releases.into_iter().map(|judged| judged.with_cells(&environments)).collect(),
        older,
        activity,
    });
    Ok(StatusPage {
        server: without_password(server.root()),
        owner: workspace.owner()?,
        made: overview.survey.now,
        indexes: indexes.collect(),
        environments,
    })
}

/// Reads the results for releases.
struct Reader<'a> {
    workspace: &'a Workspace<'a>,
    server: &'a Server,
    trusted: Vec<UserName>,
    /// The files on the production index.
    production: BTreeSet<Sha256>,
}

/// A row without its cells, with what they follow from.
struct Judged {
    row: ReleaseRow,
    release: Release,
    evidence: Vec<EvidenceRow>,
}

impl Reader<'_> {
    fn judge(&self, release: Release, is_newest: bool) -> Result<Judged, Error> {
        let reports = reports::read(self.workspace, self.server, &release, &self.trusted)?;
        let row = ReleaseRow {
            project: release.project.clone(),
            version: release.version.clone(),
            provenance: origin(&release, &provenance(&release, &reports, &self.trusted)),
            uploaded: release.files.iter().filter_map(|file| file.log.first()).map(|entry| entry.when).min(),
            in_production: release.files.iter().all(|file| self.production.contains(&file.sha256)),
            is_newest,
            unreadable: unreadable_reports(&release, &reports, &self.trusted).len(),
            cells: Vec::new(),
        };
        Ok(Judged { row, evidence: evidence(&release, &reports, &self.trusted), release })
    }
}

impl Judged {
    fn with_cells(self, environments: &[Environment]) -> ReleaseRow {
        let verdict =
            |file: &ReleaseFile, environment: &Environment| verdict_of(&self.evidence, &file.sha256, &environment.name);
        let cell = |environment| {
            let verdicts = self.release.files.iter().map(|file| verdict(file, environment));
            Cell::of(&verdicts.collect::<Vec<_>>())
        };
        ReleaseRow { cells: environments.iter().map(cell).collect(), ..self.row }
    }
}

/// An index with its contents.
struct ReadIndex<'a> {
    surveyed: &'a SurveyedIndex,
    contents: Contents,
    rank: usize,
}

/// Reads the production index and the branches' indexes of this repository.
fn read_indexes<'a>(
    workspace: &Workspace<'_>,
    server: &Server,
    overview: &'a Overview,
) -> Result<Vec<ReadIndex<'a>>, Error> {
    let is_read =
        |one: &&SurveyedIndex| one.index == overview.production || (one.is_ours() && one.branch_record().is_some());
    let indexes: Vec<&SurveyedIndex> = overview.survey.indexes.iter().filter(is_read).collect();
    let names: Vec<&IndexName> = indexes.iter().map(|one| &one.index).collect();
    let mut read = Vec::new();
    for (surveyed, contents) in indexes.into_iter().zip(contents::read_all(server, &names)?) {
        let rank = if surveyed.index == overview.production { 0 } else { rank(workspace, surveyed)? };
        read.push(ReadIndex { surveyed, contents, rank });
    }
    Ok(read)
}

/// The order of the branches: release branches, others, and those that are merged or gone.
fn rank(workspace: &Workspace<'_>, surveyed: &SurveyedIndex) -> Result<usize, Error> {
    let branch = surveyed.branch().and_then(|branch| BranchName::parse(branch).ok());
    Ok(match branch {
        Some(branch) if workspace.is_release_branch(&branch)? => 1,
        _ if surveyed.is_stale() => 3,
        _ => 2,
    })
}

/// Returns the newest releases of each project with the mark of its newest one, and the number of the others.
fn newest(mut releases: Vec<Release>) -> (Vec<(Release, bool)>, usize) {
    let count = releases.len();
    releases.sort_by_cached_key(|release| (release.project.clone(), Reverse(release.version.parse::<Version>().ok())));
    let mut newest: Vec<(Release, bool)> = Vec::new();
    for release in releases {
        let same = newest.iter().filter(|(shown, _)| shown.project == release.project).count();
        if same < MAX_RELEASES {
            newest.push((release, same == 0));
        }
    }
    let older = count - newest.len();
    (newest, older)
}

/// Returns the required environments in their order, then those of results that count, by name.
fn columns<'a>(judged: impl Iterator<Item = &'a Judged>, required: &[String]) -> Vec<Environment> {
    let counts = |row: &&EvidenceRow| row.trusted && row.verdict != Verdict::NoEvidence;
    let reported: BTreeSet<&String> =
        judged.flat_map(|judged| judged.evidence.iter().filter(counts)).map(|row| &row.environment).collect();
    let others = reported.into_iter().filter(|name| !required.contains(name));
    let column = |is_required: bool| move |name: &String| Environment { name: name.clone(), is_required };
    required.iter().map(column(true)).chain(others.map(column(false))).collect()
}

fn without_password(url: &Url) -> Url {
    let mut url = url.clone();
    // Neither can fail for a URL with a host.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_passes_a_release_only_with_all_of_its_files() {
        use Verdict::{Failed, NoEvidence, Passed};
        let cases: [(&[Verdict], Cell); 6] = [
            (&[Passed, Passed], Cell::Passed),
            (&[Passed, Failed], Cell::Failed),
            (&[NoEvidence, Failed], Cell::Failed),
            (&[Passed, NoEvidence, Passed], Cell::Partly { passed: 2, files: 3 }),
            (&[NoEvidence], Cell::Missing),
            (&[], Cell::Missing),
        ];
        for (verdicts, cell) in cases {
            assert_eq!(Cell::of(verdicts), cell, "{verdicts:?}");
        }
    }

    #[test]
    fn the_url_of_the_page_has_no_password() {
        let url = |text: &str| Url::parse(text).unwrap();
        let shown = without_password(&url("https://me:secret@devpi.example.com/team/"));
        assert_eq!(shown, url("https://devpi.example.com/team/"));
    }
}
