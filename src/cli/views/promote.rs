//! How a promotion looks.

use serde_json::{Value, json};

use super::evidence::{note_unreadable, unreadable_json, when, who};
use super::table;
use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::model::promotion::{Blocker, FileEvidence};
use crate::ops::promote::{Decision, Promotion};

/// Shows what came of a promotion, and on what grounds.
pub fn show(ui: &Ui, promotion: &Promotion) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(promotion));
    }
    let Promotion { project, from, to, .. } = promotion;
    let version = escape_for_terminal(&promotion.version);
    if !promotion.evidence.is_empty() {
        ui.answer(&evidence_table(&promotion.evidence));
    }
    note_unreadable(ui, &promotion.unreadable);
    match &promotion.decision {
        Decision::Promoted => ui.answer(&format!("{project} {version} is promoted from {from} to {to}")),
        Decision::AlreadyThere => ui.answer(&format!("{project} {version} is on {to} already, the same bytes")),
        Decision::Ready => ui.answer(&format!("{project} {version} may be promoted from {from} to {to}")),
        Decision::Blocked(blockers) => {
            for blocker in blockers {
                ui.error(&format!("{project} {version} may not go to {to}: {blocker}"));
            }
            for hint in hints(blockers) {
                ui.hint(hint);
            }
        }
    }
}

fn evidence_table(evidence: &[FileEvidence]) -> String {
    let rows = evidence.iter().map(|item| {
        let row = item.row.as_ref();
        vec![
            escape_for_terminal(&item.file_name),
            escape_for_terminal(&item.environment),
            item.verdict().to_string(),
            row.map_or("-".to_owned(), |row| who(row.who.as_deref())),
            row.map_or("-".to_owned(), |row| when(row.when)),
        ]
    });
    table::render(&["file", "environment", "verdict", "who", "when"], rows.collect())
}

/// What mends the blockers, each hint once.
fn hints(blockers: &[Blocker]) -> Vec<&'static str> {
    let mut hints: Vec<&str> = Vec::new();
    for hint in blockers.iter().map(hint) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints
}

fn hint(blocker: &Blocker) -> &'static str {
    match blocker {
        Blocker::FileConflict { .. } => {
            "a version is promoted once: build the commit again under a new build number, and promote that"
        }
        Blocker::NotFinal { .. } => "promote a build of the release branch: its versions are final",
        Blocker::NoSuchRelease { .. } => "`git devpi status` shows what lies on the branch's index",
        Blocker::NoProvenance { .. } | Blocker::SeveralCommits { .. } => {
            "build it with `git devpi ensure`, which notes the commit; or name who did in evidence-users, on the release branch"
        }
        Blocker::NotOnReleaseBranch { .. } => "merge it, push the release branch, and promote what is built there",
        Blocker::AncestryUnknown { .. } => "fetch the history: `git fetch --unshallow`",
        Blocker::MissingPlatform { .. } => {
            "let CI build this commit there too: `git devpi ensure` adds that platform's wheel; platforms is set on the release branch"
        }
        Blocker::NothingRequired => {
            "say what must be green: `--require unit`, or require = [\"unit\"] in [tool.git-devpi] on the release branch"
        }
        Blocker::MissingEvidence { .. } => "test that very file, in CI with `tox`, or with `git devpi test -e ENV`",
        Blocker::Failed { .. } => "`git devpi results` shows the reports; a newer green one takes a red one's place",
        Blocker::WithheldReport { .. } => "test that file again: a newer result takes its place",
        Blocker::HigherInProduction { .. } => "if that is what you want: `--older`",
    }
}

fn as_json(promotion: &Promotion) -> Value {
    let (decision, blockers) = match &promotion.decision {
        Decision::Promoted => ("promoted", Vec::new()),
        Decision::AlreadyThere => ("already there", Vec::new()),
        Decision::Ready => ("ready", Vec::new()),
        Decision::Blocked(blockers) => ("blocked", blockers.iter().map(ToString::to_string).collect()),
    };
    let evidence_json = |item: &FileEvidence| {
        let row = item.row.as_ref();
        json!({
            "file": item.file_name,
            "environment": item.environment,
            "verdict": item.verdict().as_str(),
            "who": row.and_then(|row| row.who.clone()),
            "when": row.map(|row| row.when.to_string()),
        })
    };
    json!({
        "schema": 1,
        "decision": decision,
        "project": promotion.project.as_str(),
        "version": promotion.version,
        "from": promotion.from.to_string(),
        "to": promotion.to.to_string(),
        "files": promotion.files.iter().map(|file| json!({
            "name": file.file_name,
            "sha256": file.sha256.as_str(),
        })).collect::<Vec<_>>(),
        "evidence": promotion.evidence.iter().map(evidence_json).collect::<Vec<_>>(),
        "unreadable": unreadable_json(&promotion.unreadable),
        "blockers": blockers,
    })
}
