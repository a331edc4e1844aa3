//! Updates a branch's index: the only change of its record, and the end of an interrupted
//! deletion.

use serde_json::{Value, json};

use crate::devpi::Session;
use crate::index::Error;
use crate::index::branch_index::BranchIndex;
use crate::model::record::{RECORD_KEY, Record};

/// Records that the branch has own commits, and makes an index non-volatile after an interrupted
/// deletion.
///
/// One request if something changes, else none. `own_commits` only ever changes from false to true.
pub fn update(session: &Session, index: &mut BranchIndex, own_commits: bool) -> Result<(), Error> {
    let changes = changes(index, own_commits);
    if changes.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(());
    }
    index.config = session.modify_index(&index.name, &changes)?;
    if let Some(Record::Branch(record)) = &index.config.record {
        index.record = record.clone();
    }
    Ok(())
}

fn changes(index: &BranchIndex, own_commits: bool) -> Value {
    let mut changes = json!({});
    if own_commits && !index.record.own_commits {
        let record = Record::Branch(crate::model::record::BranchRecord { own_commits: true, ..index.record.clone() });
        // devpi replaces custom_data as a whole: other keys in it are kept.
        let mut custom_data = match &index.config.raw["custom_data"] {
            Value::Object(known) => Value::Object(known.clone()),
            _ => json!({}),
        };
        custom_data[RECORD_KEY] = record.to_custom_data()[RECORD_KEY].clone();
        changes["custom_data"] = custom_data;
    }
    if index.config.volatile {
        changes["volatile"] = json!(false);
    }
    changes
}
