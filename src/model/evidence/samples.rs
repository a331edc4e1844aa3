//! Releases with results, for tests.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::names::{CommitId, IndexName, ProjectName, Sha256, UserName};
use super::super::release::{LogEntry, Release, ReleaseFile, ToxResultLink};
use super::super::tox_result::{EnvironmentRun, Note, Provenance, ToxReport, Unreadable};
use super::Reports;

pub(crate) fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

/// The minute after a moment in 2026.
pub(crate) fn minute(minute: i64) -> Timestamp {
    "2026-01-02T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

/// The run of an environment that tested this file.
pub(crate) fn run(success: bool, file: &Sha256) -> EnvironmentRun {
    EnvironmentRun { ran: true, tested: true, success, package_sha256: Some(file.clone()), ..EnvironmentRun::default() }
}

/// A release under construction, with the reports of its results.
pub(crate) struct Sample {
    pub(crate) release: Release,
    pub(crate) reports: Reports,
}

impl Sample {
    pub(crate) fn new(index: &str, version: &str) -> Self {
        let release = Release {
            index: IndexName::parse(index).unwrap(),
            project: ProjectName::parse("demo").unwrap(),
            version: version.to_owned(),
            files: Vec::new(),
            tox_results: Vec::new(),
        };
        Self { release, reports: Reports::default() }
    }

    pub(crate) fn file(mut self, file_name: &str, sha256: Sha256) -> Self {
        let path = format!("{}/+f/{file_name}", self.release.index);
        self.release.files.push(ReleaseFile { file_name: file_name.to_owned(), sha256, path, log: Vec::new() });
        self
    }

    /// Adds a report to the file that was added last.
    pub(crate) fn report(self, who: Option<&str>, when: Timestamp, report: ToxReport) -> Self {
        self.posted(who, when, Ok(report))
    }

    /// Adds a report to the file that was added last, or the reason why it cannot be read.
    pub(crate) fn posted(mut self, who: Option<&str>, when: Timestamp, report: Result<ToxReport, Unreadable>) -> Self {
        let for_path = self.release.files.last().unwrap().path.clone();
        let path = format!("{for_path}.toxresult-{}", self.release.tox_results.len());
        let entry = |what: &str, who: Option<&str>, when| LogEntry {
            what: what.to_owned(),
            who: who.map(str::to_owned),
            when,
            src: None,
            dst: None,
        };
        // Pushed on by the owner afterwards, as everything is that was published.
        let log =
            vec![entry("upload", who, when), entry("push", Some("acme"), when + jiff::SignedDuration::from_hours(99))];
        let link = ToxResultLink { path, for_path, sha256: None, log };
        self.reports.insert(&link, report);
        self.release.tox_results.push(link);
        self
    }

    /// Adds a report of one environment.
    pub(crate) fn tested(self, who: Option<&str>, when: i64, environment: (&str, EnvironmentRun)) -> Self {
        let environments = BTreeMap::from([(environment.0.to_owned(), environment.1)]);
        self.report(who, minute(when), ToxReport { environments, ..ToxReport::default() })
    }

    /// Adds a provenance that fits the file that was added last.
    pub(crate) fn built_from(self, who: Option<&str>, when: i64, commit: CommitId) -> Self {
        let (version, sha256) = (self.release.version.clone(), self.release.files.last().unwrap().sha256.clone());
        let provenance = Provenance { commit, version, sha256, builder: None, ci_url: None };
        self.noted(who, when, Note::Provenance(provenance))
    }

    pub(crate) fn noted(self, who: Option<&str>, when: i64, note: Note) -> Self {
        self.report(who, minute(when), ToxReport { note: Some(note), ..ToxReport::default() })
    }
}
