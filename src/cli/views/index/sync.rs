//! The answer of `index sync`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::model::names::{BranchName, IndexName, escape_for_terminal};
use crate::ops::index::{SyncPlan, SyncState, SyncedBranch};

/// Shows what was created; `created` is `None` for a plan that is not carried out.
pub fn show_sync(ui: &Ui, plan: &SyncPlan, created: Option<&BTreeMap<BranchName, IndexName>>) {
    for branch in &plan.branches {
        if let SyncState::NamesTaken(taken) = &branch.state {
            let taken: Vec<String> = taken.iter().map(ToString::to_string).collect();
            let name = escape_for_terminal(branch.name.as_str());
            ui.warn(&format!("{name} has no index: {} belong to others", taken.join(" and ")));
        }
    }
    if ui.wants_json() {
        let branches: Vec<Value> = plan.branches.iter().map(|branch| as_json(branch, created)).collect();
        return ui.answer_json(&json!({ "schema": 1, "dry_run": created.is_none(), "branches": branches }));
    }
    let missing = plan.branches.iter().filter_map(|branch| match (&branch.state, created) {
        (_, Some(created)) => Some((&branch.name, created.get(&branch.name)?)),
        (SyncState::Missing(index), None) => Some((&branch.name, index)),
        _ => None,
    });
    let missing: Vec<_> = missing.collect();
    let what = if created.is_some() { "created" } else { "missing" };
    for (branch, index) in &missing {
        ui.answer(&format!("{what} {index} for {}", escape_for_terminal(branch.as_str())));
    }
    let count = |wanted: fn(&SyncState) -> bool| plan.branches.iter().filter(|branch| wanted(&branch.state)).count();
    ui.note(&format!(
        "{} branches on the remote: {} {what}, {} with an index, {} ignored",
        plan.branches.len(),
        missing.len(),
        count(|state| matches!(state, SyncState::Exists(_))),
        count(|state| matches!(state, SyncState::Ignored(_)))
    ));
}

fn as_json(branch: &SyncedBranch, created: Option<&BTreeMap<BranchName, IndexName>>) -> Value {
    let created = created.and_then(|created| created.get(&branch.name));
    let (state, index, why) = match &branch.state {
        SyncState::Exists(index) => ("exists", Some(index), None),
        SyncState::Missing(index) if created.is_none() => ("missing", Some(index), None),
        SyncState::Missing(_) => ("created", created, None),
        SyncState::NamesTaken(_) => ("names taken", None, None),
        SyncState::Ignored(pattern) => ("ignored", None, Some(pattern)),
    };
    json!({
        "branch": branch.name.as_str(),
        "state": state,
        "index": index.map(ToString::to_string),
        "ignored_by": why,
    })
}
