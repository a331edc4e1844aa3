//! The answer of `ci-recipe`.

use serde_json::json;

use crate::cli::ui::Ui;
use crate::ops::ci_recipe::Recipe;

/// Shows the configuration, and where it belongs.
pub fn show(ui: &Ui, recipe: &Recipe) {
    let Recipe { path, secrets, text } = recipe;
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "path": path, "secrets": secrets, "text": text }));
    }
    ui.answer(text);
    ui.note(&format!("save it as {path}, and give CI the secret {}", secrets.join(", ")));
}
