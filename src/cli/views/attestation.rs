//! The answer of `results --format in-toto`.

use serde_json::json;

use crate::cli::ui::Ui;
use crate::model::attestation::Attestations;
use crate::model::names::escape_for_terminal;
use crate::model::release::Release;

/// Prints one Statement per line; with `--json` one object with all of them.
pub fn show(ui: &Ui, release: &Release, attestations: &Attestations) {
    let (project, version, index) = (&release.project, escape_for_terminal(&release.version), &release.index);
    for file in &attestations.unproven {
        ui.warn(&format!(
            "{} has no provenance by an evidence user: no statement about its build",
            escape_for_terminal(file)
        ));
    }
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "project": project.as_str(),
            "version": release.version,
            "index": index.to_string(),
            "statements": attestations.statements,
            "unproven": attestations.unproven,
        }));
    }
    if attestations.statements.is_empty() {
        return ui.note(&format!("{project} {version} on {index} has neither provenance nor evidence that counts"));
    }
    for statement in &attestations.statements {
        ui.answer(&statement.to_string());
    }
}
