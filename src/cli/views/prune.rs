//! The answer of `prune`: the plan, then what was deleted.

pub mod releases;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::status_all::last_used_text;
use super::table;
use crate::cli::ui::Ui;
use crate::devpi::Deletion;
use crate::index::deletion::Deleted;
use crate::index::kept_files::{Kept, LIMIT};
use crate::index::survey::SurveyedIndex;
use crate::model::names::escape_for_terminal;
use crate::model::size::size_text;
use crate::model::staleness::{Activity, State};
use crate::ops::prune::{Outcome, Plan};

/// Shows the indexes to delete as a table, then notes on the others.
pub fn show_plan(ui: &Ui, plan: &Plan) {
    if !ui.wants_json() {
        let rows: Vec<Vec<String>> = plan.deletions().chain(plan.unread()).map(row).collect();
        if !rows.is_empty() {
            ui.answer(&table::render(&["index", "branch", "state", "last used", "reason"], rows));
        }
    }
    note_kept(ui, plan);
}

/// Shows what was deleted.
pub fn show_outcome(ui: &Ui, plan: &Plan, outcome: &Outcome) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(plan, Some(outcome)));
    }
    for deleted in &outcome.deleted {
        let what = match deleted.deletion {
            Deletion::Deleted => format!("deleted {}", deleted.index),
            Deletion::AlreadyGone => format!("{} was deleted already", deleted.index),
        };
        match &deleted.log {
            Some(log) => ui.answer(&format!("{what}; its list of files: {}", log.display())),
            None => ui.answer(&what),
        }
    }
    if let Some(text) = kept_text(&outcome.deleted) {
        ui.note(&text);
    }
    for index in &outcome.repaired {
        ui.answer(&format!("restored {index}, whose deletion was interrupted"));
    }
    for index in &outcome.granted {
        ui.note(&format!("{index} has the rights of upload-users and evidence-users now"));
    }
    for (index, why) in &outcome.left_alone {
        ui.warn(&format!("{index} is not deleted: {why}"));
    }
}

/// What was kept of the deleted indexes, where, and up to which limit; `None` if nothing was kept.
pub fn kept_text(deleted: &[Deleted]) -> Option<String> {
    let kept: Vec<(&Kept, usize)> = deleted.iter().map(|deleted| (&deleted.kept, deleted.files)).collect();
    Some(format!("{}; `git devpi index restore INDEX` restores an index", kept_summary(&kept)?))
}

/// What was kept, each with the number of deleted files.
fn kept_summary(kept: &[(&Kept, usize)]) -> Option<String> {
    let folder = kept.iter().find_map(|(kept, _)| kept.folder.as_deref()?.parent())?;
    let files: usize = kept.iter().map(|(kept, _)| kept.files).sum();
    let bytes = kept.iter().map(|(kept, _)| kept.bytes).sum();
    let all: usize = kept.iter().map(|(_, all)| all).sum();
    let (bytes, limit) = (size_text(bytes), size_text(LIMIT));
    Some(format!("kept {files} of {all} files ({bytes}) in {}, which holds at most {limit}", folder.display()))
}

/// Shows, as JSON, a plan that is not executed.
pub fn show_dry_run(ui: &Ui, plan: &Plan) {
    if ui.wants_json() {
        ui.answer_json(&as_json(plan, None));
    }
}

/// Returns one index as a line of the selection prompt.
pub fn line(surveyed: &SurveyedIndex) -> String {
    row(surveyed).join("  ")
}

fn row(surveyed: &SurveyedIndex) -> Vec<String> {
    vec![
        surveyed.index.to_string(),
        escape_for_terminal(surveyed.branch().unwrap_or("-")),
        surveyed.shown_state().to_owned(),
        last_used_text(surveyed.activity),
        surveyed.assessment.reason.clone(),
    ]
}

