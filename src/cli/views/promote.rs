//! The answer of `promote`.

use serde_json::{Value, json};
use url::Url;

use super::evidence::{failed_before_json, note_unreadable, passed_after_failures, unreadable_json, when, who};
use super::table;
use crate::cli::ui::Ui;
use crate::model::names::{CommitId, ProjectName, escape_for_terminal};
use crate::model::promotion::{Blocker, FileEvidence, FlakyPolicy};
use crate::model::release::ReleaseFile;
use crate::ops::promote::{Decision, IndexUpload, Interruption, PromoteOutcome, Promotion, UnmetRequirement};

/// Shows the decisions and the evidence for them.
pub fn show(ui: &Ui, outcome: &PromoteOutcome) {
    if ui.wants_json() {
        return ui.answer_json(&outcome_json(outcome));
    }
    let evidence: Vec<FileEvidence> = outcome.promotions.iter().flat_map(|one| one.evidence.clone()).collect();
    if !evidence.is_empty() {
        ui.answer(&evidence_table(&evidence));
    }
    for promotion in &outcome.promotions {
        note_unreadable(ui, &promotion.unreadable);
        if promotion.flaky == FlakyPolicy::Warn {
            warn_of_flaky(ui, &promotion.evidence);
        }
        show_decision(ui, promotion);
        if let Some(line) = install_line(promotion, &outcome.index_url) {
            ui.answer(&format!("install it: {line}"));
        }
    }
    for UnmetRequirement { project, requirement, production } in &outcome.unmet {
        let requirement = escape_for_terminal(requirement);
        ui.warn(&format!(
            "{project} requires {requirement}, and {production} has no such version: promote it there too"
        ));
    }
    let interruption = outcome.interruption.as_ref().filter(|interruption| !interruption.remaining.is_empty());
    if let Some(Interruption { project, remaining, .. }) = interruption {
        let names: Vec<String> = remaining.iter().map(ToString::to_string).collect();
        ui.warn(&format!("not promoted after the failure of {project}: {}", names.join(", ")));
    }
}

fn show_decision(ui: &Ui, promotion: &Promotion) {
    let Promotion { from, to, .. } = promotion;
    let release = release(promotion);
    match &promotion.decision {
        Decision::Promoted => ui.answer(&format!("promoted {release} from {from} to {to}")),
        Decision::AlreadyThere => ui.answer(&format!("{to} has {release} already, with the same bytes")),
        Decision::Ready => ui.answer(&format!("{release} may be promoted from {from} to {to}; nothing was changed")),
        Decision::Blocked(blockers) => {
            for blocker in blockers {
                ui.error(&format!("{release} may not be promoted to {to}: {blocker}"));
            }
            for hint in hints(blockers) {
                ui.hint(hint);
            }
        }
    }
    if matches!(promotion.decision, Decision::Promoted | Decision::AlreadyThere) {
        let (names, project, version) =
            (file_names(&promotion.production_files), &promotion.project, escape_for_terminal(&promotion.version));
        ui.answer(&format!("{to} holds {project} {version}: {names}"));
        let extra: Vec<String> = promotion.extra_files().map(|file| escape_for_terminal(&file.file_name)).collect();
        if !extra.is_empty() {
            ui.warn(&format!("not part of the promoted release, but on {to}: {}", extra.join(", ")));
        }
    }
    if let Some(IndexUpload { index, files }) = &promotion.upload {
        let index = escape_for_terminal(index.as_str());
        for file in files {
            ui.answer(&format!("{} on {index}: {}", escape_for_terminal(&file.file_name), file.outcome.as_str()));
        }
    }
}

/// The command that installs a promoted release; `uv pip` has the same options.
fn install_line(promotion: &Promotion, index_url: &Url) -> Option<String> {
    let is_there = matches!(promotion.decision, Decision::Promoted | Decision::AlreadyThere);
    let (project, version) = (&promotion.project, escape_for_terminal(&promotion.version));
    is_there.then(|| format!("pip install --index-url {index_url} {project}=={version}"))
}

/// `demo-pkg 1.4.57 (commit 1a2b3c4)`
fn release(promotion: &Promotion) -> String {
    let version = escape_for_terminal(&promotion.version);
    match &promotion.commit {
        Some(commit) => format!("{} {version} (commit {})", promotion.project, commit.short()),
        None => format!("{} {version}", promotion.project),
    }
}

fn file_names(files: &[ReleaseFile]) -> String {
    files.iter().map(|file| escape_for_terminal(&file.file_name)).collect::<Vec<_>>().join(", ")
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
            passed_after_failures(&item.failed_before),
        ]
    });
    table::render(&["file", "environment", "verdict", "who", "when", "note"], rows.collect())
}

/// Warns of the environments that failed before they passed.
fn warn_of_flaky(ui: &Ui, evidence: &[FileEvidence]) {
    for item in evidence.iter().filter(|item| !item.failed_before.is_empty()) {
        let (file, environment) = (escape_for_terminal(&item.file_name), escape_for_terminal(&item.environment));
        ui.warn(&format!("{file} in {environment} is flaky: {}", passed_after_failures(&item.failed_before)));
    }
}

