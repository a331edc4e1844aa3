//! The answer of `status --all`.

use serde_json::json;

use super::table;
use crate::cli::ui::Ui;
use crate::index::survey::SurveyedIndex;
use crate::model::names::escape_for_terminal;
use crate::model::staleness::Activity;
use crate::ops::status::Overview;

/// Shows every index of the repository, or of its owner, with its state and the reason.
pub fn show(ui: &Ui, Overview { survey, crowded, production }: &Overview, everybody: bool) {
    let is_shown = |one: &&SurveyedIndex| everybody || one.is_ours() || one.index == *production;
    let others = survey.indexes.iter().filter(|one| !is_shown(one)).count();
    let shown = || survey.indexes.iter().filter(is_shown);
    if let Some(failure) = &survey.failure {
        ui.warn(&format!("{failure}; whether branches are merged or deleted is unknown"));
    }
    if ui.wants_json() {
        let indexes = shown().map(as_json).collect::<Vec<_>>();
        return ui.answer_json(&json!({
            "schema": 1,
            "repository": survey.repository.as_str(),
            "indexes": indexes,
            "others": others,
            "many_releases": crowded.iter().map(|one| json!({
                "index": one.index.to_string(),
                "project": one.project,
                "releases": one.releases,
            })).collect::<Vec<_>>(),
        }));
    }
    let rows = shown().map(|surveyed| {
        vec![
            surveyed.index.to_string(),
            escape_for_terminal(surveyed.branch().unwrap_or("-")),
            surveyed.shown_state().to_owned(),
            last_used_text(surveyed.activity),
            surveyed.assessment.reason.clone(),
        ]
    });
    ui.answer(&table::render(&["index", "branch", "state", "last used", "why"], rows.collect()));
    if others > 0 {
        ui.note(&format!("{others} more of other repositories: `git devpi status --all --everybody`"));
    }
    for one in crowded {
        let (index, count, project) = (&one.index, one.releases, &one.project);
        ui.warn(&format!("{index} has {count} releases of {project}: `git devpi prune --releases` deletes old ones"));
    }
}

fn as_json(surveyed: &SurveyedIndex) -> serde_json::Value {
    json!({
        "index": surveyed.index.to_string(),
        "branch": surveyed.branch(),
        "state": surveyed.shown_state(),
        "reason": surveyed.assessment.reason,
        "last_used": last_used(surveyed),
        "volatile": surveyed.config.volatile,
    })
}

/// Returns the time of the last upload or result, for people; `-` if it was not read.
pub fn last_used_text(activity: Activity) -> String {
    match activity {
        Activity::Newest(when) if when != jiff::Timestamp::MAX => when.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Activity::Empty => "(empty)".to_owned(),
        Activity::Newest(_) | Activity::NotRead => "-".to_owned(),
    }
}

/// Returns the time of the last upload for JSON, if it was read.
fn last_used(surveyed: &SurveyedIndex) -> Option<String> {
    match surveyed.activity {
        Activity::Newest(when) if when != jiff::Timestamp::MAX => Some(when.strftime("%Y-%m-%d %H:%M").to_string()),
        Activity::Empty => Some("empty".to_owned()),
        _ => None,
    }
}
