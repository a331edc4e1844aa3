//! How a package that is there looks.

use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::ops::ensure::Ensured;

/// Shows the path of each package, one a line. As JSON: one object for one project, `projects` for several.
pub fn show(ui: &Ui, ensured: &[Ensured]) {
    match ensured {
        [one] if ui.wants_json() => {
            let mut answer = as_json(one);
            answer["schema"] = json!(1);
            ui.answer_json(&answer);
        }
        several if ui.wants_json() => {
            let projects: Vec<_> = several.iter().map(as_json).collect();
            ui.answer_json(&json!({ "schema": 1, "projects": projects }));
        }
        all => {
            for one in all {
                ui.answer(&one.path.display().to_string());
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
    })
}
