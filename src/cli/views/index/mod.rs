//! The answers of `index`.

mod adopt;
mod restore;
mod sync;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::prune::kept_text;
use super::table;
use crate::cli::ui::Ui;
use crate::devpi::{Deletion, IndexConfig};
use crate::index::branch_index::{BranchIndex, IndexOrigin};
use crate::index::deletion::Deleted;
use crate::model::names::escape_for_terminal;
use crate::model::record::{RECORD_KEY, Record};
use crate::ops::index::{IndexDetail, IndexRole, ListedIndex};

pub use adopt::{show_adopted, show_adoption};
pub use restore::{show_restored, show_trash};
pub use sync::show_sync;

/// Shows the list of indexes.
pub fn show_list(ui: &Ui, indexes: &[ListedIndex]) {
    if ui.wants_json() {
        let indexes: Vec<Value> = indexes.iter().map(as_json).collect();
        return ui.answer_json(&json!({ "schema": 1, "indexes": indexes }));
    }
    let rows = indexes.iter().map(|listed| {
        let RoleText { kind, branch, note } = role_text(&listed.role);
        let volatile = listed.config.volatile.then(|| "volatile".to_owned());
        let notes: Vec<String> = note.into_iter().chain(volatile).collect();
        vec![listed.name.to_string(), kind.to_owned(), branch.unwrap_or_else(|| "-".to_owned()), notes.join(", ")]
    });
    ui.answer(&table::render(&["index", "kind", "branch", "note"], rows.collect()));
}

/// Shows one index.
pub fn show_one(ui: &Ui, detail: &IndexDetail) {
    let mut projects: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for release in &detail.contents.releases {
        let files = release.files.iter().map(|file| file.file_name.as_str()).collect();
        projects.entry(release.project.as_str()).or_default().insert(&release.version, files);
    }
    if ui.wants_json() {
        let mut answer = as_json(&detail.listed);
        answer["schema"] = json!(1);
        answer["url"] = json!(detail.url.as_str());
        answer["config"] = detail.listed.config.raw.clone();
        answer["projects"] = json!(projects);
        return ui.answer_json(&answer);
    }
    ui.answer(&as_text(detail, &projects));
}

fn as_text(detail: &IndexDetail, projects: &BTreeMap<&str, BTreeMap<&str, Vec<&str>>>) -> String {
    let ListedIndex { name, config, role } = &detail.listed;
    let RoleText { kind, branch, note } = role_text(role);
    let bases = config.bases.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut lines = vec![
        format!("index       {name}"),
        format!("url         {}", detail.url),
        format!("kind        {kind}{}", note.map(|note| format!(" ({note})")).unwrap_or_default()),
        format!("branch      {}", branch.as_deref().unwrap_or("-")),
        format!("bases       {}", if bases.is_empty() { "none" } else { &bases }),
        format!("volatile    {}", if config.volatile { "yes" } else { "no" }),
        format!("results by  {}", escape_for_terminal(&config.acl_toxresult_upload.join(" "))),
    ];
    lines.extend(created(config).map(|created| format!("created     {created}")));
    for (project, versions) in projects {
        lines.push(String::new());
        lines.push((*project).to_owned());
        for (version, files) in versions {
            lines.push(format!("  {}  {}", escape_for_terminal(version), escape_for_terminal(&files.join("  "))));
        }
    }
    lines.join("\n")
}

/// Shows the index, and whether it was created now.
pub fn show_created(ui: &Ui, (index, origin): &(BranchIndex, IndexOrigin)) {
    let made = *origin == IndexOrigin::Created;
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "index": index.name.to_string(),
            "branch": index.record.branch,
            "created": made,
        }));
    }
    ui.note(if made { "created:" } else { "exists already:" });
    ui.answer(&index.name.to_string());
}

/// Shows what was deleted.
pub fn show_deleted(ui: &Ui, deleted: &Deleted) {
    let log = deleted.log.as_ref().map(|log| log.display().to_string());
    if ui.wants_json() {
        return ui.answer_json(&json!({
            "schema": 1,
            "index": deleted.index.to_string(),
            "deleted": deleted.deletion == Deletion::Deleted,
            "files": deleted.files,
            "log": log,
            "kept_files": deleted.kept.files,
            "kept_bytes": deleted.kept.bytes,
        }));
    }
    match deleted.deletion {
        Deletion::Deleted => ui.answer(&format!("deleted {} with {} files", deleted.index, deleted.files)),
        Deletion::AlreadyGone => ui.answer(&format!("{} was deleted already", deleted.index)),
    }
    if let Some(log) = log {
        ui.note(&format!("its configuration and list of files are saved in {log}"));
    }
    if let Some(text) = kept_text(std::slice::from_ref(deleted)) {
        ui.note(&text);
    }
}

fn as_json(listed: &ListedIndex) -> Value {
    let RoleText { kind, .. } = role_text(&listed.role);
    let (branch, own_commits) = match &listed.role {
        IndexRole::Branch { name, own_commits } => (Some(name), Some(*own_commits)),
        IndexRole::Claim { branch } => (Some(branch), None),
        _ => (None, None),
    };
    let why = if let IndexRole::Foreign(why) = &listed.role { Some(why) } else { None };
    json!({
        "index": listed.name.to_string(),
        "kind": kind,
        "branch": branch,
        "own_commits": own_commits,
        "foreign_because": why,
        "created": created(&listed.config),
        "bases": listed.config.bases.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "volatile": listed.config.volatile,
        "record": listed.config.record.as_ref().map(|record| record.to_custom_data()[RECORD_KEY].clone()),
    })
}

/// The role of an index, for people.
struct RoleText {
    kind: &'static str,
    branch: Option<String>,
    note: Option<String>,
}

fn role_text(role: &IndexRole) -> RoleText {
    let (kind, branch, note) = match role {
        IndexRole::Branch { name, own_commits: true } => ("branch", Some(name), None),
        IndexRole::Branch { name, own_commits: false } => ("branch", Some(name), Some("no commits of its own yet")),
        IndexRole::Claim { branch } => ("claim", Some(branch), None),
        IndexRole::Production => ("production", None, None),
        IndexRole::Foreign(reason) => ("foreign", None, Some(reason.as_str())),
    };
    RoleText { kind, branch: branch.map(|name| escape_for_terminal(name)), note: note.map(str::to_owned) }
}

fn created(config: &IndexConfig) -> Option<String> {
    match config.record.as_ref()? {
        Record::Branch(record) => Some(record.created.to_string()),
        Record::Production(record) => Some(record.created.to_string()),
        Record::Claim(_) => None,
    }
}
