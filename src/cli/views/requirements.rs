//! The answer of `results --requirements`.

use serde_json::json;

use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::model::requirements::{requirement, requirements_file};
use crate::ops::results::requirements::Requirements;

/// Prints the requirements file, and warns if the release is not in production.
pub fn show(ui: &Ui, requirements: &Requirements) {
    let Requirements { release, is_in_production, index_url } = requirements;
    if !is_in_production {
        let (project, version) = (&release.project, escape_for_terminal(&release.version));
        ui.warn(&format!("{project} {version} is not in production: the file names {}", release.index));
    }
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "project": release.project.as_str(),
            "version": release.version,
            "index": release.index.to_string(),
            "in_production": is_in_production,
            "index_url": index_url.as_str(),
            "requirement": requirement(release),
            "hashes": release.files.iter().map(|file| format!("sha256:{}", file.sha256)).collect::<Vec<_>>(),
        }));
    }
    ui.answer(&requirements_file(release, index_url));
}
