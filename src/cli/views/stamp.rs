//! The answer of `stamp`.

use serde_json::{Value, json};

use crate::build::stamp::{StampRequest, Stamped, StampedProject};
use crate::cli::ui::Ui;

/// Shows the path of the copy; the written files go to stderr.
pub fn show(ui: &Ui, stamped: &Stamped, request: &StampRequest) {
    for project in &stamped.projects {
        say(ui, project, request);
    }
    if ui.wants_json() {
        let projects: Vec<_> = stamped.projects.iter().map(as_json).collect();
        return ui.answer_json(&json!({ "schema": 1, "path": stamped.path, "projects": projects }));
    }
    ui.answer(&stamped.path.display().to_string());
}

fn say(ui: &Ui, project: &StampedProject, request: &StampRequest) {
    let version = &project.version.version;
    let say = |text: &str| match request {
        StampRequest::InPlace => ui.note(text),
        StampRequest::Copy { .. } => ui.detail(text),
    };
    for file in &project.files {
        say(&format!("wrote {version} into {}", file.display()));
    }
    if let Some(tag) = &project.tag {
        match request {
            StampRequest::InPlace => {
                ui.warn(&format!(
                    "the build backend reads the version from a tag, which does not exist yet: `git tag {tag}`"
                ));
            }
            StampRequest::Copy { .. } => say(&format!("set the tag {tag}")),
        }
    }
    for (name, value) in &project.variables {
        ui.note(&format!("the build reads its version from the environment: {name}={value}"));
    }
}

fn as_json(project: &StampedProject) -> Value {
    let variables: serde_json::Map<String, Value> =
        project.variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let differing: Vec<_> =
        project.differing.iter().map(|(file, found)| json!({ "file": file, "version": found })).collect();
    json!({
        "project": project.version.project.name().as_str(),
        "version": project.version.version.to_string(),
        "commit": project.version.commit.as_str(),
        "files": project.files,
        "tag": project.tag,
        "variables": variables,
        "differing": differing,
    })
}
