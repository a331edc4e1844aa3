//! The output of `init`.

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::cli::failure;
use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::ops;
use crate::ops::init::{Answer, NextVersions, Outcome, Step, ToxChange};
use crate::python::file_edit::{DiffLine, FileEdit};
use crate::python::tox_setup::ToxWay;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

/// A step and its outcome.
pub struct StepReport {
    /// The step as a phrase, for example "install the hooks".
    pub what: String,
    /// Whether it wrote files that the team commits.
    pub changes_tracked_files: bool,
    /// The outcome; `None` if the step was declined.
    pub outcome: Option<Outcome>,
}

/// Returns a step as an imperative phrase, for a question or a note.
pub fn what(step: &Step) -> String {
    let names = |edits: &[FileEdit]| edits.iter().map(file_name).collect::<Vec<_>>().join(" and ");
    match step {
        Step::Settings { edit, .. } => format!("write the settings into {}", file_name(edit)),
        Step::Server(url) => {
            format!("name the server {url} in git's configuration of this clone: no other machine has it")
        }
        Step::Production { name, new } if new.bases.is_empty() => format!("create the production index {name}"),
        Step::Production { name, new } => {
            let bases = new.bases.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            format!("create the production index {name} with the bases {bases}")
        }
        Step::BranchIndex { branch, name } => format!("create the index {name} for the branch {branch}"),
        Step::Remote { index, .. } => {
            format!("name this clone's remote in the record of {index}, so that no fork decides about it")
        }
        Step::Register { project, indexes } => {
            format!("register {project} on {}, so that no other index provides that name", indexes[0])
        }
        Step::Hooks { chained } if chained.is_empty() => "install the git hooks in this clone".to_owned(),
        Step::Hooks { chained } => {
            let names = chained.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
            format!(
                "install the git hooks in this clone, to run after the existing {}",
                names.collect::<Vec<_>>().join(" and ")
            )
        }
        Step::Tox(ToxChange { way, edits, .. }) => match (way, edits.iter().any(|edit| edit.after.is_none())) {
            (ToxWay::Plugin, false) if edits.len() == 1 => {
                format!(
                    "let tox load git-devpi's plugin, which tests the package from the branch's index ({})",
                    names(edits)
                )
            }
            (ToxWay::Plugin, _) => format!("replace git-devpi's lines by its plugin of tox ({})", names(edits)),
            (ToxWay::Snippet, _) => {
                format!("configure tox to test the package from the branch's index ({})", names(edits))
            }
        },
    }
}

/// Shows the diff of the files that a step would change.
pub fn change(ui: &Ui, step: &Step) {
    step.edits().iter().for_each(|edit| edit_diff(ui, edit));
}

/// Shows the name of a file, and the diff of its change.
pub fn edit_diff(ui: &Ui, edit: &FileEdit) {
    ui.note(&format!("  {}{}", file_name(edit), change_of(edit)));
    for line in edit.diff() {
        ui.note(&match line {
            DiffLine::Same(text) => format!("    {}", escape_for_terminal(&text)),
            DiffLine::Added(text) => format!("  {ADDED}+ {}{ADDED:#}", escape_for_terminal(&text)),
            DiffLine::Removed(text) => format!("  {REMOVED}- {}{REMOVED:#}", escape_for_terminal(&text)),
            DiffLine::Gap => "    …".to_owned(),
        });
    }
}

fn change_of(edit: &FileEdit) -> &'static str {
    match (&edit.before, &edit.after) {
        (None, _) => " (new)",
        (_, None) => " (deleted)",
        _ => "",
    }
}

/// Shows what to know about a proposal.
pub fn notes(ui: &Ui, answer: &Answer) {
    for note in &answer.notes {
        let note = escape_for_terminal(note);
        if answer.values.is_empty() { ui.warn(&note) } else { ui.note(&note) }
    }
}

/// Shows a setting that needs no question.
pub fn settled(ui: &Ui, answer: &Answer) {
    if !answer.values.is_empty() {
        ui.note(&format!(
            "{:<17} {}  ({})",
            answer.key.name(),
            escape_for_terminal(&answer.values.join(" ")),
            answer.origin
        ));
    }
}

/// What is shown after the steps.
pub struct SetupEnd<'a> {
    /// Problems, and changes that must be made manually.
    pub remarks: &'a [String],
    /// What to know about the steps.
    pub notes: &'a [String],
    /// The versions of the next builds.
    pub next: &'a [NextVersions],
    /// Why the hooks are not installed.
    pub hooks_missing: Option<&'a ops::Error>,
}

/// Shows the end of the setup: warnings, the next steps, and last that the hooks are missing.
pub fn show(ui: &Ui, done: &[StepReport], end: &SetupEnd<'_>) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(done, end));
    }
    if done.is_empty() && end.hooks_missing.is_none() {
        ui.note("nothing to do: this repository is set up");
    }
    if done.iter().any(|step| step.changes_tracked_files && step.outcome.is_some()) {
        ui.note("commit the changed files for the team; `git diff` shows the changes");
    }
    let by_hand = done.iter().filter_map(|step| match &step.outcome {
        Some(Outcome::Manual(why)) => Some(why),
        _ => None,
    });
    for remark in end.remarks.iter().chain(by_hand) {
        ui.warn(remark);
    }
    for note in end.notes {
        ui.note(note);
    }
    for versions in end.next {
        ui.note(&format!(
            "build 57 of {} gets the version {} on a release branch, {} on other branches",
            versions.project, versions.release, versions.branch
        ));
    }
    if let Some(error) = end.hooks_missing {
        ui.warn(&format!("the hooks are not installed, so pushes from this clone create no index: {error}"));
        failure::hints(error).iter().for_each(|hint| ui.hint(hint));
    }
}

fn as_json(done: &[StepReport], end: &SetupEnd<'_>) -> Value {
    let steps: Vec<Value> = done
        .iter()
        .map(|step| match &step.outcome {
            Some(Outcome::Done(text)) => json!({ "what": step.what, "done": true, "outcome": text }),
            Some(Outcome::Manual(text)) => json!({ "what": step.what, "done": false, "outcome": text }),
            None => json!({ "what": step.what, "done": false, "outcome": null }),
        })
        .collect();
    let next: Vec<Value> = end
        .next
        .iter()
        .map(|v| json!({ "project": v.project.as_str(), "release": v.release.to_string(), "branch": v.branch.to_string() }))
        .collect();
    let missing = end.hooks_missing.map(|error| json!({ "error": error.to_string(), "hints": failure::hints(error) }));
    json!({ "schema": 1, "steps": steps, "remarks": end.remarks, "notes": end.notes, "build_57": next, "hooks_missing": missing })
}

fn file_name(edit: &FileEdit) -> String {
    edit.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
