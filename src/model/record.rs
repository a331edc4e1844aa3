//! The record in an index's `custom_data`, which identifies the repository and branch of the index.
//!
//! Every user of the server can read it, so it must not contain secrets, e-mail addresses or host names.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::names::CommitId;
use super::remote_url::RemoteHash;

/// The key of the record in `custom_data`.
pub const RECORD_KEY: &str = "git-devpi";

/// The schema version of the records that this version writes.
pub const RECORD_SCHEMA: u64 = 1;

/// The owner and purpose of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Record {
    /// The index of one branch of one repository.
    Branch(BranchRecord),
    /// A private index that claims the build of a version.
    Claim(ClaimRecord),
    /// A production index that `init` created.
    Production(ProductionRecord),
}

/// The record of a branch index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchRecord {
    /// The repository's name, `acme/shiny`.
    pub repository: String,
    /// The branch's short name, unchanged.
    pub branch: String,
    /// Whether the branch has been seen with commits of its own since `created`. A branch without them is contained in a release branch without
    /// having been merged.
    pub own_commits: bool,
    /// When the index was created, or when the branch was created again since.
    pub created: Timestamp,
    /// The remote that the index was created for. `None` for a remote on disk, and in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteHash>,
}

/// The record of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// The repository's name.
    pub repository: String,
    /// The branch whose index the claim belongs to.
    pub branch: String,
    /// A random value by which the holder recognises its own claim.
    pub holder: String,
    /// The commit to build.
    pub commit: CommitId,
    /// The project to build. `None` in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The version to build. `None` in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When the claim expires, by the server's clock.
    pub until: Timestamp,
    /// The reason of a failed build. Its holder writes nothing to the claim any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Whether its holder gave it up after it may have uploaded files: another machine takes the next number at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
    /// The URL of the build's CI log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_url: Option<String>,
}

/// The record of a production index that `init` created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductionRecord {
    /// The repository in which `init` ran.
    pub repository: String,
    /// When the index was created.
    pub created: Timestamp,
    /// The remote that the index was created for. `None` for a remote on disk, and in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteHash>,
}

impl Record {
    /// When the index was created, and the remote that it was created for; `None` for a claim, and for another repository than `repository`.
    pub fn origin_in(&self, repository: &str) -> Option<(Timestamp, Option<&RemoteHash>)> {
        let (named, created, remote) = match self {
            Self::Branch(record) => (&record.repository, record.created, &record.remote),
            Self::Production(record) => (&record.repository, record.created, &record.remote),
            Self::Claim(_) => return None,
        };
        (named == repository).then_some((created, remote.as_ref()))
    }

    /// Reads the record from `custom_data`; `None` when it is missing, malformed or of an unknown schema.
    pub fn from_custom_data(custom_data: &Value) -> Option<Self> {
        let ours = custom_data.get(RECORD_KEY)?;
        if ours.get("schema")?.as_u64()? != RECORD_SCHEMA {
            return None;
        }
        serde_json::from_value(ours.clone()).ok()
    }

    /// The complete `custom_data` of an index with this record.
    pub fn to_custom_data(&self) -> Value {
        let mut ours = serde_json::to_value(self).unwrap_or(Value::Null);
        if let Value::Object(map) = &mut ours {
            map.insert("schema".to_owned(), json!(RECORD_SCHEMA));
        }
        json!({ RECORD_KEY: ours })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::remote_url::RemoteUrl;

    #[test]
    fn a_record_survives_the_way_to_the_server_and_back() {
        let record = Record::Branch(BranchRecord {
            repository: "acme/shiny".into(),
            branch: "feature/x".into(),
            own_commits: true,
            created: "2026-01-02T03:04:05Z".parse().unwrap(),
            remote: RemoteUrl::parse("git@github.com:acme/shiny.git").hash(&[]),
        });
        let data = record.to_custom_data();
        assert_eq!(
            data,
            json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/shiny", "branch": "feature/x",
                "own_commits": true, "created": "2026-01-02T03:04:05Z", "remote": "27b07c6e841f0516"}})
        );
        assert_eq!(Record::from_custom_data(&data), Some(record));
    }

    #[test]
    fn a_record_without_a_remote_is_read_and_written_without_one() {
        for data in [
            json!({"schema": 1, "kind": "branch", "repository": "shiny", "branch": "x", "own_commits": false,
                "created": "2026-01-02T03:04:05Z"}),
            json!({"schema": 1, "kind": "production", "repository": "shiny", "created": "2026-01-02T03:04:05Z"}),
        ] {
            let data = json!({ RECORD_KEY: data });
            assert_eq!(Record::from_custom_data(&data).unwrap().to_custom_data(), data);
        }
    }

    #[test]
    fn what_is_not_ours_is_no_record() {
        for data in [
            json!({}),
            json!(null),
            json!("x"),
            json!({"git-devpi": {"schema": 9, "kind": "branch"}}),
            json!({"git-devpi": 1}),
        ] {
            assert_eq!(Record::from_custom_data(&data), None, "{data}");
        }
    }
}
