//! The answer of `doctor`.

use serde_json::{Value, json};

use super::table;
use crate::cli::failure;
use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::ops::doctor::{Check, Finding};

/// Shows every check; hints on how to fix faults and warnings follow on stderr.
pub fn show(ui: &Ui, checks: &[Check]) {
    if ui.wants_json() {
        let checks = checks.iter().map(as_json).collect::<Vec<Value>>();
        return ui.answer_json(&json!({ "schema": 1, "checks": checks }));
    }
    let rows = checks.iter().map(|check| {
        let (state, found, _) = parts(&check.finding);
        vec![state.to_owned(), check.name.to_owned(), escape_for_terminal(&found)]
    });
    ui.answer(&table::render(&["state", "check", "found"], rows.collect()));
    for check in checks {
        for fix in parts(&check.finding).2 {
            ui.hint(&format!("{}: {fix}", check.name));
        }
    }
}

fn as_json(check: &Check) -> Value {
    let (state, found, fixes) = parts(&check.finding);
    json!({ "check": check.name, "state": state, "found": found, "mend": fixes })
}

fn parts(finding: &Finding) -> (&'static str, String, Vec<String>) {
    match finding {
        Finding::Passed(found) => ("ok", found.clone(), Vec::new()),
        Finding::Warning(found, fix) => ("warning", found.clone(), vec![fix.clone()]),
        Finding::Unfixable(found, error) => ("warning", found.clone(), failure::hints(error)),
        Finding::Failed(error) => ("fault", error.to_string(), failure::hints(error)),
        Finding::Skipped => ("skipped", String::new(), Vec::new()),
    }
}
