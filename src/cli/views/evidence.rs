//! Evidence in the answers of several verbs: uploader, time, and unreadable reports.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::model::evidence::{EvidenceRow, UnreadableReport};
use crate::model::names::escape_for_terminal;
use crate::model::tox_result::Unreadable;

/// Returns the uploader, for people.
pub fn who(who: Option<&str>) -> String {
    who.map_or_else(|| "(anonymous)".to_owned(), escape_for_terminal)
}

/// Returns the time of an upload in UTC, for people.
pub fn when(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The failures before an environment passed, for people: `green after 2 red (ci 2026-01-02 03:04:05, …)`. Empty without any.
pub fn green_after_red(failed: &[EvidenceRow]) -> String {
    const SHOWN: usize = 3;
    if failed.is_empty() {
        return String::new();
    }
    // The last ones tell most.
    let shown = failed.iter().rev().take(SHOWN).rev();
    let mut named: Vec<String> = shown.map(|row| format!("{} {}", who(row.who.as_deref()), when(row.when))).collect();
    if failed.len() > SHOWN {
        named.insert(0, "…".to_owned());
    }
    format!("green after {} red ({})", failed.len(), named.join(", "))
}

/// The failures before an environment passed, for JSON.
pub fn failed_before_json(failed: &[EvidenceRow]) -> Value {
    let row = |row: &EvidenceRow| json!({ "who": row.who, "when": row.when.to_string(), "ci_url": row.ci_url });
    failed.iter().map(row).collect()
}

/// Warns about each unreadable report, and about the number of reports that were not read because there are too many.
pub fn note_unreadable(ui: &Ui, unreadable: &[UnreadableReport]) {
    let (skipped, named): (Vec<_>, Vec<_>) = unreadable.iter().partition(|report| report.reason == Unreadable::NotRead);
    for report in named {
        ui.warn(&format!("{report}; it does not count"));
    }
    if let Some(newest) = skipped.first() {
        let (count, index) = (skipped.len(), &newest.index);
        ui.warn(&format!("{count} more tox results on {index} were not read; they do not count, because their uploaders are not in evidence-users"));
    }
}

/// Returns the unreadable reports as JSON.
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
