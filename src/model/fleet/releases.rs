//! What the releases on a repository's indexes tell.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::Timestamp;
use pep440_rs::Version;

use super::super::evidence::{EvidenceRow, Verdict, verdict_of};
use super::super::release::{LogEntry, Release, ReleaseFile};

/// Returns the final versions among `versions`, the highest first. Pre, development and local versions are no candidates for
/// production.
pub fn newest_final<'a>(versions: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut finals: Vec<(Version, &str)> = versions
        .into_iter()
        .filter_map(|text| Some((Version::from_str(text).ok()?, text)))
        .filter(|(version, _)| !version.any_prerelease() && !version.is_local())
        .collect();
    finals.sort();
    finals.dedup_by(|one, other| one.1 == other.1);
    finals.into_iter().rev().map(|(_, text)| text).collect()
}

/// Whether every file of `release` passed in every environment that reported about it, at least one.
///
/// Which environments are required is in the repository's settings, which are not read here.
pub fn passed_all(release: &Release, rows: &[EvidenceRow]) -> bool {
    let environments: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.trusted && row.verdict != Verdict::NoEvidence)
        .map(|row| row.environment.as_str())
        .collect();
    let passed = |file: &ReleaseFile| {
        environments.iter().all(|environment| verdict_of(rows, &file.sha256, environment) == Verdict::Passed)
    };
    !environments.is_empty() && !release.files.is_empty() && release.files.iter().all(passed)
}

/// Whether the first of `log` is not before `since`.
pub fn used_since(log: &[LogEntry], since: Timestamp) -> bool {
    log.first().is_some_and(|entry| entry.when >= since)
}
