//! `results`: shows the evidence for a release, and adds reports to it.

pub mod attestations;
pub mod junit;
pub mod requirements;
pub mod unknown_environment;

use std::path::Path;

use serde_json::Value;

use crate::model::evidence::{self, EvidenceRow, Origin, UnreadableReport, Verdict, deciding_row, failed_before};
use crate::model::release::Release;
use crate::model::tox_result::{DroppedEnvironment, ToxReport, parse_report};
use crate::ops::Error;
use crate::ops::results::unknown_environment::UnknownEnvironment;
use crate::release::evidence::{TestedFile, post, prepare};
use crate::release::reports;
use crate::release::select::{ReleaseSelector, locate};
use crate::settings::Key;
use crate::system::files::read_optional;
use crate::workspace::Workspace;

/// The evidence for a release.
#[derive(Debug, Clone)]
pub struct Results {
    /// The release.
    pub release: Release,
    /// The commit that it was built from.
    pub origin: Origin,
    /// The evidence, by file and environment.
    pub lines: Vec<EvidenceLine>,
    /// The reports that cannot be read and do not count.
    pub unreadable: Vec<UnreadableReport>,
}

/// One line of the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// The file.
    pub file_name: String,
    /// The environment.
    pub environment: String,
    /// The verdict of the line.
    pub verdict: Verdict,
    /// The report; `None` if a required environment has none.
    pub row: Option<EvidenceRow>,
    /// Whether it counts.
    pub status: LineStatus,
    /// For a line that decides: the failures before it passed, oldest first.
    pub failed_before: Vec<EvidenceRow>,
}

/// Whether a line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStatus {
    /// It decides.
    Decides,
    /// A newer report replaced it.
    Superseded,
    /// Its uploader is not trusted.
    Untrusted,
    /// It contains no evidence about the file.
    SaysNothing,
    /// The environment is required and has no report.
    Missing,
}

impl LineStatus {
    /// Returns the word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decides => "decides",
            Self::Superseded => "superseded",
            Self::Untrusted => "untrusted",
            Self::SaysNothing => "no evidence",
            Self::Missing => "missing",
        }
    }
}

/// Returns the evidence for a release.
pub fn results(workspace: &Workspace<'_>, selector: &ReleaseSelector) -> Result<Results, Error> {
    let server = workspace.server_for_reading()?;
    let release = locate(workspace, server, selector)?;
    let trusted = workspace.evidence_users()?;
    let reports = reports::read(workspace, server, &release, &trusted)?;
    let origin = evidence::origin(&release, &evidence::provenance(&release, &reports, &trusted));
    let required = workspace.settings.list(Key::Require).map(|set| set.value).unwrap_or_default();
    let rows = evidence::evidence(&release, &reports, &trusted);
    let lines = lines(&release, &rows, &required);
    let unreadable = evidence::unreadable_reports(&release, &reports, &trusted);
    Ok(Results { release, origin, lines, unreadable })
}

/// Returns the lines by file, environment (required ones first) and time.
///
/// A required environment without a report has a line too.
fn lines(release: &Release, rows: &[EvidenceRow], required: &[String]) -> Vec<EvidenceLine> {
    let mut lines = Vec::new();
    for file in &release.files {
        for environment in super::status::environments(rows, required) {
            let decides = deciding_row(rows, &file.sha256, &environment);
            let mut here: Vec<&EvidenceRow> =
                rows.iter().filter(|row| row.file_name == file.file_name && row.environment == environment).collect();
            here.sort_by_key(|row| row.when);
            if decides.is_none() && required.contains(&environment) {
                lines.push(missing(&file.file_name, &environment));
            }
            let failed = failed_before(rows, &file.sha256, &environment);
            lines.extend(here.into_iter().map(|row| line(row, status(row, decides), &failed)));
        }
    }
    lines
}

fn line(row: &EvidenceRow, status: LineStatus, failed: &[&EvidenceRow]) -> EvidenceLine {
    let failed = if status == LineStatus::Decides { failed } else { &[] };
    EvidenceLine {
        file_name: row.file_name.clone(),
        environment: row.environment.clone(),
        verdict: row.verdict,
        row: Some(row.clone()),
        status,
        failed_before: failed.iter().map(|&row| row.clone()).collect(),
    }
}

