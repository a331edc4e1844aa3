//! The answer of `version`.

use serde_json::{Value, json};

use crate::build::version::BuildVersion;
use crate::cli::ui::Ui;
use crate::model::ci::CiBuild;
use crate::model::names::escape_for_terminal;
use crate::model::stamp::BuildKind;

/// Shows the version; JSON includes the source of each part.
pub fn show(ui: &Ui, version: &BuildVersion, ci: Option<&CiBuild>) {
    if let Some(note) = version.dropped_part() {
        ui.note(&escape_for_terminal(&note));
    }
    if ui.wants_json() {
        ui.answer_json(&as_json(version, ci));
    } else {
        ui.answer(&version.version.to_string());
    }
}

fn as_json(version: &BuildVersion, ci: Option<&CiBuild>) -> Value {
    let kind = match version.kind {
        BuildKind::Release { .. } => "release",
        BuildKind::Branch { .. } => "branch",
        BuildKind::Local { .. } => "local",
    };
    json!({
        "schema": 1,
        "version": version.version.to_string(),
        "project": version.project.name().as_str(),
        "kind": kind,
        "base": {
            "value": version.base.written(),
            "source": version.base_place,
            "used": version.base.text(),
            "dropped": version.base.dropped(),
        },
        "number": version.number.as_ref().map(|n| json!({ "value": n.value.get(), "source": n.origin.to_string() })),
        "branch": version.branch.as_ref().map(|b| json!({
            "value": b.name.as_str(),
            "source": b.origin.to_string(),
            "pull_request": b.is_pull_request,
        })),
        "commit": version.commit.as_str(),
        "dirty": version.is_dirty(),
        "ci": ci.map(|ci| json!({ "system": ci.system, "url": ci.url })),
    })
}
