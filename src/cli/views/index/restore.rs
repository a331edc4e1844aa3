//! The answers of `index trash` and `index restore`.

use serde_json::{Value, json};

use super::super::table;
use crate::cli::ui::Ui;
use crate::index::kept_files::LIMIT;
use crate::index::trash::TrashEntry;
use crate::model::deletion::LoggedFile;
use crate::model::names::escape_for_terminal;
use crate::model::size::size_text;
use crate::ops::index::{FileOutcome, Restored, Trash};
use crate::release::restore::RestoredFile;

/// Shows the deletions that can be undone.
pub fn show_trash(ui: &Ui, trash: &Trash) {
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "folder": trash.folder.display().to_string(),
            "limit": LIMIT,
            "deletions": trash.entries.iter().map(entry_json).collect::<Vec<_>>(),
        }));
    }
    let rows = trash.entries.iter().map(|entry| {
        vec![
            entry.index.to_string(),
            escape_for_terminal(&entry.record.branch),
            entry.logged.kind.as_str().to_owned(),
            entry.logged.deleted.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            format!("{} of {}", entry.kept_files(), entry.logged.files.len()),
            size_text(entry.kept_bytes()),
            entry.log.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        ]
    });
    if trash.entries.is_empty() {
        return ui.note("no deletion of this repository's indexes is recorded on this machine");
    }
    ui.answer(&table::render(&["index", "branch", "deleted", "when", "files kept", "size", "log"], rows.collect()));
    ui.note(&format!(
        "`git devpi index restore INDEX` or LOG restores it; at most {} of files are kept, in {}",
        size_text(LIMIT),
        trash.folder.display()
    ));
}

fn entry_json(entry: &TrashEntry) -> Value {
    json!({
        "index": entry.index.to_string(),
        "branch": entry.record.branch,
        "kind": entry.logged.kind.as_str(),
        "deleted": entry.logged.deleted.to_string(),
        "files": entry.logged.files.len(),
        "kept_files": entry.kept_files(),
        "kept_bytes": entry.kept_bytes(),
        "log": entry.log.display().to_string(),
    })
}

/// Shows what was restored, and what was not.
pub fn show_restored(ui: &Ui, restored: &Restored) {
    if !restored.bases_left_out.is_empty() {
        ui.warn(&format!(
            "bases that do not exist any more are left out: {}",
            escape_for_terminal(&restored.bases_left_out.join(" "))
        ));
    }
    for (file, outcome) in &restored.files {
        let name = escape_for_terminal(&file.file);
        match outcome {
            FileOutcome::Done(_) => {}
            FileOutcome::NotKept(why) => ui.warn(&format!("{name} is not restored: {why}")),
            FileOutcome::Conflict(why) => ui.warn(&format!("{name} is not restored: {}", escape_for_terminal(why))),
        }
    }
    for (why, count) in &restored.results_left_out {
        ui.warn(&format!("{count} test results are not restored: {why}"));
    }
    if ui.wants_json() {
        return ui.answer_json(&restored_json(restored));
    }
    let index = &restored.entry.index;
    let what = if restored.created { format!("restored {index}") } else { format!("{index} exists") };
    let there = restored.files.iter().filter(|(_, outcome)| matches!(outcome, FileOutcome::Done(_))).count();
    let before = there - restored.uploaded();
    let before = if before == 0 { String::new() } else { format!(", {before} were there already") };
    ui.answer(&format!(
        "{what}: {} of {} files{before}, {} results",
        restored.uploaded(),
        restored.files.len(),
        restored.results
    ));
    if restored.created {
        ui.note("when its branch is merged or deleted, it is pruned again after keep-for: push the branch to keep it");
    }
    if !restored.is_complete() {
        ui.hint("`git devpi ensure` on the commit, with its build number, builds a missing release again");
    }
}

fn restored_json(restored: &Restored) -> Value {
    let of = |wanted: fn(&FileOutcome) -> Option<Option<&str>>| {
        let files = restored.files.iter();
        files.filter_map(|(file, outcome)| Some(file_json(file, wanted(outcome)?))).collect::<Vec<_>>()
    };
    json!({
        "schema": 1,
        "index": restored.entry.index.to_string(),
        "branch": restored.entry.record.branch,
        "created": restored.created,
        "log": restored.entry.log.display().to_string(),
        "bases_left_out": restored.bases_left_out,
        "restored": of(|outcome| matches!(outcome, FileOutcome::Done(RestoredFile::Restored)).then_some(None)),
        "already_there": of(|outcome| matches!(outcome, FileOutcome::Done(RestoredFile::AlreadyThere)).then_some(None)),
        "not_restored": of(|outcome| match outcome {
            FileOutcome::NotKept(why) | FileOutcome::Conflict(why) => Some(Some(why)),
            FileOutcome::Done(_) => None,
        }),
        "conflict": restored.has_conflict(),
        "results": restored.results,
        "results_not_restored": restored.results_left_out,
    })
}

fn file_json(file: &LoggedFile, why: Option<&str>) -> Value {
    let mut entry =
        json!({ "project": file.project, "version": file.version, "file": file.file, "sha256": file.sha256.as_str() });
    if let Some(why) = why {
        entry["reason"] = json!(why);
    }
    entry
}
