//! Decides whether a release may be promoted to production.
//!
//! A pure rule over facts read from the server and the repository. It reports *all* blockers at once. Callers evaluate it again after each
//! push, because devpi may have committed a part of the push.

mod blocker;
mod file_evidence;
mod version;
mod withdrawn;

use std::collections::BTreeMap;

use super::evidence::{EvidenceRow, Origin, UnreadableReport, Verdict, WithdrawalRecord, origin};
use super::names::{IndexName, ProjectName};
use super::release::{Release, ReleaseFile};
use super::staleness::Containment;
use super::tox_result::Provenance;

use file_evidence::file_evidence;

pub use blocker::{Blocker, IgnoredResult};
pub use file_evidence::FileEvidence;
pub use version::{base_of, highest_above, is_same_base};

/// The release to promote.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its project.
    pub project: &'a ProjectName,
    /// Its version.
    pub version: &'a str,
    /// The source index.
    pub index: &'a IndexName,
    /// The release on that index; `None` when it does not exist.
    pub release: Option<&'a Release>,
    /// The provenance of its files by file name ([`super::evidence::provenance`]).
    pub provenance: &'a BTreeMap<String, Provenance>,
    /// Whether the commit of the provenance is contained in the release branch on the remote.
    pub on_release_branch: Containment,
    /// The rows of all its reports, trusted or not ([`super::evidence::evidence`]).
    pub evidence: &'a [EvidenceRow],
    /// Its reports that cannot be read ([`super::evidence::unreadable_reports`]).
    pub unreadable: &'a [UnreadableReport],
    /// Its newest withdrawal from production; `None` also when the request names the version, which takes the withdrawal back.
    pub withdrawal: Option<&'a WithdrawalRecord>,
}

/// The production index.
#[derive(Debug, Clone, Copy)]
pub struct Production<'a> {
    /// Its name.
    pub index: &'a IndexName,
    /// The same project and version on that index; `None` when it does not exist.
    pub release: Option<&'a Release>,
    /// All versions of the project on that index.
    pub versions: &'a [String],
}

/// The conditions that a release must meet.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// The environments that must pass for each file.
    pub required: &'a [String],
    /// The configured platforms for which the release has no wheel.
    pub missing_platforms: &'a [String],
    /// What follows from a failure before an environment passed.
    pub flaky: FlakyPolicy,
    /// Whether a version below production's highest of the same base is allowed (`--older`).
    pub older: bool,
}

/// What follows from an environment that failed for a file and passes for the same file now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlakyPolicy {
    /// It counts as passed.
    Allow,
    /// It counts as passed, with a warning.
    Warn,
    /// It blocks the promotion.
    Refuse,
}

/// A decision with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The decision.
    pub decision: PromotionDecision,
    /// The evidence for each file in each required environment, for every decision.
    pub evidence: Vec<FileEvidence>,
    /// The reports that cannot be read.
    pub unreadable: Vec<UnreadableReport>,
    /// The policy that was applied.
    pub flaky: FlakyPolicy,
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionDecision {
    /// Production has all files with the same content.
    AlreadyThere,
    /// The release may be promoted.
    Ready {
        /// The files that production lacks.
        missing: Vec<ReleaseFile>,
    },
    /// The release may not be promoted. [`Blocker::FileConflict`] comes first; the list is not empty.
    Blocked(Vec<Blocker>),
}

impl PromotionDecision {
    /// Whether production has a file with other content, which no evidence can resolve.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Blocked(blockers) if blockers.iter().any(|b| matches!(b, Blocker::FileConflict { .. })))
    }
}

