//! The answers of `hooks`.

use serde_json::{Value, json};

use super::table;
use crate::cli::failure;
use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::ops;
use crate::ops::hooks::{
    ConfigHook, EventStatus, HookFile, HookManager, HooksStatus, InstallAction, InstallOutcome, Mode, Obstacle, Recipe,
    Removed, ScriptState,
};
use crate::workspace::hook_backoff::Cause;

/// Shows what was installed.
pub fn show_installed(ui: &Ui, outcome: &InstallOutcome) {
    let folder = outcome.folder.as_ref().map(|folder| folder.display().to_string());
    if ui.wants_json() {
        let mode = if outcome.mode == Mode::Config { "config" } else { "file" };
        let hooks =
            outcome.hooks.iter().map(|(event, done)| json!({ "event": event.name(), "done": done_word(*done) }));
        let hooks: Vec<Value> = hooks.collect();
        return ui.answer_json(&json!({ "schema": 1, "mode": mode, "folder": folder, "hooks": hooks }));
    }
    let place =
        folder.as_ref().map_or("git config of this repository".to_owned(), |folder| escape_for_terminal(folder));
    for (event, done) in &outcome.hooks {
        let what = match done {
            InstallAction::Installed => "installed in",
            InstallAction::Updated => "updated in",
            InstallAction::Unchanged => "already installed in",
            InstallAction::Chained => "installed, to run after the existing hook, in",
            InstallAction::RunByOther => "already run by another program's hook in",
        };
        ui.answer(&format!("{} hook {what} {place}", event.name()));
    }
}

fn done_word(done: InstallAction) -> &'static str {
    match done {
        InstallAction::Installed => "installed",
        InstallAction::Updated => "renewed",
        InstallAction::Unchanged => "was-there",
        InstallAction::Chained => "chained",
        InstallAction::RunByOther => "run-by-other",
    }
}

/// Shows what was removed, and which hooks other programs still run.
pub fn show_removed(ui: &Ui, removed: &[Removed], after: &HooksStatus) {
    let still = || after.events.iter().filter_map(|event| Some((event.event.name(), event.route.caller.as_ref()?)));
    let one = |removed: &Removed| match removed {
        Removed::Config { section } => json!({ "config": section }),
        Removed::File { path, restored } => json!({ "file": path.display().to_string(), "restored": restored }),
    };
    if ui.wants_json() {
        let still: Vec<Value> =
            still().map(|(event, path)| json!({ "event": event, "run_from": path.display().to_string() })).collect();
        let removed = removed.iter().map(one).collect::<Vec<_>>();
        return ui.answer_json(&json!({ "schema": 1, "removed": removed, "still_run": still }));
    }
    if removed.is_empty() && still().next().is_none() {
        ui.note("git-devpi has installed no hooks in this repository");
    }
    for removed in removed {
        ui.answer(&removed_text(removed));
    }
    for (event, path) in still() {
        ui.warn(&format!(
            "{event} still runs: remove its lines from {}",
            escape_for_terminal(&path.display().to_string())
        ));
    }
}

/// Shows the configuration for other hook managers.
pub fn show_recipes(ui: &Ui, recipes: &[Recipe]) {
    if ui.wants_json() {
        let one = |recipe: &Recipe| json!({ "tool": recipe.tool, "file": recipe.file, "text": recipe.text, "used": recipe.is_used });
        return ui.answer_json(&json!({ "schema": 1, "recipes": recipes.iter().map(one).collect::<Vec<_>>() }));
    }
    let shown = recipes.iter().map(|recipe| {
        let used = if recipe.is_used { " (used in this repository)" } else { "" };
        format!("# {}{used}: {}\n{}\n", recipe.tool, recipe.file, recipe.text)
    });
    ui.answer(shown.collect::<Vec<_>>().join("\n").trim_end());
}

