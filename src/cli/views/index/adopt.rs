//! The answer of `index adopt`.

use serde_json::{Value, json};

use super::super::table;
use crate::cli::ui::Ui;
use crate::model::names::{IndexName, escape_for_terminal};
use crate::ops::index::{AdoptedIndex, Adoption};

/// Shows the records to rewrite.
pub fn show_adoption(ui: &Ui, adoption: &Adoption) {
    if ui.wants_json() || adoption.indexes.is_empty() {
        return;
    }
    let rows = adoption.indexes.iter().map(|index| {
        vec![index.name.to_string(), escape_for_terminal(index.branch.as_deref().unwrap_or("(production)"))]
    });
    ui.answer(&table::render(&["index", "branch"], rows.collect()));
    ui.note(&format!(
        "their records name {}; they will name {}, and the remote {} will decide about them",
        adoption.from, adoption.to.repository, adoption.remote
    ));
}

/// Shows what was rewritten.
pub fn show_adopted(ui: &Ui, adoption: &Adoption, (dry_run, changed_meanwhile): (bool, &[IndexName])) {
    for (index, why) in &adoption.left_alone {
        ui.warn(&format!("{index} keeps its record: {why}"));
    }
    for index in changed_meanwhile {
        ui.warn(&format!("{index} keeps its record: it changed in the meantime"));
    }
    let is_adopted = |index: &&AdoptedIndex| !dry_run && !changed_meanwhile.contains(&index.name);
    let adopted: Vec<&AdoptedIndex> = adoption.indexes.iter().filter(is_adopted).collect();
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "dry_run": dry_run,
            "from": adoption.from.as_str(),
            "repository": adoption.to.repository.as_str(),
            "remote": adoption.to.remote.as_ref().map(|hash| hash.as_str()),
            "plan": adoption.indexes.iter().map(as_json).collect::<Vec<_>>(),
            "adopted": adopted.iter().map(|index| index.name.to_string()).collect::<Vec<_>>(),
            "left_alone": adoption.left_alone.iter().map(|(index, why)| (index.to_string(), why.clone()))
                .chain(changed_meanwhile.iter().map(|index| (index.to_string(), "it changed in the meantime".to_owned())))
                .map(|(index, why)| json!({ "index": index, "reason": why })).collect::<Vec<_>>(),
        }));
    }
    for index in adopted {
        ui.answer(&format!("{} belongs to {} now", index.name, adoption.to.repository));
    }
    if adoption.indexes.is_empty() {
        ui.note(&format!("no index names {} under another remote or name", adoption.from));
    }
}

fn as_json(index: &AdoptedIndex) -> Value {
    json!({ "index": index.name.to_string(), "branch": index.branch })
}
