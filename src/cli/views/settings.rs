//! The answer of `settings`.

use serde_json::{Map, Value, json};

use super::table;
use crate::cli::ui::Ui;
use crate::model::names::escape_for_terminal;
use crate::ops::settings::Row;
use crate::settings::{Kind, Warning};

/// Shows every setting.
pub fn show(ui: &Ui, rows: &[Row]) {
    if ui.wants_json() {
        return ui.answer_json(&json!({ "schema": 1, "settings": as_json(rows) }));
    }
    let lines = rows.iter().map(|row| {
        let (value, origin) = match &row.value {
            Some(set) if set.value.is_empty() => ("(none)".to_owned(), set.origin.to_string()),
            Some(set) => (escape_for_terminal(&set.value.join(" ")), set.origin.to_string()),
            None => ("-".to_owned(), String::new()),
        };
        vec![row.key.name().to_owned(), value, escape_for_terminal(&origin)]
    });
    ui.answer(&table::render(&["setting", "value", "from"], lines.collect()));
}

/// Returns the text of a warning, with the setting that was probably meant.
pub fn warning_text(warning: &Warning) -> String {
    let Warning::UnknownGitConfig { did_you_mean, .. } = warning;
    let meant = did_you_mean.map(|key| format!("; did you mean {key}?")).unwrap_or_default();
    format!("{}{meant}", escape_for_terminal(&warning.to_string()))
}

fn as_json(rows: &[Row]) -> Map<String, Value> {
    let entry = |row: &Row| {
        let value = match &row.value {
            None => Value::Null,
            Some(set) if row.key.spec().kind == Kind::List => json!(set.value),
            Some(set) => json!(set.value.join(" ")),
        };
        json!({ "value": value, "origin": row.value.as_ref().map(|set| set.origin.to_string()) })
    };
    rows.iter().map(|row| (row.key.name().to_owned(), entry(row))).collect()
}
