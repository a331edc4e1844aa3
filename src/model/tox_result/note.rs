//! Our own object in a report, under [`NOTE_KEY`]: from which commit a file was built, or which test a report is of.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::names::{CommitId, Sha256};
use super::redact::without_userinfo;

/// The key in a report under which our object lies.
pub const NOTE_KEY: &str = "git-devpi";

/// The shape of the notes that this version writes.
pub const NOTE_SCHEMA: u64 = 1;

/// Our object in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Note {
    /// The report says where its file comes from.
    Provenance(Provenance),
    /// The report is of a test of its file.
    Test(TestNote),
}

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The commit that it was built from.
    pub commit: CommitId,
    /// The version that it was given.
    pub version: String,
    /// The file's sha256.
    pub sha256: Sha256,
    /// What built it: `uv 0.13.9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// Where the CI's log of the build is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_url: Option<String>,
}

/// Which test a report is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestNote {
    /// The commit that was checked out beside the tested file.
    pub commit: CommitId,
    /// The version of the tested file.
    pub version: String,
    /// The tested file's sha256.
    pub sha256: Sha256,
    /// Where the CI's log of the test is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_url: Option<String>,
}

impl Note {
    /// Our object in `report`; `None` where there is none, or one of a schema that we do not know.
    pub fn from_report(report: &Value) -> Option<Self> {
        let ours = report.get(NOTE_KEY)?;
        if ours.get("schema")?.as_u64()? != NOTE_SCHEMA {
            return None;
        }
        serde_json::from_value(ours.clone()).ok()
    }

    /// The object as it stands in a report. The CI's address loses a user and a password, should it carry them.
    pub fn to_value(&self) -> Value {
        let mut note = self.clone();
        let (Self::Provenance(Provenance { ci_url, .. }) | Self::Test(TestNote { ci_url, .. })) = &mut note;
        *ci_url = ci_url.take().map(|url| without_userinfo(&url));
        let mut ours = serde_json::to_value(&note).unwrap_or(Value::Null);
        if let Value::Object(map) = &mut ours {
            map.insert("schema".to_owned(), json!(NOTE_SCHEMA));
        }
        ours
    }
}

/// The report that carries a file's provenance.
///
/// devpi-web shows a file as `unknown` as soon as one result of it is neither passed nor failed; a report without environments adds
/// no result, so the verdict is left to the tests. `host` and `platform` must be there, or devpi-web cannot read it.
pub fn provenance_report(provenance: &Provenance) -> Value {
    json!({
        "reportversion": "1",
        "toxversion": "0",
        "host": "git-devpi",
        "platform": "provenance",
        "testenvs": {},
        NOTE_KEY: Note::Provenance(provenance.clone()).to_value(),
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
