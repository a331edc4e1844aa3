//! Selects the reports that count as evidence, and their verdict on a file.
//!
//! By default devpi lets every user post results to a file, and a push copies them with the file. So all reports are listed, but only
//! those count whose *original* uploader is a trusted user and that tested a file with exactly this sha256.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::names::{CommitId, IndexName, Sha256, UserName};
use super::release::{Release, ReleaseFile, ToxResultLink};
use super::tox_result::{CommandRun, NotEvidence, Note, Outcome, Provenance, TestCounts, ToxReport};

mod reports;

pub use reports::{Reports, UnreadableReport, unreadable_reports};

/// The verdict on a file in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The tests passed.
    Passed,
    /// The tests failed.
    Failed,
    /// No trusted report has tested the file.
    NoEvidence,
}

impl Verdict {
    /// The verdict as shown in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NoEvidence => "no evidence",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The result of one report for one environment and one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The file that the report was posted to.
    pub file_name: String,
    /// The file's sha256 according to the server.
    pub sha256: Sha256,
    /// The environment's name from the report. Untrusted: escape it before printing.
    pub environment: String,
    /// The report's verdict, trusted or not.
    pub verdict: Verdict,
    /// The reason for [`Verdict::NoEvidence`].
    pub reason: Option<NotEvidence>,
    /// The original uploader of the report; `None` for an anonymous one.
    pub who: Option<String>,
    /// The time of the upload (UTC); the Unix epoch when the server has no log entry.
    pub when: Timestamp,
    /// Whether `who` is a trusted user, so that the report counts.
    pub trusted: bool,
    /// The URL of the CI log of the test, if the report has one.
    pub ci_url: Option<String>,
    /// The commit that was checked out during the test, if the report has it. Evidence belongs to the file, so it decides nothing.
    pub commit: Option<CommitId>,
    /// The duration of the environment, if the report has it.
    pub duration: Option<Duration>,
    /// The test commands.
    pub commands: Vec<CommandRun>,
    /// The numbers of tests, if the report has them.
    pub tests: Option<TestCounts>,
}

/// The rows of all reports of `release`, trusted or not, in the server's order, without environments that did not run.
///
/// Links without a readable report are skipped.
pub fn evidence(release: &Release, reports: &Reports, trusted: &[UserName]) -> Vec<EvidenceRow> {
    let mut rows = Vec::new();
    for file in &release.files {
        for link in release.results_for(file) {
            if let Some(report) = reports.get(link) {
                rows.extend(rows_of(file, link, report, trusted));
            }
        }
    }
    rows
}

fn rows_of<'a>(
    file: &'a ReleaseFile,
    link: &'a ToxResultLink,
    report: &'a ToxReport,
    trusted: &'a [UserName],
) -> impl Iterator<Item = EvidenceRow> + 'a {
    let note = match &report.note {
        Some(Note::Test(note)) => Some(note),
        _ => None,
    };
    report.environments.iter().filter(|(_, run)| run.ran).map(move |(environment, run)| {
        let (verdict, reason) = match run.judge(&file.sha256) {
            Ok(Outcome::Passed) => (Verdict::Passed, None),
            Ok(Outcome::Failed) => (Verdict::Failed, None),
            Err(reason) => (Verdict::NoEvidence, Some(reason)),
        };
        EvidenceRow {
            file_name: file.file_name.clone(),
            sha256: file.sha256.clone(),
            environment: environment.clone(),
            verdict,
            reason,
            who: link.uploader().map(str::to_owned),
            when: posted(link),
            trusted: link.is_by(trusted),
            ci_url: note.and_then(|note| note.ci_url.clone()),
            commit: note.map(|note| note.commit.clone()),
            duration: run.duration,
            commands: run.commands.clone(),
            tests: note.and_then(|note| note.tests.get(environment)).copied(),
        }
    })
}

/// The row that decides on the file with this sha256 in `environment`: the newest one that counts. devpi's log has a resolution of one
/// second; among equal times the last one in the server's order wins.
pub fn deciding_row<'a>(rows: &'a [EvidenceRow], file: &Sha256, environment: &str) -> Option<&'a EvidenceRow> {
    rows.iter()
        .filter(|row| row.trusted && row.verdict != Verdict::NoEvidence)
        .filter(|row| row.sha256 == *file && row.environment == environment)
        .max_by_key(|row| row.when)
}

