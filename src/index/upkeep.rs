//! Updates a branch's index: the only change of its record, the rights that it lacks, and the end of an interrupted deletion.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::devpi::{IndexConfig, Session};
use crate::index::Error;
use crate::index::branch_index::{BranchIndex, IndexMap, title};
use crate::index::permissions::{self, Rights};
use crate::model::names::{IndexName, RepositoryName};
use crate::model::record::{RECORD_KEY, Record};
use crate::model::remote_url::RemoteHash;
use crate::workspace::Workspace;
use crate::workspace::authority;

/// What is known of a branch, and its record may lack.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// Whether the branch has commits of its own. During the life of a branch the record only changes from false to true.
    pub own_commits: bool,
    /// The remote that the branch is on, if it may be added to a record without one ([`addable_remote`]).
    pub remote: Option<RemoteHash>,
    /// When a new branch of the same name began, if the record is about an older one. Then `own_commits` replaces what it says.
    pub begins: Option<Timestamp>,
    /// The rights that the index gives. Only the owner can add those that are missing.
    pub rights: Rights,
    /// The bases, if they change. Only the owner can change them.
    pub bases: Option<Vec<String>>,
}

/// Writes into the record what it lacks, adds missing rights, and makes an index non-volatile after an interrupted deletion.
///
/// One request if something changes, else none. A remote that the record names is never replaced.
pub fn update(session: &Session, index: &mut BranchIndex, update: &Update) -> Result<(), Error> {
    let mut changes = changes(index, update);
    if let Value::Object(changes) = &mut changes
        && permissions::may_change(session.login_user(), index.name.user())
    {
        changes.extend(update.rights.changes(&index.config));
        changes.extend(update.bases.iter().map(|bases| ("bases".to_owned(), json!(bases))));
    }
    if changes.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(());
    }
    index.config = session.modify_index(&index.name, &changes)?;
    if let Some(Record::Branch(record)) = &index.config.record {
        index.record = record.clone();
    }
    Ok(())
}

fn changes(index: &BranchIndex, update: &Update) -> Value {
    let mut changes = json!({});
    let mut fields = json!({});
    if let Some(begins) = update.begins {
        fields["created"] = json!(begins);
        fields["own_commits"] = json!(update.own_commits);
    } else if update.own_commits && !index.record.own_commits {
        fields["own_commits"] = json!(true);
    }
    if let (Some(remote), None) = (&update.remote, &index.record.remote) {
        fields["remote"] = json!(remote);
    }
    if fields != json!({}) {
        changes["custom_data"] = with_fields(&index.config, &fields);
    }
    // A deletion that began since the index was listed ends with the server's refusal.
    if index.config.volatile || update.begins.is_some() {
        changes["volatile"] = json!(false);
    }
    changes
}

/// The `custom_data` of an index with these fields of the record changed. devpi replaces it as a whole: everything else in it is kept.
fn with_fields(config: &IndexConfig, fields: &Value) -> Value {
    let mut custom_data = config.raw["custom_data"].clone();
    if let (Value::Object(record), Value::Object(fields)) = (&mut custom_data[RECORD_KEY], fields) {
        record.extend(fields.clone());
    }
    custom_data
}

/// What a record says about its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The repository.
    pub repository: RepositoryName,
    /// Its remote; `None` for a remote on disk.
    pub remote: Option<RemoteHash>,
}

/// Rewrites the record of an index after a move of its repository, and the title that names it: for `adopt`, which a person confirms. One
/// request.
pub fn rename(
    session: &Session,
    index: &IndexName,
    (config, to): (&IndexConfig, &Identity),
) -> Result<IndexConfig, Error> {
    Ok(session.modify_index(index, &rename_changes(config, to))?)
}

fn rename_changes(config: &IndexConfig, to: &Identity) -> Value {
    let mut custom_data = with_fields(config, &json!({ "repository": to.repository.as_str() }));
    if let Value::Object(record) = &mut custom_data[RECORD_KEY] {
        match &to.remote {
            Some(remote) => record.insert("remote".to_owned(), json!(remote)),
            None => record.remove("remote"),
        };
    }
    let mut changes = json!({ "custom_data": custom_data });
    if let Some(Record::Branch(record)) = &config.record
        && config.title == title(&record.repository, &record.branch)
    {
        changes["title"] = json!(title(to.repository.as_str(), &record.branch));
    }
    changes
}

