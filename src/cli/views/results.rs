//! The answers of `results`.

use serde_json::{Value, json};

use super::evidence::{
    command_json, counts, duration, failed_before_json, note_unreadable, passed_after_failures, unreadable_json, when,
    who,
};
use super::status::provenance_text;
use super::table;
use crate::cli::ui::Ui;
use crate::model::evidence::Origin;
use crate::model::names::escape_for_terminal;
use crate::ops::results::unknown_environment::UnknownEnvironment;
use crate::ops::results::{Added, EvidenceLine, LineStatus, Results};

/// Shows the evidence. Text leaves out reports that a newer one supersedes; JSON contains all.
pub fn show(ui: &Ui, results: &Results) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(results));
    }
    let release = &results.release;
    let (version, from) = (escape_for_terminal(&release.version), provenance_text(&results.origin));
    ui.note(&format!("{} {version} on {}, {from}", release.project, release.index));
    note_unreadable(ui, &results.unreadable);
    let shown = results.lines.iter().filter(|line| line.status != LineStatus::Superseded);
    let rows: Vec<Vec<String>> = shown.map(text_row).collect();
    if rows.is_empty() {
        let files: Vec<String> = release.files.iter().map(|file| escape_for_terminal(&file.file_name)).collect();
        return ui.answer(&format!("{}: no evidence", files.join(", ")));
    }
    ui.answer(&table::render(&["file", "environment", "verdict", "tests", "time", "who", "when", "note"], rows));
}

fn text_row(line: &EvidenceLine) -> Vec<String> {
    let row = line.row.as_ref();
    vec![
        escape_for_terminal(&line.file_name),
        escape_for_terminal(&line.environment),
        line.verdict.to_string(),
        row.map_or("-".to_owned(), counts),
        row.and_then(|row| row.duration).map_or("-".to_owned(), duration),
        row.map_or("-".to_owned(), |row| who(row.who.as_deref())),
        row.map_or("-".to_owned(), |row| when(row.when)),
        note(line),
    ]
}

fn note(line: &EvidenceLine) -> String {
    match (line.status, line.row.as_ref().and_then(|row| row.reason.as_ref())) {
        (LineStatus::Untrusted, _) => "does not count: the uploader is not in evidence-users".to_owned(),
        (LineStatus::SaysNothing, Some(reason)) => reason.to_string(),
        (LineStatus::Missing, _) => "required".to_owned(),
        _ => passed_after_failures(&line.failed_before),
    }
}

fn as_json(results: &Results) -> Value {
    let release = &results.release;
    let commit = match &results.origin {
        Origin::Commit(commit) => Some(commit.as_str()),
        _ => None,
    };
    json!({
        "schema": 1,
        "project": release.project.as_str(),
        "version": release.version,
        "index": release.index.to_string(),
        "commit": commit,
        "files": release.files.iter().map(|file| json!({
            "name": file.file_name,
            "sha256": file.sha256.as_str(),
        })).collect::<Vec<_>>(),
        "evidence": results.lines.iter().map(line_json).collect::<Vec<_>>(),
        "unreadable": unreadable_json(&results.unreadable),
    })
}

fn line_json(line: &EvidenceLine) -> Value {
    let row = line.row.as_ref();
    json!({
        "file": line.file_name,
        "environment": line.environment,
        "verdict": line.verdict.as_str(),
        "standing": line.status.as_str(),
        "who": row.and_then(|row| row.who.clone()),
        "when": row.map(|row| row.when.to_string()),
        "trusted": row.map(|row| row.trusted),
        "reason": row.and_then(|row| row.reason.as_ref()).map(ToString::to_string),
        "ci_url": row.and_then(|row| row.ci_url.clone()),
        "commit": row.and_then(|row| row.commit.as_ref()).map(|commit| commit.as_str()),
        "duration": row.and_then(|row| row.duration).map(|time| time.as_secs_f64()),
        "commands": row.map(|row| row.commands.iter().map(command_json).collect::<Vec<_>>()),
        "tests": row.and_then(|row| row.tests),
        "failed_before": failed_before_json(&line.failed_before),
    })
}

/// Shows which evidence was uploaded.
pub fn show_added(ui: &Ui, added: &Added) {
    for dropped in &added.dropped {
        ui.note(&format!("no evidence from {}: it {}", escape_for_terminal(&dropped.name), dropped.reason));
    }
    if let Some(unknown) = &added.unknown {
        ui.warn(&unknown_environment(unknown));
    }
    let release = &added.release;
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "project": release.project.as_str(),
            "version": release.version,
            "index": release.index.to_string(),
            "added": added.files.iter().map(|(file, environments)| json!({
                "file": file,
                "environments": environments,
            })).collect::<Vec<_>>(),
            "dropped": added.dropped.iter().map(|dropped| json!({
                "environment": dropped.name,
                "reason": dropped.reason.to_string(),
            })).collect::<Vec<_>>(),
            "unknown_environment": added.unknown.as_ref().map(|unknown| json!({
                "environment": unknown.name,
                "did_you_mean": unknown.did_you_mean,
            })),
        }));
    }
    for (file, environments) in &added.files {
        let environments: Vec<String> = environments.iter().map(|name| escape_for_terminal(name)).collect();
        ui.answer(&format!("{} on {}: {}", escape_for_terminal(file), release.index, environments.join(", ")));
    }
}

fn unknown_environment(unknown: &UnknownEnvironment) -> String {
    let name = escape_for_terminal(&unknown.name);
    let place = match &unknown.require {
        Some(origin) => format!("{name} is neither in `require` ({origin}) nor an environment of tox"),
        None => format!("{name} is not an environment of tox, and `require` is not set"),
    };
    match &unknown.did_you_mean {
        Some(known) => format!("{place}; did you mean `--env {}`?", escape_for_terminal(known)),
        None => format!("{place}, so no promotion asks for it"),
    }
}