fn missing(file_name: &str, environment: &str) -> EvidenceLine {
    EvidenceLine {
        file_name: file_name.to_owned(),
        environment: environment.to_owned(),
        verdict: Verdict::NoEvidence,
        row: None,
        status: LineStatus::Missing,
        failed_before: Vec::new(),
    }
}

fn status(row: &EvidenceRow, decides: Option<&EvidenceRow>) -> LineStatus {
    if decides.is_some_and(|decides| std::ptr::eq(decides, row)) {
        LineStatus::Decides
    } else if !row.trusted {
        LineStatus::Untrusted
    } else if row.verdict == Verdict::NoEvidence {
        LineStatus::SaysNothing
    } else {
        LineStatus::Superseded
    }
}

/// The result of adding a report.
#[derive(Debug, Clone)]
pub struct Added {
    /// The release.
    pub release: Release,
    /// The files with new evidence, each with the environments.
    pub files: Vec<(String, Vec<String>)>,
    /// The environments of the report that are not evidence for any file of the release.
    pub dropped: Vec<DroppedEnvironment>,
    /// The environment of a JUnit report, if neither `require` nor tox knows it.
    pub unknown: Option<UnknownEnvironment>,
}

/// Posts a report of tox to the files of a release that it is evidence for.
pub fn add(workspace: &Workspace<'_>, report: &Path, selector: &ReleaseSelector) -> Result<Added, Error> {
    let (report, parsed) = read_report(report)?;
    let server = workspace.session()?;
    let release = locate(workspace, server, selector)?;
    let trusted = workspace.evidence_users()?;
    let known = reports::read_trusted(workspace, server, &release, &trusted)?;
    let built_from = evidence::provenance(&release, &known, &trusted);
    let head = workspace.commit()?;
    let mut added = Added { release, files: Vec::new(), dropped: Vec::new(), unknown: None };
    for file in &added.release.files {
        let commit = built_from.get(&file.file_name).map_or(&head, |provenance| &provenance.commit);
        let tested = TestedFile { version: &added.release.version, file, commit };
        let prepared = prepare(workspace, &tested, &report.1)?;
        if prepared.kept.is_empty() {
            continue;
        }
        post(workspace, &tested, &prepared)?;
        added.files.push((file.file_name.clone(), prepared.kept));
    }
    added.dropped = dropped(&added, &parsed);
    if added.files.is_empty() {
        let why: Vec<String> = added.dropped.iter().map(|d| format!("{} {}", d.name, d.reason)).collect();
        let (project, version) = (&added.release.project, &added.release.version);
        let reason = format!("it is not evidence for {project} {version}: {}", why.join(", "));
        return Err(Error::BadReport { place: report.0, reason });
    }
    Ok(added)
}

/// Reads the report; returns it with its file name.
fn read_report(path: &Path) -> Result<((String, Value), ToxReport), Error> {
    let place = path.display().to_string();
    let bad = |reason: &str| Error::BadReport { place: place.clone(), reason: reason.to_owned() };
    let bytes = read_optional(path)?.ok_or_else(|| bad("there is no such file"))?;
    let report = parse_report(&bytes).map_err(|error| bad(&format!("it is not JSON: {error}")))?;
    if !report.get("testenvs").is_some_and(Value::is_object) {
        return Err(bad("it has no testenvs"));
    }
    let parsed = ToxReport::parse(&report);
    if !parsed.environments.values().any(|environment| environment.ran) {
        return Err(bad("no environment has run"));
    }
    Ok(((place, report), parsed))
}

/// Returns the environments that ran and are in no file's report, with the reason for the first
/// file.
fn dropped(added: &Added, parsed: &ToxReport) -> Vec<DroppedEnvironment> {
    let used = |name: &String| added.files.iter().any(|(_, kept)| kept.contains(name));
    let Some(file) = added.release.files.first() else { return Vec::new() };
    let unused = parsed.environments.iter().filter(|(name, run)| run.ran && !used(name));
    unused
        .filter_map(|(name, run)| {
            Some(DroppedEnvironment { name: name.clone(), reason: run.judge(&file.sha256).err()? })
        })
        .collect()
}

#[cfg(test)]
mod tests;
