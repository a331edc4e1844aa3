//! What a deletion log says about deleted releases: enough to find their files again and to restore them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::names::{IndexName, Sha256};
use super::record::{RECORD_KEY, Record};
use super::release::Release;

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletedKind {
    /// An index with all of its releases.
    #[default]
    Index,
    /// Releases of an index that was kept.
    Releases,
}

impl DeletedKind {
    /// The kind in logs and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Releases => "releases",
        }
    }
}

/// The contents of a deletion log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LoggedDeletion {
    /// The root URL of the server.
    pub server: String,
    /// The time by the server's clock.
    pub deleted: Timestamp,
    /// What was deleted. Logs of older versions do not say it: they are about indexes.
    #[serde(default)]
    pub kind: DeletedKind,
    /// The index.
    pub index: String,
    /// Its configuration, as the server sent it.
    pub config: Value,
    /// The deleted files.
    pub files: Vec<LoggedFile>,
    /// The tox results that belonged to them. Logs of older versions have none.
    #[serde(default)]
    pub results: Vec<LoggedResult>,
}

/// A deleted file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedFile {
    /// The project.
    pub project: String,
    /// The version in the server's spelling.
    pub version: String,
    /// The file name.
    pub file: String,
    /// Its sha256.
    pub sha256: Sha256,
    /// When it was uploaded.
    pub uploaded: Option<Timestamp>,
}

/// A tox result of a deleted file: a test, or the provenance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedResult {
    /// The sha256 of the file that it belonged to.
    pub of: Sha256,
    /// The sha256 of the report; `None` when the server did not list it and the report was not kept.
    pub sha256: Option<Sha256>,
    /// The user who posted it; `None` for an anonymous one.
    pub who: Option<String>,
    /// When it was posted.
    pub when: Option<Timestamp>,
}

impl LoggedDeletion {
    /// The name of the index; `None` when it is invalid.
    pub fn index(&self) -> Option<IndexName> {
        IndexName::parse(&self.index).ok()
    }

    /// The record in the configuration.
    pub fn record(&self) -> Option<Record> {
        Record::from_custom_data(self.config.get("custom_data")?)
    }

    /// The branch in the record, also in that of a later version.
    pub fn branch(&self) -> Option<&str> {
        self.config.get("custom_data")?.get(RECORD_KEY)?.get("branch")?.as_str()
    }
}

/// The files of `releases`, in their order.
pub fn logged_files(releases: &[Release]) -> Vec<LoggedFile> {
    let files = releases.iter().flat_map(|release| release.files.iter().map(move |file| (release, file)));
    let logged = files.map(|(release, file)| LoggedFile {
        project: release.project.as_str().to_owned(),
        version: release.version.clone(),
        file: file.file_name.clone(),
        sha256: file.sha256.clone(),
        uploaded: file.log.first().map(|entry| entry.when),
    });
    logged.collect()
}

/// The tox results of `releases`, in the server's order. `kept` are the sha256 of reports by their path on the server.
pub fn logged_results(releases: &[Release], kept: &BTreeMap<String, Sha256>) -> Vec<LoggedResult> {
    let mut results = Vec::new();
    for release in releases {
        for file in &release.files {
            results.extend(release.results_for(file).map(|link| LoggedResult {
                of: file.sha256.clone(),
                sha256: kept.get(&link.path).or(link.sha256.as_ref()).cloned(),
                who: link.uploader().map(str::to_owned),
                when: link.posted(),
            }));
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_log_of_an_older_version_is_read() {
        let record = json!({"schema": 1, "kind": "branch", "repository": "shiny", "branch": "x", "own_commits": true,
            "created": "2026-01-02T03:04:05Z"});
        let log = json!({"schema": 1, "server": "https://devpi.example/", "deleted": "2026-02-03T04:05:06Z",
            "index": "acme/x", "config": {"custom_data": {RECORD_KEY: record}},
            "files": [{"project": "demo", "version": "1.0", "file": "demo-1.0.tar.gz", "sha256": "a".repeat(64),
                "uploaded": null}]});
        let log: LoggedDeletion = serde_json::from_value(log).unwrap();
        assert_eq!((log.kind, log.results.len(), log.branch()), (DeletedKind::Index, 0, Some("x")));
        assert!(matches!(log.record(), Some(Record::Branch(_))));
        assert_eq!(log.index(), IndexName::parse("acme/x").ok());
    }
}
