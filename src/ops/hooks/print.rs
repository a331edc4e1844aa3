//! The lines to add for users of hook managers.

use crate::ops::Error;
use crate::ops::hooks::event::Event;
use crate::ops::hooks::manager::HookManager;
use crate::ops::hooks::route;
use crate::workspace::Workspace;

/// The lines to add to one file of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The tool.
    pub tool: &'static str,
    /// The file.
    pub file: String,
    /// The lines.
    pub text: String,
    /// Whether the tool manages a hook of this repository.
    pub is_used: bool,
}

/// Returns the lines for husky, lefthook, pre-commit and plain scripts; those of the managers that this repository uses come first.
///
/// The command exits with 0 unless `devpi.onError` is `block`, also without git-devpi: files in the work tree are shared with people
/// who do not have it. pre-commit passes one ref of a push and no deletions, so a separate hook, in a file or in git's
/// configuration, sees more.
pub fn recipes(workspace: &Workspace<'_>) -> Result<Vec<Recipe>, Error> {
    let used = used_managers(workspace)?;
    let mut recipes = Vec::new();
    for event in Event::ALL {
        let line = guarded(event, "\"$@\"");
        recipes.push(recipe(Some(HookManager::Husky), format!(".husky/{}", event.name()), line));
    }
    recipes.push(recipe(Some(HookManager::Lefthook), "lefthook.yml, or lefthook-local.yml".to_owned(), lefthook()));
    recipes.push(recipe(Some(HookManager::PreCommit), ".pre-commit-config.yaml".to_owned(), pre_commit()));
    for event in Event::ALL {
        recipes.push(recipe(None, event.name().to_owned(), guarded(event, "\"$@\"")));
    }
    for recipe in &mut recipes {
        recipe.is_used = used.iter().any(|manager| recipe.tool.starts_with(manager.name()))
            || (used.contains(&HookManager::Prek) && recipe.tool.contains("prek"));
    }
    recipes.sort_by_key(|recipe| !recipe.is_used);
    Ok(recipes)
}

fn used_managers(workspace: &Workspace<'_>) -> Result<Vec<HookManager>, Error> {
    let repository = workspace.repository()?;
    let folder = repository.hooks()?.dir;
    let routes = Event::ALL.map(|event| route::find(repository, &folder, event));
    let mut used = Vec::new();
    for route in routes {
        used.extend(route?.manager);
    }
    used.extend(HookManager::of_folder(&folder));
    Ok(used)
}

fn recipe(manager: Option<HookManager>, file: String, text: String) -> Recipe {
    let tool = match manager {
        Some(HookManager::PreCommit) => "pre-commit, prek",
        Some(manager) => manager.name(),
        None => "a script of your own",
    };
    Recipe { tool, file, text, is_used: false }
}

/// One line of shell that runs the hook, or says that git-devpi is missing.
fn guarded(event: Event, arguments: &str) -> String {
    let name = event.name();
    format!(
        "if command -v git-devpi >/dev/null 2>&1; then git-devpi hook {name} {arguments}; \
         else echo 'devpi: git-devpi not found on PATH, {name} hook skipped' >&2; fi"
    )
}

/// lefthook skips a command of pre-push when the push changes no files, unless the command names files that exist.
fn lefthook() -> String {
    let one = |event: &Event| {
        let (name, run) = (event.name(), guarded(*event, "{0}"));
        let (files, unused) = match event {
            Event::PrePush => ("\n      files: git rev-parse --git-path HEAD", ": {files}; "),
            Event::PostMerge | Event::PostRewrite | Event::PostReceive => ("", ""),
        };
        format!("{name}:\n  commands:\n    devpi:\n      use_stdin: true{files}\n      run: |\n        {unused}{run}")
    };
    Event::ALL.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// pre-commit gives its hooks an empty stdin, and passes git's input in variables, without PRE_COMMIT_TO_REF for a root commit.
fn pre_commit() -> String {
    let mut text =
        "default_install_hook_types: [pre-commit, pre-push, post-merge, post-rewrite]\nrepos:\n- repo: local\n  hooks:"
            .to_owned();
    for event in Event::ALL {
        let name = event.name();
        let command = match event {
            Event::PrePush => {
                "test -z \"$PRE_COMMIT_REMOTE_BRANCH\" || printf \"x %s %s %s\\n\" \"${PRE_COMMIT_TO_REF:-$(git rev-parse \"$PRE_COMMIT_LOCAL_BRANCH\")}\" \
                 \"$PRE_COMMIT_REMOTE_BRANCH\" 0000000000000000000000000000000000000000 | \
                 git-devpi hook pre-push \"$PRE_COMMIT_REMOTE_NAME\" \"$PRE_COMMIT_REMOTE_URL\""
            }
            Event::PostMerge => "git-devpi hook post-merge \"${PRE_COMMIT_IS_SQUASH_MERGE:-0}\"",
            // pre-commit has no such stage.
            Event::PostReceive => continue,
            Event::PostRewrite => "git-devpi hook post-rewrite \"${PRE_COMMIT_REWRITE_COMMAND:-rebase}\"",
        };
        text.push_str(&format!(
            "\n  - id: devpi-{name}\n    name: git-devpi {name}\n    language: system\n    stages: [{name}]\n    \
             always_run: true\n    pass_filenames: false\n    verbose: true\n    entry: sh -c 'command -v git-devpi >/dev/null || exit 0; {command}'"
        ));
    }
    text
}
