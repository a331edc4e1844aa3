//! Evidence in the answers of several verbs: uploader, time, and unreadable reports.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::model::evidence::{EvidenceRow, UnreadableReport};
use crate::model::names::escape_for_terminal;
use crate::model::tox_result::{CommandRun, Unreadable};

/// Returns the uploader, for people.
pub fn who(who: Option<&str>) -> String {
    who.map_or_else(|| "(anonymous)".to_owned(), escape_for_terminal)
}

/// Returns the time of an upload in UTC, for people.
pub fn when(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Formats the number of tests or commands: `212 tests, 3 failed`, `1 of 3 commands failed`, `-`.
pub fn counts(row: &EvidenceRow) -> String {
    if let Some(counts) = row.tests {
        let bad = [(counts.failures, "failed"), (counts.errors, "with errors"), (counts.skipped, "skipped")];
        let bad = bad.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        return format!("{} {}", counts.tests, plural(counts.tests, "test")) + &bad.collect::<String>();
    }
    let count = row.commands.len();
    match row.commands.iter().filter(|command| command.retcode != Some(0)).count() {
        _ if count == 0 => "-".to_owned(),
        0 => format!("{count} {}", plural(count as u64, "command")),
        failed => format!("{failed} of {count} {} failed", plural(count as u64, "command")),
    }
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Formats a duration: `0.4 s`, `3 m 04 s`, `1 h 03 m 04 s`.
pub fn duration(time: Duration) -> String {
    // 59.95 s would be shown as 60.0 s.
    if time < Duration::from_millis(59_950) {
        return format!("{:.1} s", time.as_secs_f64());
    }
    let rounded = (time.as_millis() + 500) / 1000;
    let (minutes, seconds) = (rounded / 60, rounded % 60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} m {seconds:02} s"),
        (hours, minutes) => format!("{hours} h {minutes:02} m {seconds:02} s"),
    }
}

/// Returns a test command as JSON.
pub fn command_json(command: &CommandRun) -> Value {
    json!({ "retcode": command.retcode, "elapsed": command.elapsed.map(|time| time.as_secs_f64()) })
}

/// Returns `passed after 2 failures (ci 2026-01-02 03:04:05 UTC, …)`; empty if there were none.
pub fn passed_after_failures(failed: &[EvidenceRow]) -> String {
    const SHOWN: usize = 3;
    if failed.is_empty() {
        return String::new();
    }
    // The newest failures are the most relevant.
    let shown = failed.iter().rev().take(SHOWN).rev();
    let mut named: Vec<String> = shown.map(|row| format!("{} {}", who(row.who.as_deref()), when(row.when))).collect();
    if failed.len() > SHOWN {
        named.insert(0, "…".to_owned());
    }
    format!("passed after {} {} ({})", failed.len(), plural(failed.len() as u64, "failure"), named.join(", "))
}

/// Returns the failures before an environment passed, as JSON.
pub fn failed_before_json(failed: &[EvidenceRow]) -> Value {
    let row = |row: &EvidenceRow| json!({ "who": row.who, "when": row.when.to_string(), "ci_url": row.ci_url });
    failed.iter().map(row).collect()
}

/// Warns about unreadable reports, and about reports that were not read because there are too many.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_each_and_no_number_above_59() {
        let text = |millis| duration(Duration::from_millis(millis));
        let texts = [0, 440, 59_949, 59_950, 184_400, 3_784_000, 90_000_000].map(text);
        assert_eq!(texts, ["0.0 s", "0.4 s", "59.9 s", "1 m 00 s", "3 m 04 s", "1 h 03 m 04 s", "25 h 00 m 00 s"]);
    }
}
