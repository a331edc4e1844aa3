//! What stands between a release and production.
//!
//! A pure rule over what was read from the server and the repository. It names *everything* that stands in the way at once, so that
//! nobody mends one thing to be told of the next, and it is asked again after every push, because devpi commits partly.

mod blocker;
mod file_evidence;
mod version;

use std::collections::BTreeMap;

use super::evidence::{EvidenceRow, Origin, Verdict, origin};
use super::names::{IndexName, ProjectName};
use super::release::{Release, ReleaseFile};
use super::staleness::Containment;
use super::tox_result::Provenance;

use file_evidence::file_evidence;

pub use blocker::{Blocker, IgnoredResult};
pub use file_evidence::FileEvidence;
pub use version::is_same_base;

/// The release that is to be promoted.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its project.
    pub project: &'a ProjectName,
    /// Its version.
    pub version: &'a str,
    /// The index that it is to come from.
    pub index: &'a IndexName,
    /// The release as it lies there, if it does.
    pub release: Option<&'a Release>,
    /// From which commit its files were built ([`super::evidence::provenance`]).
    pub provenance: &'a BTreeMap<String, Provenance>,
    /// Whether that commit is contained in the release branch on the remote.
    pub on_release_branch: Containment,
    /// What the reports on it say, counted or not ([`super::evidence::evidence`]).
    pub evidence: &'a [EvidenceRow],
}

/// The index that it is to go to.
#[derive(Debug, Clone, Copy)]
pub struct Production<'a> {
    /// Its name.
    pub index: &'a IndexName,
    /// The same project and version there, if it is there already.
    pub release: Option<&'a Release>,
    /// All versions of the project there.
    pub versions: &'a [String],
}

/// What is asked of a release.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// The environments that must be green for every file.
    pub required: &'a [String],
    /// The platforms that are waited for, and that no wheel of the release is for.
    pub missing_platforms: &'a [String],
    /// Whether a version below production's highest of the same base is welcome (`--older`).
    pub older: bool,
}

/// What is to be done, and on what evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// What is to be done.
    pub decision: PromotionDecision,
    /// What is known of every file in every required environment, whatever was decided.
    pub evidence: Vec<FileEvidence>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionDecision {
    /// Production has all of these bytes already.
    AlreadyThere,
    /// It may be promoted.
    Ready {
        /// The files that production has not.
        missing: Vec<ReleaseFile>,
        /// Whether production has the others: then a push of the whole release would be refused, and these go through an index of
        /// their own.
        partly_there: bool,
    },
    /// It may not. [`Blocker::FileConflict`] comes first; the list is never empty.
    Blocked(Vec<Blocker>),
}

impl PromotionDecision {
    /// Whether production holds other bytes: a conflict, which no evidence mends.
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
        return Promotion { decision: PromotionDecision::Blocked(vec![blocker]), evidence: Vec::new() };
    };
    let evidence = file_evidence(release, candidate.evidence, gate.required);
    let compared = compare(release, production);
    let mut blockers = compared.conflicts;
    if blockers.is_empty() && compared.missing.is_empty() {
        return Promotion { decision: PromotionDecision::AlreadyThere, evidence };
    }
    blockers.extend(origin_blocker(release, candidate));
    blockers.extend(gate.missing_platforms.iter().cloned().map(|platform| Blocker::MissingPlatform { platform }));
    blockers.extend(evidence_blockers(&evidence, candidate.evidence, gate));
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
        PromotionDecision::Ready {
            partly_there: compared.missing.len() < release.files.len(),
            missing: compared.missing,
        }
    } else {
        PromotionDecision::Blocked(blockers)
    };
    Promotion { decision, evidence }
}

struct Compared {
    conflicts: Vec<Blocker>,
    missing: Vec<ReleaseFile>,
}

/// Which files production lacks, and which it has with other bytes.
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
        Some(row) if row.verdict == Verdict::Passed => None,
        Some(row) => Some(Blocker::Failed {
            file_name: file.file_name.clone(),
            environment: file.environment.clone(),
            who: row.who.clone(),
            when: row.when,
        }),
    };
    evidence.iter().filter_map(blocker_of).collect()
}

#[cfg(test)]
mod tests;
