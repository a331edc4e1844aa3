//! The answer of `completions --install`.

use std::path::Path;

use serde_json::json;

use crate::cli::ui::Ui;
use crate::ops::completions::ScriptShell;

/// Shows the installed file, and what the shell needs besides.
pub fn show(ui: &Ui, shell: ScriptShell, file: &Path) {
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "path": file }));
    }
    ui.answer(&file.to_string_lossy());
    match shell {
        ScriptShell::Bash => {
            let line = format!("source '{}'", file.display());
            ui.hint(&format!(
                "new shells with bash-completion read it; without bash-completion, add to ~/.bashrc: {line}"
            ));
        }
        ScriptShell::Zsh => {
            let folder = file.parent().unwrap_or(file).display();
            ui.hint(&format!("add to ~/.zshrc, before the line with `compinit`: fpath=('{folder}' $fpath)"));
        }
        ScriptShell::Fish => {}
    }
}