/// Names `remote` in the record of an index that names none: for `init`, which a person confirms. One request.
pub fn add_remote(
    session: &Session,
    index: &IndexName,
    (config, remote): (&IndexConfig, &RemoteHash),
) -> Result<(), Error> {
    let changes = json!({ "custom_data": with_fields(config, &json!({ "remote": remote })) });
    session.modify_index(index, &changes)?;
    Ok(())
}

/// Returns `remote` if it may be added to records without a remote: when the user's own settings name the repository, or when the
/// repository's production index names this remote. Only `init` writes that record.
///
/// A name or path is not enough: a clone from another host has the same, and a person who is logged in as the owner may push from it.
pub fn addable_remote(
    workspace: &Workspace<'_>,
    indexes: &IndexMap,
    remote: Option<RemoteHash>,
) -> Result<Option<RemoteHash>, Error> {
    let repository = workspace.repository_name()?;
    if authority::is_users_own(&repository.origin) {
        return Ok(remote);
    }
    let is_named = |config: &IndexConfig| match &config.record {
        Some(Record::Production(record)) => {
            record.repository == repository.value.as_str() && record.remote.is_some() && record.remote == remote
        }
        _ => false,
    };
    let is_vouched_for = indexes.values().any(is_named);
    Ok(remote.filter(|_| is_vouched_for))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devpi::IndexKind;
    use crate::model::remote_url::RemoteUrl;

    fn index(record: Value) -> BranchIndex {
        let custom_data = json!({ RECORD_KEY: record, "other": [1] });
        let Some(Record::Branch(branch)) = Record::from_custom_data(&custom_data) else { unreachable!("no record") };
        let config = IndexConfig {
            kind: IndexKind::Stage,
            bases: vec![],
            volatile: false,
            acl_upload: vec![],
            acl_toxresult_upload: vec![],
            title: String::new(),
            record: Some(Record::Branch(branch.clone())),
            raw: json!({ "custom_data": custom_data }),
        };
        BranchIndex { name: IndexName::parse("acme/x").unwrap(), config, record: branch }
    }

    fn record(own_commits: bool) -> Value {
        json!({ "schema": 1, "kind": "branch", "repository": "shiny", "branch": "x", "own_commits": own_commits,
            "created": "2026-01-02T03:04:05Z", "of a later version": true })
    }

    #[test]
    fn a_record_gets_what_it_lacks_and_keeps_the_rest() {
        let hash = |url: &str| RemoteUrl::parse(url).hash(&[]);
        let ours = hash("https://github.com/acme/shiny");
        let new = Update { own_commits: true, remote: ours.clone(), ..Update::default() };
        let changed = changes(&index(record(false)), &new);
        let mut expected = record(true);
        expected["remote"] = json!(ours);
        assert_eq!(changed, json!({ "custom_data": { RECORD_KEY: expected.clone(), "other": [1] } }));
        assert_eq!(changes(&index(expected.clone()), &new), json!({}), "nothing is lacking");
        let theirs = Update { remote: hash("https://evil.example/acme/shiny"), ..Update::default() };
        assert_eq!(changes(&index(expected), &theirs), json!({}), "a remote that is named stays");
        assert_eq!(changes(&index(record(true)), &Update::default()), json!({}));
    }
    #[test]
    fn a_new_life_replaces_what_the_record_says_about_the_old_one() {
        for (before, own_commits) in [(true, false), (false, true), (false, false)] {
            let begins = Some("2026-05-06T07:08:09Z".parse().unwrap());
            let changed = changes(&index(record(before)), &Update { own_commits, begins, ..Update::default() });
            let mut expected = record(own_commits);
            expected["created"] = json!("2026-05-06T07:08:09Z");
            let custom_data = json!({ RECORD_KEY: expected, "other": [1] });
            assert_eq!(changed, json!({ "custom_data": custom_data, "volatile": false }));
        }
    }
}
