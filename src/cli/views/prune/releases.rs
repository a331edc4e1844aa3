//! The answer of `prune --releases`.

use std::collections::BTreeMap;

use pep440_rs::Version;
use serde_json::{Value, json};

use super::super::table;
use super::kept_summary;
use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::ops::prune::releases::{ReleasesOutcome, ReleasesPlan, ThinnedIndex};

/// Shows the old releases as a table, then the indexes that are left alone.
pub fn show_plan(ui: &Ui, plan: &ReleasesPlan) {
    if !ui.wants_json() && !plan.indexes.is_empty() {
        let rows = plan.indexes.iter().flat_map(rows).collect();
        ui.answer(&table::render(&["index", "branch", "project", "old releases", "staying"], rows));
    }
    for (index, why) in &plan.left_alone {
        ui.note(&format!("{index} is left alone: {why}"));
    }
    if plan.indexes.is_empty() {
        ui.note(&format!("no old releases on the indexes of {}", plan.repository));
    }
}

/// Returns one index as a line of the selection prompt.
pub fn line(thinned: &ThinnedIndex) -> String {
    let count = thinned.releases.releases.len();
    format!("{}  {count} of {} releases", thinned.index, count + thinned.staying)
}

fn rows(thinned: &ThinnedIndex) -> Vec<Vec<String>> {
    let mut projects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for release in &thinned.releases.releases {
        projects.entry(release.project.as_str()).or_default().push(&release.version);
    }
    let row = |(project, mut versions): (&str, Vec<&str>)| {
        versions.sort_by_cached_key(|version| version.parse::<Version>().ok());
        let range = match &versions[..] {
            [first, .., last] => {
                format!("{} ({} … {})", versions.len(), escape_for_terminal(first), escape_for_terminal(last))
            }
            _ => format!("1 ({})", escape_for_terminal(versions.first().copied().unwrap_or_default())),
        };
        vec![
            thinned.index.to_string(),
            escape_for_terminal(&thinned.record.branch),
            project.to_owned(),
            range,
            thinned.staying.to_string(),
        ]
    };
    projects.into_iter().map(row).collect()
}

/// Shows what was deleted; `None` for a plan that is not carried out.
pub fn show_outcome(ui: &Ui, plan: &ReleasesPlan, outcome: Option<&ReleasesOutcome>) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(plan, outcome));
    }
    let Some(outcome) = outcome else { return };
    for deleted in &outcome.deleted {
        ui.answer(&format!(
            "deleted {} releases from {}; their files: {}",
            deleted.releases.len(),
            deleted.index,
            deleted.log.display()
        ));
        if let Some(text) = kept_summary(&[(&deleted.kept, deleted.files)]) {
            ui.note(&format!("{text}; `git devpi index restore LOG` restores them"));
        }
    }
    for (subject, why) in &outcome.left_alone {
        ui.warn(&format!("{subject} is not deleted: {why}"));
    }
}

fn as_json(plan: &ReleasesPlan, outcome: Option<&ReleasesOutcome>) -> Value {
    json!({
        "schema": 1,
        "repository": plan.repository.as_str(),
        "dry_run": outcome.is_none(),
        "plan": plan.indexes.iter().map(|thinned| json!({
            "index": thinned.index.to_string(),
            "branch": thinned.record.branch,
            "staying": thinned.staying,
            "releases": thinned.releases.releases.iter().map(|release| json!({
                "project": release.project.as_str(),
                "version": release.version,
                "files": release.files.iter().map(|file| json!({
                    "name": file.file_name,
                    "sha256": file.sha256.as_str(),
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "skipped": plan.left_alone.iter().map(|(index, why)| json!({
            "index": index.to_string(),
            "reason": why,
        })).collect::<Vec<_>>(),
        "deleted": outcome.map(|outcome| outcome.deleted.iter().map(|deleted| json!({
            "index": deleted.index.to_string(),
            "log": deleted.log.display().to_string(),
            "files": deleted.files,
            "kept_files": deleted.kept.files,
            "kept_bytes": deleted.kept.bytes,
            "releases": deleted.releases.iter().map(|(project, version)| json!({
                "project": project,
                "version": version,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>()).unwrap_or_default(),
        "left_alone": outcome.map(|outcome| outcome.left_alone.iter().map(|(subject, why)| json!({
            "what": subject,
            "reason": why,
        })).collect::<Vec<_>>()).unwrap_or_default(),
    })
}
