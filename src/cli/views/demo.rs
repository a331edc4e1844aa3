//! The answer of `demo`.

use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::ops::demo::DemoOutcome;

/// Shows the time of each step, and where the kept files are.
pub fn show(ui: &Ui, outcome: &DemoOutcome) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(outcome));
    }
    let mut lines: Vec<String> =
        outcome.steps.iter().map(|step| format!("{:>6.1} s  {}", step.took.as_secs_f64(), step.title)).collect();
    let checks: usize = outcome.steps.iter().map(|step| step.checks.len()).sum();
    lines.push(format!("{checks} checks against the server, all passed"));
    ui.note("");
    ui.answer(&lines.join("\n"));
    if let Some(kept) = &outcome.kept {
        ui.note(&format!("\nrepositories: {}", kept.folder.display()));
        ui.note(&format!("indexes:      {}{}", kept.server, kept.user));
        ui.note(&format!("password of {}: in {} (mode 0600)", kept.user, kept.password_file.display()));
        ui.note("`git devpi server stop` stops the server, `git devpi server remove` deletes it with all its packages");
    }
}

fn as_json(outcome: &DemoOutcome) -> Value {
    let step = |step: &crate::ops::demo::StepResult| json!({ "title": step.title, "seconds": step.took.as_secs_f64(), "checks": step.checks });
    let kept = outcome.kept.as_ref().map(|kept| {
        json!({
            "folder": kept.folder,
            "server": kept.server.as_str(),
            "user": kept.user.as_str(),
            "password_file": kept.password_file,
        })
    });
    json!({ "schema": 1, "chapters": outcome.steps.iter().map(step).collect::<Vec<_>>(), "kept": kept })
}