/// Returns the hints for the blockers, each hint once.
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
            "a version can be promoted only once: build the commit again with a new build number, and promote that release"
        }
        Blocker::NotFinal { .. } => "promote a build of a release branch, which has a final version",
        Blocker::NoSuchRelease { .. } => "`git devpi status` shows the releases of the branch",
        Blocker::NoProvenance { .. } | Blocker::SeveralCommits { .. } => {
            "build it with `git devpi ensure`, which records the commit; or add its uploader to evidence-users on the release branch"
        }
        Blocker::NotOnReleaseBranch { .. } => {
            "merge the branch, push the release branch, and promote the release that is built from it"
        }
        Blocker::AncestryUnknown { .. } => "fetch the history: `git fetch --unshallow`",
        Blocker::MissingPlatform { .. } => {
            "build this commit on that platform too: `git devpi ensure` adds the wheel; or change platforms on the release branch"
        }
        Blocker::NothingRequired => {
            "name the environments that must pass: `--require unit`, or require = [\"unit\"] in [tool.git-devpi] on the release branch"
        }
        Blocker::MissingEvidence { .. } => "test this file: in CI with `tox`, or with `git devpi test -e ENV`",
        Blocker::Failed { .. } => "`git devpi results` shows the reports; the newest report of an environment counts",
        Blocker::Flaky { .. } => {
            "build the commit again with a new build number, and test that build; or set flaky = \"warn\" on the release branch"
        }
        Blocker::WithheldReport { .. } => {
            "test the file again, in CI with `tox`, or with `git devpi test -e ENV`; the newest result counts"
        }
        Blocker::Withdrawn { .. } => "to bring it back, name it: `git devpi promote VERSION`",
        Blocker::HigherInProduction { .. } => {
            "to promote the older version all the same: `git devpi promote VERSION --older`"
        }
    }
}

/// One project: its promotion. Several, or a failure: an object with a list of them.
fn outcome_json(outcome: &PromoteOutcome) -> Value {
    let unmet = |one: &UnmetRequirement| {
        json!({
            "project": one.project.as_str(),
            "requirement": one.requirement,
            "production": one.production.to_string(),
        })
    };
    let unmet = outcome.unmet.iter().map(unmet).collect::<Vec<_>>();
    if let ([promotion], None) = (&outcome.promotions[..], &outcome.interruption) {
        let mut answer = as_json(promotion, &outcome.index_url);
        answer["unmet_requirements"] = json!(unmet);
        return answer;
    }
    json!({
        "schema": 1,
        "unmet_requirements": unmet,
        "projects": outcome.promotions.iter().map(|promotion| as_json(promotion, &outcome.index_url)).collect::<Vec<_>>(),
        "interruption": outcome.interruption.as_ref().map(|interruption| json!({
            "project": interruption.project.as_str(),
            "error": interruption.error.to_string(),
            "remaining": interruption.remaining.iter().map(ProjectName::as_str).collect::<Vec<_>>(),
        })),
    })
}

fn as_json(promotion: &Promotion, index_url: &Url) -> Value {
    let (decision, blockers) = match &promotion.decision {
        Decision::Promoted => ("promoted", Vec::new()),
        Decision::AlreadyThere => ("already there", Vec::new()),
        Decision::Ready => ("ready", Vec::new()),
        Decision::Blocked(blockers) => ("blocked", blockers.iter().map(ToString::to_string).collect()),
    };
    let item = |item: &FileEvidence| {
        let row = item.row.as_ref();
        json!({
            "file": item.file_name,
            "environment": item.environment,
            "verdict": item.verdict().as_str(),
            "who": row.and_then(|row| row.who.clone()),
            "when": row.map(|row| row.when.to_string()),
            "failed_before": failed_before_json(&item.failed_before),
        })
    };
    json!({
        "schema": 1,
        "decision": decision,
        "project": promotion.project.as_str(),
        "version": promotion.version,
        "from": promotion.from.to_string(),
        "to": promotion.to.to_string(),
        "commit": promotion.commit.as_ref().map(CommitId::as_str),
        "files": promotion.files.iter().map(file_json).collect::<Vec<_>>(),
        "index_url": index_url.as_str(),
        "install": install_line(promotion, index_url),
        "production": promotion.production_files.iter().map(file_json).collect::<Vec<_>>(),
        "evidence": promotion.evidence.iter().map(item).collect::<Vec<_>>(),
        "upload": promotion.upload.as_ref().map(|upload| json!({
            "index": upload.index.as_str(),
            "files": upload.files.iter().map(|file| json!({
                "name": file.file_name,
                "outcome": file.outcome.as_str(),
            })).collect::<Vec<_>>(),
        })),
        "unreadable": unreadable_json(&promotion.unreadable),
        "blockers": blockers,
    })
}

fn file_json(file: &ReleaseFile) -> Value {
    json!({ "name": file.file_name, "sha256": file.sha256.as_str() })
}