/// Decides whether `candidate` may go to `production`.
pub fn decide(candidate: &Candidate<'_>, production: &Production<'_>, gate: &Gate<'_>) -> Promotion {
    let Some(release) = candidate.release.filter(|release| !release.files.is_empty()) else {
        let blocker = Blocker::NoSuchRelease {
            project: candidate.project.clone(),
            version: candidate.version.to_owned(),
            index: candidate.index.clone(),
            in_production: production.release.is_some(),
        };
        let decision = PromotionDecision::Blocked(vec![blocker]);
        return Promotion { decision, evidence: Vec::new(), unreadable: Vec::new(), flaky: gate.flaky };
    };
    let evidence = file_evidence(release, candidate.evidence, gate.required);
    let conclude = |decision, evidence| Promotion {
        decision,
        evidence,
        unreadable: candidate.unreadable.to_vec(),
        flaky: gate.flaky,
    };
    let compared = compare(release, production);
    let mut blockers = compared.conflicts;
    if blockers.is_empty() && compared.missing.is_empty() {
        return conclude(PromotionDecision::AlreadyThere, evidence);
    }
    if !version::is_final(candidate.version) {
        blockers.push(Blocker::NotFinal { version: candidate.version.to_owned() });
    }
    blockers.extend(origin_blocker(release, candidate));
    blockers.extend(gate.missing_platforms.iter().cloned().map(|platform| Blocker::MissingPlatform { platform }));
    blockers.extend(evidence_blockers(&evidence, candidate.evidence, gate));
    blockers.extend(candidate.unreadable.iter().filter_map(|report| withheld_blocker(report, &evidence)));
    blockers.extend(withdrawn::blocker(candidate.withdrawal, production.index, production.release));
    if !gate.older {
        blockers.extend(version::highest_above(candidate.version, production.versions).map(|higher| {
            Blocker::HigherInProduction {
                version: candidate.version.to_owned(),
                higher: higher.to_owned(),
                index: production.index.clone(),
            }
        }));
    }
    let decision = if blockers.is_empty() {
        PromotionDecision::Ready { missing: compared.missing }
    } else {
        PromotionDecision::Blocked(blockers)
    };
    conclude(decision, evidence)
}

struct Compared {
    conflicts: Vec<Blocker>,
    missing: Vec<ReleaseFile>,
}

/// Compares the release with production: missing files, and files with other content.
fn compare(release: &Release, production: &Production<'_>) -> Compared {
    let there: BTreeMap<&str, &ReleaseFile> = production
        .release
        .iter()
        .flat_map(|release| &release.files)
        .map(|file| (file.file_name.as_str(), file))
        .collect();
    let mut compared = Compared { conflicts: Vec::new(), missing: Vec::new() };
    for file in &release.files {
        match there.get(file.file_name.as_str()) {
            None => compared.missing.push(file.clone()),
            Some(same) if same.sha256 == file.sha256 => {}
            Some(other) => compared.conflicts.push(Blocker::FileConflict {
                file_name: file.file_name.clone(),
                index: production.index.clone(),
                here: file.sha256.clone(),
                there: other.sha256.clone(),
            }),
        }
    }
    compared
}

fn origin_blocker(release: &Release, candidate: &Candidate<'_>) -> Option<Blocker> {
    match origin(release, candidate.provenance) {
        Origin::Unproven { files } => Some(Blocker::NoProvenance { files }),
        Origin::Mixed { commits } => Some(Blocker::SeveralCommits { commits }),
        Origin::Commit(commit) => match candidate.on_release_branch {
            Containment::Yes => None,
            Containment::No => Some(Blocker::NotOnReleaseBranch { commit }),
            Containment::Unknown => Some(Blocker::AncestryUnknown { commit }),
        },
    }
}

fn evidence_blockers(evidence: &[FileEvidence], rows: &[EvidenceRow], gate: &Gate<'_>) -> Vec<Blocker> {
    if gate.required.is_empty() {
        return vec![Blocker::NothingRequired];
    }
    let blocker_of = |file: &FileEvidence| match &file.row {
        None => Some(Blocker::MissingEvidence {
            file_name: file.file_name.clone(),
            environment: file.environment.clone(),
            ignored: IgnoredResult::newest(rows, file),
        }),
        Some(row) if row.verdict == Verdict::Passed => {
            file.failed_before.last().filter(|_| gate.flaky == FlakyPolicy::Refuse).map(|last| Blocker::Flaky {
                file_name: file.file_name.clone(),
                environment: file.environment.clone(),
                failures: file.failed_before.len(),
                who: last.who.clone(),
                when: last.when,
            })
        }
        Some(row) => Some(Blocker::Failed {
            file_name: file.file_name.clone(),
            environment: file.environment.clone(),
            who: row.who.clone(),
            when: row.when,
        }),
    };
    evidence.iter().filter_map(blocker_of).collect()
}

/// The blocker of a trusted report that the server does not send as it was uploaded: it may say that an environment failed that passed
/// before. Results uploaded later than it resolve that.
fn withheld_blocker(report: &UnreadableReport, evidence: &[FileEvidence]) -> Option<Blocker> {
    let may_decide = evidence
        .iter()
        .filter(|known| known.file_name == report.file_name && known.verdict() == Verdict::Passed)
        .any(|known| known.row.as_ref().is_some_and(|row| row.when <= report.when));
    (report.trusted && report.reason.hides_content() && may_decide)
        .then(|| Blocker::WithheldReport { report: report.clone() })
}

#[cfg(test)]
mod random_evidence {
    mod tests;
}
#[cfg(test)]
mod tests;
