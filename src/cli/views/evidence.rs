//! What several verbs show of the evidence: who, when, and the reports that cannot be read.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::model::evidence::UnreadableReport;
use crate::model::names::escape_for_terminal;
use crate::model::tox_result::Unreadable;

/// Who posted something, for people.
pub fn who(who: Option<&str>) -> String {
    who.map_or_else(|| "(anonymous)".to_owned(), escape_for_terminal)
}

/// When something was posted, for people.
pub fn when(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Names the reports that cannot be read; those that were not read because there are too many are counted.
pub fn note_unreadable(ui: &Ui, unreadable: &[UnreadableReport]) {
    let (skipped, named): (Vec<_>, Vec<_>) = unreadable.iter().partition(|report| report.reason == Unreadable::NotRead);
    for report in named {
        ui.warn(&format!("{report}: not counted"));
    }
    if let Some(newest) = skipped.first() {
        let (count, index) = (skipped.len(), &newest.index);
        ui.warn(&format!("{count} more tox results on {index} are not by evidence users: not read, not counted"));
    }
}

/// The reports that cannot be read, for JSON.
pub fn unreadable_json(unreadable: &[UnreadableReport]) -> Value {
    let report = |report: &UnreadableReport| {
        json!({
            "index": report.index.to_string(),
            "file": report.file_name,
            "report": report.report_name,
            "who": report.who,
            "when": report.when.to_string(),
            "trusted": report.trusted,
            "reason": report.reason.to_string(),
        })
    };
    unreadable.iter().map(report).collect()
}
