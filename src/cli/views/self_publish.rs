//! The answer of `self publish`.

use serde_json::{Value, json};

use crate::cli::ui::Ui;
use crate::ops::self_publish::SelfPublication;

/// Shows the files, and how to install from the index.
pub fn show(ui: &Ui, published: &SelfPublication) {
    let SelfPublication { index, created, simple_url, files } = published;
    if ui.wants_json() {
        let files: Vec<Value> = files
            .iter()
            .map(|file| json!({ "file": file.name, "sha256": file.sha256.as_str(), "uploaded": file.uploaded }))
            .collect();
        return ui.answer_json(&json!({
            "schema": 1, "index": index.to_string(), "created": created, "simple_url": simple_url.as_str(), "files": files,
        }));
    }
    if *created {
        ui.note(&format!("created the index {index}"));
    }
    let lines: Vec<String> = files
        .iter()
        .map(|file| match file.uploaded {
            true => format!("uploaded {} to {index}", file.name),
            false => format!("{index} already contains {}, with the same bytes", file.name),
        })
        .collect();
    ui.answer(&lines.join("\n"));
    ui.hint(&format!("install it: `pip install --index-url {simple_url} --no-deps git-devpi`"));
}
