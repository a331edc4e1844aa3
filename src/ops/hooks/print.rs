//! The lines to add for users of hook managers.

use crate::ops::hooks::event::Event;

/// The lines to add to one file of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The tool.
    pub tool: &'static str,
    /// The file.
    pub file: String,
    /// The lines.
    pub text: String,
}

/// Returns the lines for plain scripts, husky, lefthook and pre-commit.
///
/// The command exits with 0 unless `devpi.onError` is `block`. pre-commit passes one ref of a push and no deletions, so a
/// separate hook, in a file or in git's configuration, sees more.
pub fn recipes(events: &[Event]) -> Vec<Recipe> {
    let mut recipes = Vec::new();
    for event in events {
        let name = event.name();
        let line = format!("git-devpi hook {name} \"$@\"");
        recipes.push(Recipe { tool: "a script of your own", file: name.to_owned(), text: line.clone() });
        recipes.push(Recipe { tool: "husky", file: format!(".husky/{name}"), text: line });
    }
    let lefthook = events.iter().map(|event| {
        let name = event.name();
        format!("{name}:\n  commands:\n    devpi:\n      run: git-devpi hook {name} {{0}}\n      use_stdin: true")
    });
    let text = lefthook.collect::<Vec<_>>().join("\n");
    recipes.push(Recipe { tool: "lefthook", file: "lefthook.yml".to_owned(), text });
    if events.contains(&Event::PrePush) {
        recipes.push(pre_commit());
    }
    recipes
}

/// pre-commit gives its hooks an empty stdin, and passes git's input in variables.
fn pre_commit() -> Recipe {
    let text = "- repo: local\n  hooks:\n    - id: devpi\n      name: devpi\n      language: system\n      stages: [pre-push]\n      \
                always_run: true\n      pass_filenames: false\n      entry: sh -c 'test -z \"$PRE_COMMIT_REMOTE_BRANCH\" || printf \
                \"x %s %s %s\\n\" \"$PRE_COMMIT_TO_REF\" \"$PRE_COMMIT_REMOTE_BRANCH\" \
                0000000000000000000000000000000000000000 | git-devpi hook pre-push \"$PRE_COMMIT_REMOTE_NAME\" \
                \"$PRE_COMMIT_REMOTE_URL\"'";
    Recipe { tool: "pre-commit", file: ".pre-commit-config.yaml".to_owned(), text: text.to_owned() }
}
