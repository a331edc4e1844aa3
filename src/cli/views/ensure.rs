//! The answer of `ensure`.

use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::ops::ensure::{Ensured, Outcome};

/// Shows the path of each package, one per line.
///
/// JSON is one object for one project, else a list `projects`, in which a failed project has the key `error`.
pub fn show(ui: &Ui, outcome: &Outcome) {
    match outcome {
        Outcome::One(one) if ui.wants_json() => {
            let mut answer = as_json(one);
            answer["schema"] = json!(1);
            ui.answer_json(&answer);
        }
        Outcome::One(one) => ui.answer(&one.path.display().to_string()),
        Outcome::Several(several) if ui.wants_json() => {
            let projects = several.iter().map(|(project, outcome)| match outcome {
                Ok(ensured) => as_json(ensured),
                Err(error) => json!({ "project": project.as_str(), "error": error.to_string() }),
            });
            ui.answer_json(&json!({ "schema": 1, "projects": projects.collect::<Vec<_>>() }));
        }
        Outcome::Several(several) => {
            for ensured in several.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()) {
                ui.answer(&ensured.path.display().to_string());
            }
        }
    }
}

fn as_json(ensured: &Ensured) -> Value {
    json!({
        "project": ensured.project.as_str(),
        "version": ensured.version,
        "index": ensured.index.as_ref().map(ToString::to_string),
        "file": ensured.file,
        "sha256": ensured.sha256.as_str(),
        "path": ensured.path,
        "action": ensured.action.as_str(),
        "commit": ensured.commit.as_str(),
        "constraints": ensured.constraints,
    })
}
