//! The git-devpi object in a report, under [`NOTE_KEY`]: the provenance of a file, or the description of a test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::names::{CommitId, Sha256};
use super::redact::without_userinfo;

/// The key of the git-devpi object in a report.
pub const NOTE_KEY: &str = "git-devpi";

/// The schema version of the notes that this version writes.
pub const NOTE_SCHEMA: u64 = 1;

/// The git-devpi object in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Note {
    /// The report contains the provenance of its file.
    Provenance(Provenance),
    /// The report contains the results of a test of its file.
    Test(TestNote),
    /// The release of its file was withdrawn from production.
    Withdrawal(WithdrawalNote),
}

/// The origin of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The commit that the file was built from.
    pub commit: CommitId,
    /// The file's version.
    pub version: String,
    /// The file's sha256.
    pub sha256: Sha256,
    /// The builder: `uv 0.13.9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// The URL of the build's CI log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_url: Option<String>,
}

/// The description of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestNote {
    /// The commit that was checked out during the test.
    pub commit: CommitId,
    /// The version of the tested file.
    pub version: String,
    /// The tested file's sha256.
    pub sha256: Sha256,
    /// The URL of the test's CI log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_url: Option<String>,
    /// The numbers of tests by environment, where a JUnit report tells them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tests: BTreeMap<String, TestCounts>,
}

/// The numbers of tests of an environment, as JUnit's `testsuite` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TestCounts {
    /// All tests.
    pub tests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Those that ended with an error.
    pub errors: u64,
    /// Those that were skipped.
    pub skipped: u64,
}

/// The withdrawal of a release from production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawalNote {
    /// The withdrawn version.
    pub version: String,
    /// The file's sha256.
    pub sha256: Sha256,
    /// The production index, `USER/NAME`.
    pub index: String,
}

impl Note {
    /// Reads the object from `report`; `None` when it is missing, malformed or of an unknown schema.
    pub fn from_report(report: &Value) -> Option<Self> {
        let ours = report.get(NOTE_KEY)?;
        if ours.get("schema")?.as_u64()? != NOTE_SCHEMA {
            return None;
        }
        serde_json::from_value(ours.clone()).ok()
    }

    /// The object for a report. User and password are removed from `ci_url`.
    pub fn to_value(&self) -> Value {
        let mut note = self.clone();
        if let Self::Provenance(Provenance { ci_url, .. }) | Self::Test(TestNote { ci_url, .. }) = &mut note {
            *ci_url = ci_url.take().map(|url| without_userinfo(&url));
        }
        let mut ours = serde_json::to_value(&note).unwrap_or(Value::Null);
        if let Value::Object(map) = &mut ours {
            map.insert("schema".to_owned(), json!(NOTE_SCHEMA));
        }
        ours
    }
}

/// The report with a file's provenance.
pub fn provenance_report(provenance: &Provenance) -> Value {
    report_without_environments("provenance", &Note::Provenance(provenance.clone()))
}

/// The report that records the withdrawal of a file's release.
pub fn withdrawal_report(withdrawal: &WithdrawalNote) -> Value {
    report_without_environments("withdrawal", &Note::Withdrawal(withdrawal.clone()))
}

/// devpi-web shows a file as `unknown` when one of its results is neither passed nor failed. A report without environments adds no
/// result, so it does not change the verdict of the tests. devpi-web requires `host` and `platform`.
fn report_without_environments(platform: &str, note: &Note) -> Value {
    json!({
        "reportversion": "1",
        "toxversion": "0",
        "host": "git-devpi",
        "platform": platform,
        "testenvs": {},
        NOTE_KEY: note.to_value(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::ToxReport;
    use super::super::samples::{commit, sha};
    use super::*;

    fn provenance() -> Provenance {
        Provenance {
            commit: commit('a'),
            version: "1.4.57".into(),
            sha256: sha('b'),
            builder: Some("uv 0.13.9".into()),
            ci_url: Some("https://ci:secret@ci.example/57".into()),
        }
    }

    #[test]
    fn provenance_survives_the_way_to_the_server_and_back() {
        let report = provenance_report(&provenance());
        let expected = Provenance { ci_url: Some("https://ci.example/57".into()), ..provenance() };
        let parsed = ToxReport::parse(&report);
        assert_eq!(parsed.note, Some(Note::Provenance(expected)));
        assert!(parsed.environments.is_empty());
    }

    #[test]
    fn provenance_has_the_shape_that_leaves_devpi_webs_verdict_alone() {
        let report = provenance_report(&provenance());
        assert_eq!(report["testenvs"], json!({}));
        assert!(report["host"].is_string() && report["platform"].is_string());
        assert_eq!(
            report[NOTE_KEY],
            json!({"schema": 1, "kind": "provenance", "commit": "a".repeat(40), "version": "1.4.57",
                "sha256": "b".repeat(64), "builder": "uv 0.13.9", "ci_url": "https://ci.example/57"})
        );
    }

    #[test]
    fn a_withdrawal_survives_the_way_to_the_server_and_back() {
        let note = WithdrawalNote { version: "1.4.57".into(), sha256: sha('b'), index: "acme/prod".into() };
        let parsed = ToxReport::parse(&withdrawal_report(&note));
        assert_eq!(parsed.note, Some(Note::Withdrawal(note)));
        assert!(parsed.environments.is_empty());
    }

    #[test]
    fn a_note_that_we_do_not_know_is_no_note() {
        let mut good = provenance_report(&provenance());
        good[NOTE_KEY]["later"] = json!("a field of a later version");
        assert!(Note::from_report(&good).is_some());
        for (key, value) in [
            ("schema", json!(2)),
            ("schema", json!("1")),
            ("kind", json!("wish")),
            ("commit", json!("abc")),
            ("sha256", json!(7)),
        ] {
            let mut report = good.clone();
            report[NOTE_KEY][key] = value.clone();
            assert_eq!(Note::from_report(&report), None, "{key}: {value}");
        }
        for report in [json!([]), json!("x"), json!({}), json!({"git-devpi": 1})] {
            assert_eq!(Note::from_report(&report), None, "{report}");
        }
    }
}