fn note_kept(ui: &Ui, plan: &Plan) {
    let staying = || plan.survey.indexes.iter().filter(|s| s.is_ours() && !s.assessment.state.is_deletable());
    let unread = plan.unread().count();
    if unread > 0 {
        ui.note(&format!(
            "the last use of {unread} of them was not read; `git devpi prune --dry-run --force` reads it"
        ));
    }
    let is_ending = |surveyed: &&SurveyedIndex| surveyed.assessment.state == State::Ending && !surveyed.is_unread();
    for surveyed in staying().filter(is_ending) {
        ui.note(&format!("{} is not deleted yet: {}", surveyed.index, surveyed.assessment.reason));
    }
    for surveyed in staying().filter(|surveyed| matches!(surveyed.assessment.state, State::ProbablyMerged { .. })) {
        ui.note(&format!("{} is probably merged: {}", surveyed.index, surveyed.assessment.reason));
    }
    if staying().any(|surveyed| matches!(surveyed.assessment.state, State::ProbablyMerged { .. })) {
        ui.note("to delete them too: `git devpi prune --include probably-merged`");
    }
    let unknown = staying().filter(|surveyed| matches!(surveyed.assessment.state, State::Unknown(_)));
    for reason in unknown.map(|surveyed| surveyed.assessment.reason.as_str()).collect::<BTreeSet<_>>() {
        ui.warn(&format!("some indexes are not deleted, because {reason}"));
    }
    let is_about_remote = |surveyed: &SurveyedIndex| matches!(&surveyed.assessment.state, State::Unknown(reason) if reason.is_about_authority());
    if staying().any(is_about_remote) {
        ui.note("if this remote is the repository, say so: `git config devpi.repository REPOSITORY`");
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for surveyed in staying() {
        *counts.entry(surveyed.shown_state()).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    match (plan.deletions().next().is_none(), counts.is_empty()) {
        (true, true) => ui.note(&format!("the repository {} has no indexes on the server", plan.survey.repository)),
        (true, false) => ui.note(&format!("no stale indexes: {}", counts.join(", "))),
        (false, false) => ui.detail(&format!("not deleted: {}", counts.join(", "))),
        (false, true) => {}
    }
}

/// Returns the plan and, if it was carried out, the outcome as JSON.
pub fn as_json(plan: &Plan, outcome: Option<&Outcome>) -> Value {
    let (going, staying): (Vec<&SurveyedIndex>, Vec<&SurveyedIndex>) =
        plan.survey.indexes.iter().filter(|surveyed| surveyed.is_ours()).partition(|surveyed| {
            surveyed.assessment.state.is_deletable() || (outcome.is_none() && surveyed.is_unread())
        });
    let entries = |list: &[&SurveyedIndex]| list.iter().map(|surveyed| entry(surveyed)).collect::<Vec<_>>();
    json!({
        "schema": 1,
        "repository": plan.survey.repository.as_str(),
        "dry_run": outcome.is_none(),
        "limit": plan.limit,
        "plan": entries(&going),
        "staying": entries(&staying),
        "deleted": outcome.map(|outcome| outcome.deleted.iter().map(|deleted| json!({
            "index": deleted.index.to_string(),
            "already_gone": deleted.deletion == Deletion::AlreadyGone,
            "files": deleted.files,
            "kept_files": deleted.kept.files,
            "kept_bytes": deleted.kept.bytes,
            "log": deleted.log.as_ref().map(|log| log.display().to_string()),
        })).collect::<Vec<_>>()).unwrap_or_default(),
        "left_alone": outcome.map(|outcome| outcome.left_alone.iter().map(|(index, why)| json!({
            "index": index.to_string(),
            "reason": why,
        })).collect::<Vec<_>>()).unwrap_or_default(),
        "granted": outcome.map(|outcome| names(&outcome.granted)).unwrap_or_default(),
        "mended": outcome.map(|outcome| names(&outcome.repaired)).unwrap_or_default(),
    })
}

fn names(indexes: &[crate::model::names::IndexName]) -> Vec<String> {
    indexes.iter().map(ToString::to_string).collect()
}

fn entry(surveyed: &SurveyedIndex) -> Value {
    let last_used = match surveyed.activity {
        Activity::Newest(when) => Some(when.to_string()),
        Activity::NotRead | Activity::Empty => None,
    };
    json!({
        "index": surveyed.index.to_string(),
        "branch": surveyed.branch(),
        "state": surveyed.shown_state(),
        "reason": surveyed.assessment.reason,
        "last_used": last_used,
        "files": surveyed.contents.as_ref().map(|contents| {
            contents.releases.iter().map(|release| release.files.len()).sum::<usize>()
        }),
    })
}
