//! The answer of `withdraw`.

use std::path::Path;

use serde_json::{Value, json};

use super::status::provenance_text;
use crate::cli::ui::Ui;
use crate::model::available::AvailableVersion;
use crate::model::evidence::Origin;
use crate::model::names::{IndexName, ProjectName, escape_for_terminal};
use crate::ops::withdraw::{Mark, Plan, RestoreSource, Withdrawal, Withdrawn};

/// Returns the question before a withdrawal.
pub fn question(withdrawal: &Withdrawal) -> String {
    let release = &withdrawal.release;
    format!("withdraw {} {} from {}?", release.project, escape_for_terminal(&release.version), release.index)
}

/// Shows what a withdrawal would change.
pub fn show_plan(ui: &Ui, withdrawal: &Withdrawal) {
    let release = &withdrawal.release;
    let version = escape_for_terminal(&release.version);
    let from = provenance_text(&withdrawal.origin);
    ui.note(&format!("{} {version} on {}, {from}:", release.project, release.index));
    for file in &release.files {
        ui.note(&format!("  {}", escape_for_terminal(&file.file_name)));
    }
    ui.note(&format!("installers will get {}", instead(&release.project, withdrawal.installed_instead.as_ref())));
    ui.note(&match &withdrawal.restore {
        RestoreSource::ReleaseIndex { .. } => format!("`{}` brings it back", promote_line(withdrawal)),
        RestoreSource::SavedFiles => {
            "no index of a release branch holds all of its files, so `promote` cannot bring it back: they are saved first"
                .to_owned()
        }
    });
}

/// Shows what a withdrawal did.
pub fn show(ui: &Ui, withdrawal: &Withdrawal, withdrawn: &Withdrawn) {
    let release = &withdrawal.release;
    if withdrawn.mark == Mark::NotRecorded {
        ui.warn(
            "the withdrawal could not be recorded for later promotions (is your login in evidence-users?): \
             a promotion in CI may bring the release back",
        );
    }
    if ui.wants_json() {
        return ui.answer_json(&as_json(withdrawal, withdrawn));
    }
    let version = escape_for_terminal(&release.version);
    let log = withdrawn.log.display();
    ui.answer(&format!(
        "withdrew {} {version} from {}; its files and their hashes: {log}",
        release.project, release.index
    ));
    ui.answer(&format!("installers now get {}", instead(&release.project, withdrawn.installed_instead.as_ref())));
    match (&withdrawal.restore, withdrawn.saved.first().and_then(|file| file.parent())) {
        (RestoreSource::ReleaseIndex { .. }, _) => ui.answer(&format!("`{}` brings it back", promote_line(withdrawal))),
        (RestoreSource::SavedFiles, Some(folder)) => {
            ui.answer(&format!("no index of a release branch holds all of them; saved in {}", folder.display()));
        }
        (RestoreSource::SavedFiles, None) => {}
    }
}

/// Shows that an earlier run withdrew the release.
pub fn show_already_withdrawn(ui: &Ui, plan: &Plan) {
    let Plan::AlreadyWithdrawn { project, version, production, log, installed_instead } = plan else { return };
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "withdrawn": false,
            "project": project.as_str(),
            "version": version,
            "index": production.to_string(),
            "log": path_text(log),
            "installed_instead": instead_json(installed_instead.as_ref()),
        }));
    }
    let version = escape_for_terminal(version);
    ui.answer(&format!("{project} {version} was withdrawn from {production} before; its files: {}", log.display()));
    ui.answer(&format!("installers get {}", instead(project, installed_instead.as_ref())));
}

fn instead(project: &ProjectName, version: Option<&AvailableVersion>) -> String {
    match version {
        Some(AvailableVersion { version, index }) => {
            format!("{project} {} from {}", escape_for_terminal(version), escape_for_terminal(index))
        }
        None => format!("no version of {project}"),
    }
}

fn promote_line(withdrawal: &Withdrawal) -> String {
    let release = &withdrawal.release;
    let older = match withdrawal.restore {
        RestoreSource::ReleaseIndex { needs_older: true, .. } => " --older",
        _ => "",
    };
    format!("git devpi promote {}=={}{older}", release.project, escape_for_terminal(&release.version))
}

fn as_json(withdrawal: &Withdrawal, withdrawn: &Withdrawn) -> Value {
    let release = &withdrawal.release;
    let commit = match &withdrawal.origin {
        Origin::Commit(commit) => Some(commit.as_str()),
        _ => None,
    };
    let (release_index, restore): (Option<&IndexName>, Option<String>) = match &withdrawal.restore {
        RestoreSource::ReleaseIndex { release, .. } => (Some(&release.index), Some(promote_line(withdrawal))),
        RestoreSource::SavedFiles => (None, None),
    };
    json!({
        "schema": 1,
        "withdrawn": true,
        "project": release.project.as_str(),
        "version": release.version,
        "index": release.index.to_string(),
        "commit": commit,
        "files": release.files.iter().map(|file| json!({
            "name": file.file_name,
            "sha256": file.sha256.as_str(),
        })).collect::<Vec<_>>(),
        "log": path_text(&withdrawn.log),
        "saved": withdrawn.saved.iter().map(|path| path_text(path)).collect::<Vec<_>>(),
        "installed_instead": instead_json(withdrawn.installed_instead.as_ref()),
        "release_index": release_index.map(ToString::to_string),
        "restore": restore,
        "recorded": withdrawn.mark == Mark::Recorded,
    })
}

fn instead_json(version: Option<&AvailableVersion>) -> Value {
    version.map_or(Value::Null, |one| json!({ "version": one.version, "index": one.index }))
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}
