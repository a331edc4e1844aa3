//! Which reports count, and what they say about a file.
//!
//! Anybody may be allowed to post results to a file (devpi's default is everybody), and results travel with it when it is pushed on.
//! So all reports are shown, but only those that a trusted user posted *in the first place* count, and of those only what was tested
//! with exactly the file's bytes.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::names::{CommitId, Sha256, UserName};
use super::release::{Release, ReleaseFile, ToxResultLink};
use super::tox_result::{NotEvidence, Note, Outcome, Provenance, ToxReport};

/// What is known about a file in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was tested and is green.
    Passed,
    /// It was tested and is red.
    Failed,
    /// Nobody who counts has tested it.
    NoEvidence,
}

impl Verdict {
    /// The verdict as it stands in tables and JSON.
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

/// What one report says about one environment of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The file that the report was posted to.
    pub file_name: String,
    /// That file's sha256, as the server has it.
    pub sha256: Sha256,
    /// The environment, as the report names it: make it harmless before it is printed.
    pub environment: String,
    /// What the report says, believed or not.
    pub verdict: Verdict,
    /// Why it says nothing, where `verdict` is [`Verdict::NoEvidence`].
    pub reason: Option<NotEvidence>,
    /// Who posted the report in the first place; `None` for somebody who was not logged in.
    pub who: Option<String>,
    /// When it was posted; the beginning of 1970 where the server has no log of it.
    pub when: Timestamp,
    /// Whether it counts: `who` is one of the trusted users.
    pub trusted: bool,
    /// Where the CI's log of that test is, if the report says so.
    pub ci_url: Option<String>,
}

/// What every report of `release` says, believed or not, in the server's order. Environments that did not run are left out.
///
/// `reports` holds the results that could be read, by the path of their link; the others say nothing.
pub fn evidence(release: &Release, reports: &BTreeMap<String, ToxReport>, trusted: &[UserName]) -> Vec<EvidenceRow> {
    let mut rows = Vec::new();
    for file in &release.files {
        for link in release.results_for(file) {
            if let Some(report) = reports.get(&link.path) {
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
            trusted: is_trusted(link, trusted),
            ci_url: match &report.note {
                Some(Note::Test(note)) => note.ci_url.clone(),
                _ => None,
            },
        }
    })
}

/// The row that decides about the file with this sha256 in `environment`: the newest that counts. Of several in one second (devpi's log
/// knows no parts of one) the server's order decides.
pub fn deciding_row<'a>(rows: &'a [EvidenceRow], file: &Sha256, environment: &str) -> Option<&'a EvidenceRow> {
    rows.iter()
        .filter(|row| row.trusted && row.verdict != Verdict::NoEvidence)
        .filter(|row| row.sha256 == *file && row.environment == environment)
        .max_by_key(|row| row.when)
}

/// The verdict about the file with this sha256 in `environment`.
pub fn verdict_of(rows: &[EvidenceRow], file: &Sha256, environment: &str) -> Verdict {
    deciding_row(rows, file, environment).map_or(Verdict::NoEvidence, |row| row.verdict)
}

/// From which commit each file of `release` was built, by file name; files without a provenance that may be believed are not in it.
///
/// Believed is what a trusted user posted, if it names the file's own sha256 and version. Of several the first counts: it was posted
/// with the file, and where a file comes from does not change afterwards.
pub fn provenance(
    release: &Release,
    reports: &BTreeMap<String, ToxReport>,
    trusted: &[UserName],
) -> BTreeMap<String, Provenance> {
    let of_file = |file: &ReleaseFile| {
        release
            .results_for(file)
            .filter(|link| is_trusted(link, trusted))
            .filter_map(|link| match &reports.get(&link.path)?.note {
                Some(Note::Provenance(note)) => Some((posted(link), note)),
                _ => None,
            })
            .filter(|(_, note)| note.sha256 == file.sha256 && note.version == release.version)
            .min_by_key(|(when, _)| *when)
            .map(|(_, note)| (file.file_name.clone(), note.clone()))
    };
    release.files.iter().filter_map(of_file).collect()
}

/// From which commit a whole release was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// All of its files are from this commit.
    Commit(CommitId),
    /// These files carry no provenance that may be believed; a release without files is of this kind, too.
    Unproven {
        /// Their names.
        files: Vec<String>,
    },
    /// Its files are from several commits.
    Mixed {
        /// Those commits, in order.
        commits: Vec<CommitId>,
    },
}

/// From which commit the whole of `release` was built, by what [`provenance`] found.
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

fn is_trusted(link: &ToxResultLink, trusted: &[UserName]) -> bool {
    link.uploader().is_some_and(|who| trusted.iter().any(|user| user.as_str() == who))
}

fn posted(link: &ToxResultLink) -> Timestamp {
    link.posted().unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
