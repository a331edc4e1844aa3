//! The answer of `build`.

use serde_json::json;

use crate::build::package::BuiltProject;
use crate::cli::ui::Ui;

/// Shows the paths of the files, one per line.
pub fn show(ui: &Ui, built: &[BuiltProject]) {
    if ui.wants_json() {
        let projects = built.iter().map(|project| {
            json!({
                "project": project.version.project.name().as_str(),
                "version": project.version.version.to_string(),
                "commit": project.version.commit.as_str(),
                "files": project.files,
            })
        });
        return ui.answer_json(&json!({ "schema": 1, "projects": projects.collect::<Vec<_>>() }));
    }
    for file in built.iter().flat_map(|project| &project.files) {
        ui.answer(&file.display().to_string());
    }
}