/// Shows which hooks are installed and whether git runs them; `error` is why `hooks install` would fail.
pub fn show_status(ui: &Ui, status: &HooksStatus, error: Option<&ops::Error>) {
    let hints = error.map(failure::hints).unwrap_or_default();
    let obstacle = status.obstacle.as_ref().map(obstacle_text);
    if ui.wants_json() {
        let one = |event: &EventStatus| {
            json!({
                "event": event.event.name(),
                "works": event.works(),
                "config": config_word(event.config),
                "file": event.file.as_ref().map(file_word),
                "chained": matches!(event.file, Some(HookFile::Ours { chained: true, .. })),
                "manager": event.route.manager.map(HookManager::name),
                "run_from": event.route.caller.as_ref().map(|path| path.display().to_string()),
                "not_run": event.route.bypassed.as_ref().map(|path| path.display().to_string()),
            })
        };
        return ui.answer_json(&json!({
            "schema": 1,
            "folder": status.folder.display().to_string(),
            "folder_error": status.folder_error.as_ref().map(ToString::to_string),
            "program": status.program.as_ref().map(|program| program.display().to_string()),
            "hooks": status.events.iter().map(one).collect::<Vec<_>>(),
            "pre_push_does_nothing": obstacle,
            "hints": hints,
        }));
    }
    let rows = status.events.iter().map(|event| {
        let file = match event.route.manager {
            Some(manager) => manager.name(),
            None => event.file.as_ref().map_or("folder shared with other repositories", file_word),
        };
        vec![event.event.name().to_owned(), state_text(event), config_word(event.config).to_owned(), file.to_owned()]
    });
    ui.answer(&table::render(&["hook", "state", "config", "file"], rows.collect()));
    show_warnings(ui, status);
    if let Some(obstacle) = obstacle {
        ui.answer(&format!("pre-push skips its work: {obstacle}"));
    }
    hints.iter().for_each(|hint| ui.hint(hint));
}

fn show_warnings(ui: &Ui, status: &HooksStatus) {
    if let Some(error) = &status.folder_error {
        ui.note(&format!("hooks cannot be installed as files: {error}"));
    }
    if status.program.is_none() {
        ui.warn("git-devpi not found on PATH; the hooks call it by the path from their installation");
    }
    for event in status.events.iter().filter(|event| event.is_double()) {
        ui.warn(&format!(
            "{} is installed twice, in git config and as a file; `git devpi hooks install` removes one of them",
            event.event.name()
        ));
    }
}

fn state_text(event: &EventStatus) -> String {
    let shown = |path: &std::path::Path| escape_for_terminal(&path.display().to_string());
    match (&event.route.caller, &event.route.bypassed) {
        (Some(caller), _) => format!("installed, run from {}", shown(caller)),
        _ if event.works() => "installed".to_owned(),
        (None, Some(path)) => format!("not run: git does not start {}", shown(path)),
        (None, None) => "not installed".to_owned(),
    }
}

fn config_word(hook: ConfigHook) -> &'static str {
    match hook {
        ConfigHook::Missing => "-",
        ConfigHook::Installed => "installed",
        ConfigHook::SwitchedOff => "disabled",
        ConfigHook::GitTooOld => "git is too old",
    }
}

fn file_word(file: &HookFile) -> &'static str {
    match file {
        HookFile::Missing => "-",
        HookFile::Symlink => "symlink",
        HookFile::Foreign => "foreign",
        HookFile::Ours { executable: false, .. } => "not executable",
        HookFile::Ours { state: ScriptState::CrLf, .. } => "CRLF",
        HookFile::Ours { state: ScriptState::Outdated, .. } => "outdated",
        HookFile::Ours { chained: true, .. } => "installed, runs after another hook",
        HookFile::Ours { .. } => "installed",
    }
}

/// Why pre-push has no effect, as a clause.
pub(super) fn obstacle_text(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::SwitchedOff => "GIT_DEVPI_HOOKS=0 is set".to_owned(),
        Obstacle::Skipped(reason) => reason.to_string(),
        Obstacle::LoginExpired(login) => format!(
            "the login of {login} has expired; run `git devpi login`, unless GIT_DEVPI_PASSWORD or git's credential helper has the password"
        ),
        Obstacle::Backoff(backoff) => {
            let cause = match backoff.cause {
                Cause::Unreachable => "the server was unreachable",
                Cause::NoRights => "the server did not allow it",
            };
            format!("{cause}; the hook asks it again after {}", backoff.until.strftime("%Y-%m-%d %H:%M:%S UTC"))
        }
        Obstacle::NoRemote => "the repository has no remote".to_owned(),
    }
}

/// Returns a removed part as a clause.
pub fn removed_text(removed: &Removed) -> String {
    match removed {
        Removed::Config { section } => format!("removed {section} from git config of this repository"),
        Removed::File { path, restored: false } => format!("removed {}", path.display()),
        Removed::File { path, restored: true } => format!("restored the hook from before: {}", path.display()),
    }
}
