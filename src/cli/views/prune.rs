//! How a clean-up looks: the plan, then what was done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::table;
use crate::cli::ui::Ui;
use crate::devpi::Deletion;
use crate::index::survey::SurveyedIndex;
use crate::model::names::escape_for_terminal;
use crate::model::staleness::{Activity, State};
use crate::ops::prune::{Outcome, Plan};

/// Shows what would go, as a table, and says what stays and why.
pub fn show_plan(ui: &Ui, plan: &Plan) {
    if !ui.wants_json() {
        let rows: Vec<Vec<String>> = plan.deletions().map(row).collect();
        if !rows.is_empty() {
            ui.answer(&table::render(&["index", "branch", "state", "last used", "reason"], rows));
        }
    }
    say_what_stays(ui, plan);
}

/// Shows what was done.
pub fn show_outcome(ui: &Ui, plan: &Plan, outcome: &Outcome) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(plan, Some(outcome)));
    }
    for deleted in &outcome.deleted {
        let what = match deleted.deletion {
            Deletion::Deleted => format!("deleted {}", deleted.index),
            Deletion::AlreadyGone => format!("{} was gone already", deleted.index),
        };
        match &deleted.log {
            Some(log) => ui.answer(&format!("{what}; what was on it: {}", log.display())),
            None => ui.answer(&what),
        }
    }
    for index in &outcome.repaired {
        ui.answer(&format!("mended {index}, whose deletion was cut off"));
    }
    for (index, why) in &outcome.left_alone {
        ui.warn(&format!("{index} was left alone: {why}"));
    }
}

/// Shows a plan that is not carried out.
pub fn show_dry_run(ui: &Ui, plan: &Plan) {
    if ui.wants_json() {
        ui.answer_json(&as_json(plan, None));
    }
}

/// One line for the choice: everything a person needs to say yes or no.
pub fn line(surveyed: &SurveyedIndex) -> String {
    row(surveyed).join("  ")
}

fn row(surveyed: &SurveyedIndex) -> Vec<String> {
    vec![
        surveyed.index.to_string(),
        escape_for_terminal(surveyed.branch().unwrap_or("-")),
        surveyed.assessment.state.as_str().to_owned(),
        last_used(surveyed.activity),
        surveyed.assessment.reason.clone(),
    ]
}

fn last_used(activity: Activity) -> String {
    match activity {
        Activity::NotRead => "-".to_owned(),
        Activity::Empty => "(empty)".to_owned(),
        Activity::Newest(when) => when.to_string(),
    }
}

fn say_what_stays(ui: &Ui, plan: &Plan) {
    let staying = || plan.survey.indexes.iter().filter(|s| s.is_ours() && !s.assessment.state.is_deletable());
    for surveyed in staying().filter(|surveyed| surveyed.assessment.state == State::Ending) {
        ui.note(&format!("{} stays for now: {}", surveyed.index, surveyed.assessment.reason));
    }
    let unknown = staying().filter(|surveyed| matches!(surveyed.assessment.state, State::Unknown(_)));
    for reason in unknown.map(|surveyed| surveyed.assessment.reason.as_str()).collect::<BTreeSet<_>>() {
        ui.warn(&format!("nothing is decided about some indexes: {reason}"));
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for surveyed in staying() {
        *counts.entry(surveyed.assessment.state.as_str()).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    match (plan.deletions().next().is_none(), counts.is_empty()) {
        (true, true) => ui.note(&format!("{} has no indexes on the server", plan.survey.repository)),
        (true, false) => ui.note(&format!("nothing to clean up: {}", counts.join(", "))),
        (false, false) => ui.detail(&format!("staying: {}", counts.join(", "))),
        (false, true) => {}
    }
}

fn as_json(plan: &Plan, outcome: Option<&Outcome>) -> Value {
    let (going, staying): (Vec<&SurveyedIndex>, Vec<&SurveyedIndex>) = plan
        .survey
        .indexes
        .iter()
        .filter(|surveyed| surveyed.is_ours())
        .partition(|surveyed| surveyed.assessment.state.is_deletable());
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
            "log": deleted.log.as_ref().map(|log| log.display().to_string()),
        })).collect::<Vec<_>>()).unwrap_or_default(),
        "left_alone": outcome.map(|outcome| outcome.left_alone.iter().map(|(index, why)| json!({
            "index": index.to_string(),
            "reason": why,
        })).collect::<Vec<_>>()).unwrap_or_default(),
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
        "state": surveyed.assessment.state.as_str(),
        "reason": surveyed.assessment.reason,
        "last_used": last_used,
        "files": surveyed.contents.as_ref().map(|contents| {
            contents.releases.iter().map(|release| release.files.len()).sum::<usize>()
        }),
    })
}