/// The failed rows that count for the file with this sha256 in `environment`, oldest first, if it passes now; else none.
pub fn failed_before<'a>(rows: &'a [EvidenceRow], file: &Sha256, environment: &str) -> Vec<&'a EvidenceRow> {
    if verdict_of(rows, file, environment) != Verdict::Passed {
        return Vec::new();
    }
    // The deciding row is the newest one that counts, so all others came before it.
    let counts = |row: &&EvidenceRow| {
        row.trusted && row.verdict == Verdict::Failed && row.sha256 == *file && row.environment == environment
    };
    let mut failed: Vec<&EvidenceRow> = rows.iter().filter(counts).collect();
    failed.sort_by_key(|row| row.when);
    failed
}

/// The verdict on the file with this sha256 in `environment`.
pub fn verdict_of(rows: &[EvidenceRow], file: &Sha256, environment: &str) -> Verdict {
    deciding_row(rows, file, environment).map_or(Verdict::NoEvidence, |row| row.verdict)
}

/// The trusted provenance of each file of `release`, by file name. Files without one are missing from the map.
///
/// A provenance is trusted when a trusted user posted it and it names the file's sha256 and version. The oldest one counts: it was
/// posted with the file, and the origin of a file does not change.
pub fn provenance(release: &Release, reports: &Reports, trusted: &[UserName]) -> BTreeMap<String, Provenance> {
    let of_file = |file: &ReleaseFile| {
        release
            .results_for(file)
            .filter(|link| link.is_by(trusted))
            .filter_map(|link| match &reports.get(link)?.note {
                Some(Note::Provenance(note)) => Some((posted(link), note)),
                _ => None,
            })
            .filter(|(_, note)| note.sha256 == file.sha256 && note.version == release.version)
            .min_by_key(|(when, _)| *when)
            .map(|(_, note)| (file.file_name.clone(), note.clone()))
    };
    release.files.iter().filter_map(of_file).collect()
}

/// The withdrawal of a release from production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawalRecord {
    /// The user who withdrew it.
    pub who: Option<String>,
    /// The time by the server's clock.
    pub when: Timestamp,
}

/// The newest withdrawal of `release` from `production` that a trusted user recorded.
pub fn withdrawal(
    release: &Release,
    reports: &Reports,
    (trusted, production): (&[UserName], &IndexName),
) -> Option<WithdrawalRecord> {
    let of_file = |file: &ReleaseFile| {
        let links = release.results_for(file).filter(|link| link.is_by(trusted));
        let withdrawals = links.filter(|link| match reports.get(link).and_then(|report| report.note.as_ref()) {
            Some(Note::Withdrawal(note)) => {
                note.sha256 == file.sha256 && note.version == release.version && note.index == production.to_string()
            }
            _ => false,
        });
        withdrawals
            .map(|link| WithdrawalRecord { who: link.uploader().map(str::to_owned), when: posted(link) })
            .max_by_key(|record| record.when)
    };
    release.files.iter().filter_map(of_file).max_by_key(|record| record.when)
}

/// The origin of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// All files were built from this commit.
    Commit(CommitId),
    /// These files have no trusted provenance; also the origin of a release without files.
    Unproven {
        /// The file names.
        files: Vec<String>,
    },
    /// The files were built from several commits.
    Mixed {
        /// The commits, sorted.
        commits: Vec<CommitId>,
    },
}

/// Determines the origin of `release` from the result of [`provenance`].
pub fn origin(release: &Release, provenance: &BTreeMap<String, Provenance>) -> Origin {
    let mut commits: Vec<CommitId> = Vec::new();
    let mut unproven = Vec::new();
    for file in &release.files {
        match provenance.get(&file.file_name) {
            Some(known) => commits.push(known.commit.clone()),
            None => unproven.push(file.file_name.clone()),
        }
    }
    commits.sort();
    commits.dedup();
    match commits.as_slice() {
        [_, _, ..] => Origin::Mixed { commits },
        [commit] if unproven.is_empty() => Origin::Commit(commit.clone()),
        _ => Origin::Unproven { files: unproven },
    }
}

fn posted(link: &ToxResultLink) -> Timestamp {
    link.posted().unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
