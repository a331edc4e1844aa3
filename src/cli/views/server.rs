//! The answers of `server`.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::workspace::local_server::{Removal, Running, Start, Status, Stop};

/// Shows the URL of the running server, and where its files are.
pub fn started(ui: &Ui, running: &Running) {
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "server": running_json(running) }));
    }
    if running.start == Start::Before {
        ui.note("the server runs already");
    }
    ui.note(&format!("root's password: in {} (mode 0600)", running.root_password_file.display()));
    ui.note(&format!("log: {}", running.log.display()));
    ui.answer(&running.url);
}

/// Shows whether the server was stopped.
pub fn stopped(ui: &Ui, stop: Stop) {
    let was_running = stop == Stop::Stopped;
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "was_running": was_running }));
    }
    ui.note(if was_running { "stopped the server; its data stay" } else { "the server does not run" });
}

/// Shows whether the server was removed.
pub fn removed(ui: &Ui, removal: Removal, folder: &Path) {
    let was_there = removal == Removal::Removed;
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "was_there": was_there, "folder": folder }));
    }
    let folder = folder.display();
    ui.note(&if was_there { format!("removed {folder}") } else { format!("no local server in {folder}") });
}

/// Shows whether the server runs, and where its files are.
pub fn status(ui: &Ui, status: &Status) {
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "server": status_json(status) }));
    }
    let rows: Vec<(&str, String)> = match status {
        Status::Absent { folder } => vec![("state", "not installed".into()), ("folder", show(folder))],
        Status::Stopped { url, log, folder } => vec![
            ("state", "stopped".into()),
            ("url", url.clone().unwrap_or_else(|| "-".into())),
            ("log", show(log)),
            ("folder", show(folder)),
        ],
        Status::Unresponsive { pid, url, log, folder } => vec![
            ("state", format!("process {pid} does not answer")),
            ("url", url.clone().unwrap_or_else(|| "-".into())),
            ("log", show(log)),
            ("folder", show(folder)),
        ],
        Status::Running(running) => vec![
            ("state", running.pid.map_or("running".into(), |pid| format!("running (process {pid})"))),
            ("url", running.url.clone()),
            ("root's password", format!("in {} (mode 0600)", running.root_password_file.display())),
            ("log", show(&running.log)),
            ("folder", show(&running.folder)),
        ],
    };
    let lines: Vec<String> = rows.into_iter().map(|(name, value)| format!("{name:<16} {value}")).collect();
    ui.answer(&lines.join("\n"));
}

fn status_json(status: &Status) -> Value {
    match status {
        Status::Absent { folder } => json!({ "state": "absent", "folder": folder }),
        Status::Stopped { url, log, folder } => {
            json!({ "state": "stopped", "url": url, "log": log, "folder": folder })
        }
        Status::Unresponsive { pid, url, log, folder } => {
            json!({ "state": "silent", "pid": pid, "url": url, "log": log, "folder": folder })
        }
        Status::Running(running) => running_json(running),
    }
}

fn running_json(running: &Running) -> Value {
    json!({
        "state": "running",
        "url": running.url,
        "started_now": running.start == Start::Now,
        "pid": running.pid,
        "root_password_file": running.root_password_file,
        "log": running.log,
        "folder": running.folder,
    })
}

fn show(path: &Path) -> String {
    path.display().to_string()
}
