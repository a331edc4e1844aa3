//! The output of `init --undo`.

use serde_json::{Value, json};

use super::hooks::removed_text;
use super::init::edit_diff;
use crate::cli::ui::Ui;
use crate::ops::hooks::Removed;
use crate::ops::init::{UndoPlan, UndoStep};

/// Shows what was taken back, or would be (`removed` is `None`), and what stays on the server.
pub fn show(ui: &Ui, plan: &UndoPlan, removed: Option<&[Removed]>) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(plan, removed));
    }
    if plan.is_empty() {
        return ui.note("nothing to undo: init changed nothing in this clone, or it is undone");
    }
    for step in &plan.changes {
        ui.answer(&what(step));
        match step {
            UndoStep::File(edit) => edit_diff(ui, edit),
            UndoStep::Hooks => {
                removed.unwrap_or_default().iter().for_each(|one| ui.note(&format!("  {}", removed_text(one))))
            }
            UndoStep::Config { .. } => {}
        }
    }
    for remark in &plan.remarks {
        ui.warn(remark);
    }
    if !plan.on_server.is_empty() {
        ui.answer("on the server stay:");
    }
    for left in &plan.on_server {
        ui.answer(&format!("  {}; to delete it: `{}`", left.what, left.commands.join("` and `")));
    }
    match removed {
        None => ui.note("nothing was changed: without `--dry-run`, `git devpi init --undo` does this"),
        Some(_) => ui.note("the login of this user stays: `git devpi logout` removes it"),
    }
}

/// Returns a step as an imperative phrase.
fn what(step: &UndoStep) -> String {
    match step {
        UndoStep::File(edit) if edit.after.is_none() => format!("delete {}", file_name(edit)),
        UndoStep::File(edit) if edit.before.is_none() => format!("restore {}", file_name(edit)),
        UndoStep::File(edit) => format!("take init's lines out of {}", file_name(edit)),
        UndoStep::Config { key, before } => match &before[..] {
            [] => format!("unset {key} in git's configuration of this clone"),
            before => format!("set {key} to {} again", before.join(", ")),
        },
        UndoStep::Hooks => "remove the git hooks".to_owned(),
    }
}

fn file_name(edit: &crate::python::file_edit::FileEdit) -> String {
    edit.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn as_json(plan: &UndoPlan, removed: Option<&[Removed]>) -> Value {
    let step = |step: &UndoStep| {
        let (kind, target) = match step {
            UndoStep::File(edit) => ("file", Some(edit.path.display().to_string())),
            UndoStep::Config { key, .. } => ("config", Some(key.clone())),
            UndoStep::Hooks => ("hooks", None),
        };
        json!({ "kind": kind, "target": target, "what": what(step) })
    };
    let left: Vec<Value> = plan
        .on_server
        .iter()
        .map(|left| json!({ "name": left.name, "what": left.what, "commands": left.commands }))
        .collect();
    json!({
        "schema": 1,
        "dry_run": removed.is_none(),
        "changes": plan.changes.iter().map(step).collect::<Vec<_>>(),
        "on_server": left,
        "remarks": plan.remarks,
        "by_hand": plan.by_hand,
    })
}
