//! The answer of `fleet`.

use serde_json::{Value, json};

use super::table;
use crate::cli::ui::Ui;
use crate::model::fleet::{Concern, Details, FleetProject, FleetRepository};
use crate::model::names::escape_for_terminal;
use crate::model::size::size_text;
use crate::ops::fleet::{Depth, Fleet};

/// The cell of a value that was not read, or that the server does not tell.
const UNKNOWN: &str = "-";

/// Shows the repositories, then what needs attention in each.
pub fn show(ui: &Ui, fleet: &Fleet) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(fleet));
    }
    let rows = fleet.repositories.iter().map(|repository| row(repository, fleet.depth)).collect();
    let header: &[&str] = match fleet.depth {
        Depth::Records => &["state", "repository", "branches", "building", "newest index"],
        Depth::Contents => &["state", "repository", "branches", "green", "production", "size", "a week"],
    };
    if fleet.repositories.is_empty() {
        ui.note(&format!("{} has no index of a repository on {}", fleet.owner, fleet.server));
    } else {
        ui.answer(&table::render(header, rows));
    }
    if fleet.repositories.iter().any(|repository| !repository.concerns.is_empty()) {
        ui.answer("");
    }
    for repository in &fleet.repositories {
        for concern in &repository.concerns {
            ui.answer(&format!("{}: {concern}", escape_for_terminal(&repository.name)));
        }
    }
    match fleet.others {
        0 => {}
        1 => ui.note(&format!("1 more index of {} belongs to no repository", fleet.owner)),
        others => ui.note(&format!("{others} more indexes of {} belong to no repository", fleet.owner)),
    }
    if fleet.depth == Depth::Records {
        ui.note("versions, sizes and growth: `git devpi fleet --details`");
    }
    ui.detail(&format!("{} requests", fleet.requests));
}

fn row(repository: &FleetRepository, depth: Depth) -> Vec<String> {
    let mut cells = vec![
        state(repository).to_owned(),
        escape_for_terminal(&repository.name),
        repository.branches.len().to_string(),
    ];
    match (depth, &repository.details) {
        (Depth::Contents, Some(details)) => cells.extend(detail_cells(details)),
        _ => {
            cells.push(repository.builds.to_string());
            let newest = repository.newest_index();
            cells.push(newest.map_or(UNKNOWN.to_owned(), |when| when.strftime("%Y-%m-%d").to_string()));
        }
    }
    cells
}

/// The word for the most severe concern, which has the colour that it has everywhere.
fn state(repository: &FleetRepository) -> &'static str {
    match repository.concerns.first() {
        Some(Concern::FailedBuild { .. }) => "failed",
        Some(_) => "warning",
        None => "ok",
    }
}

fn detail_cells(details: &Details) -> [String; 4] {
    let size = |bytes: Option<u64>| bytes.map_or(UNKNOWN.to_owned(), size_text);
    let green = |project: &FleetProject| project.newest_green.clone();
    let production = |project: &FleetProject| project.production.as_ref().and_then(|(_, version)| version.clone());
    [
        versions(&details.projects, green),
        versions(&details.projects, production),
        size(details.size),
        size(details.growth),
    ]
}

/// The version of the only project, or the versions of all with their names.
fn versions(projects: &[FleetProject], version: impl Fn(&FleetProject) -> Option<String>) -> String {
    let shown = |project| version(project).map_or(UNKNOWN.to_owned(), |version| escape_for_terminal(&version));
    match projects {
        [] => UNKNOWN.to_owned(),
        [only] => shown(only),
        several => {
            several.iter().map(|project| format!("{} {}", project.name, shown(project))).collect::<Vec<_>>().join(", ")
        }
    }
}

fn as_json(fleet: &Fleet) -> Value {
    json!({
        "schema": 1,
        "server": fleet.server.as_str(),
        "user": fleet.owner.as_str(),
        "details": fleet.depth == Depth::Contents,
        "repositories": fleet.repositories.iter().map(repository_json).collect::<Vec<_>>(),
        "others": fleet.others,
        "requests": fleet.requests,
    })
}

fn repository_json(repository: &FleetRepository) -> Value {
    let details = repository.details.as_ref();
    let project = |project: &FleetProject| {
        let production = project.production.as_ref();
        json!({
            "name": project.name.as_str(),
            "newest_green": project.newest_green,
            "production_index": production.map(|(index, _)| index.to_string()),
            "production": production.and_then(|(_, version)| version.clone()),
        })
    };
    json!({
        "repository": repository.name,
        "state": state(repository),
        "remotes": repository.remotes,
        "branches": repository.branches.iter().map(|entry| json!({
            "branch": entry.branch,
            "index": entry.index.to_string(),
            "created": entry.created.to_string(),
        })).collect::<Vec<_>>(),
        "building": repository.builds,
        "attention": repository.concerns.iter().map(|concern| json!({
            "kind": concern.kind(),
            "text": concern.to_string(),
        })).collect::<Vec<_>>(),
        "projects": details.map(|details| details.projects.iter().map(project).collect::<Vec<_>>()),
        "size": details.and_then(|details| details.size),
        "growth_per_week": details.and_then(|details| details.growth),
        "last_used": details.and_then(|details| details.last_used).map(|when| when.to_string()),
    })
}
