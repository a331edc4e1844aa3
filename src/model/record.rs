//! The record: what an index's `custom_data` says about whose index it is.
//!
//! It is readable by anybody on the server: no secret, no e-mail address and no host name may ever stand in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::names::CommitId;

/// The key in `custom_data` under which our record lies.
pub const RECORD_KEY: &str = "git-devpi";

/// The shape of the records that this version writes.
pub const RECORD_SCHEMA: u64 = 1;

/// Whose index this is, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Record {
    /// The index of one branch of one repository.
    Branch(BranchRecord),
    /// A private index that says "I am building this version".
    Claim(ClaimRecord),
    /// A production index that `init` made.
    Production(ProductionRecord),
}

/// The record of a branch index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchRecord {
    /// The repository's name, `acme/shiny`.
    pub repository: String,
    /// The branch's short name, exactly as git has it.
    pub branch: String,
    /// Whether anybody has seen the branch with commits of its own. Before that it only *looks* merged.
    pub own_commits: bool,
    /// When the index was created.
    pub created: Timestamp,
}

/// The record of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// The repository's name.
    pub repository: String,
    /// The branch whose index the claim belongs to.
    pub branch: String,
    /// Random, so that a holder knows its own claim again.
    pub holder: String,
    /// The commit that is being built.
    pub commit: CommitId,
    /// When the claim runs out, by the server's clock.
    pub until: Timestamp,
    /// Why the build failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Where the CI's log of that build is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_url: Option<String>,
}

/// The record of a production index made by `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductionRecord {
    /// The repository from which it was made.
    pub repository: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Record {
    /// Reads the record out of an index's `custom_data`; `None` where there is none of ours, or one of a schema we do not know.
    pub fn from_custom_data(custom_data: &Value) -> Option<Self> {
        let ours = custom_data.get(RECORD_KEY)?;
        if ours.get("schema")?.as_u64()? != RECORD_SCHEMA {
            return None;
        }
        serde_json::from_value(ours.clone()).ok()
    }

    /// The whole `custom_data` of an index that carries this record.
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

    #[test]
    fn a_record_survives_the_way_to_the_server_and_back() {
        let record = Record::Branch(BranchRecord {
            repository: "acme/shiny".into(),
            branch: "feature/x".into(),
            own_commits: true,
            created: "2026-01-02T03:04:05Z".parse().unwrap(),
        });
        let data = record.to_custom_data();
        assert_eq!(
            data,
            json!({"git-devpi": {"schema": 1, "kind": "branch", "repository": "acme/shiny", "branch": "feature/x",
                "own_commits": true, "created": "2026-01-02T03:04:05Z"}})
        );
        assert_eq!(Record::from_custom_data(&data), Some(record));
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
