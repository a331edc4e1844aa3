//! Edits the repository's settings file, preserving comments, order and formatting.

use toml_edit::{Array, DocumentMut, Item, TableLike, Value, value};

use super::error::Error;
use super::keys::{Key, Kind};
use super::repository_file::{OWN_FILE, PYPROJECT, document};

/// A planned edit of the repository's settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryEdit {
    /// `pyproject.toml` or `.git-devpi.toml`.
    pub file: &'static str,
    /// The current text; `None` if the file does not exist.
    pub before: Option<String>,
    /// The text after the edit; equal to `before` if nothing changes.
    pub after: String,
}

/// Plans an edit that sets `values`: each key with one value, or with several for a list.
///
/// Edits `.git-devpi.toml` if it exists, else `[tool.git-devpi]` of an existing `pyproject.toml`, else a new `.git-devpi.toml`. Does not
/// change entries that have the same value.
pub fn set_values(
    pyproject: Option<&str>,
    own: Option<&str>,
    values: &[(Key, Vec<String>)],
) -> Result<RepositoryEdit, Error> {
    let (file, before) = match (pyproject, own) {
        (Some(pyproject), None) => (PYPROJECT, Some(pyproject)),
        (_, own) => (OWN_FILE, own),
    };
    let text = before.unwrap_or_default();
    let mut document = document(text, file)?;
    // A line at the end would belong to the last table.
    let can_append = file == OWN_FILE && !document.iter().any(|(_, item)| item.is_table() || item.is_array_of_tables());
    let table = if file == PYPROJECT { table_of_pyproject(&mut document)? } else { Some(document.as_table_mut() as _) };
    let mut lines = String::new();
    if let Some(table) = table {
        for (key, new_values) in values {
            if table.contains_key(key.name()) || !can_append {
                set(table, *key, new_values);
            } else {
                lines.push_str(&line(*key, new_values));
            }
        }
    } else if !values.is_empty() {
        lines = format!(
            "[tool.git-devpi]\n{}",
            values.iter().map(|(key, new_values)| line(*key, new_values)).collect::<String>()
        );
        if !text.trim().is_empty() {
            lines.insert(0, '\n');
        }
    }
    let after = with_line_endings_of(text, appended(document.to_string(), &lines));
    check(&after, file)?;
    Ok(RepositoryEdit { file, before: before.map(str::to_owned), after })
}

/// Returns the table `[tool.git-devpi]`; `None` if it does not exist.
fn table_of_pyproject(document: &mut DocumentMut) -> Result<Option<&mut dyn TableLike>, Error> {
    let not_a_table = || Error::BadFile { path: PYPROJECT.into(), reason: "tool.git-devpi is not a table".to_owned() };
    // Mutable access would create the entry.
    if document.get("tool").and_then(|tool| tool.get("git-devpi")).is_none() {
        return Ok(None);
    }
    match document.get_mut("tool").and_then(|tool| tool.get_mut("git-devpi")) {
        Some(item) => item.as_table_like_mut().map(Some).ok_or_else(not_a_table),
        None => Ok(None),
    }
}

/// Appends `lines` to `text`, after comments at the end.
fn appended(mut text: String, lines: &str) -> String {
    if !lines.is_empty() && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text + lines
}

/// Checks that the new text is valid: appending a table fails if `tool` is an inline table.
fn check(text: &str, file: &str) -> Result<(), Error> {
    document(text, file).map(drop)
}

fn line(key: Key, new_values: &[String]) -> String {
    format!("{} = {}\n", key.name(), new_value(key, new_values))
}

fn new_value(key: Key, new_values: &[String]) -> Value {
    match (key.spec().kind, new_values) {
        (Kind::Text | Kind::Duration, [one]) => Value::from(one.as_str()),
        _ => Value::Array(new_values.iter().map(String::as_str).collect::<Array>()),
    }
}

fn set(table: &mut dyn TableLike, key: Key, new_values: &[String]) {
    let name = key.name();
    let mut new = new_value(key, new_values);
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) if texts(old) == new_values => {}
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            table.insert(name, value(new));
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Array(array) => array.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

/// Restores the byte order mark and the line endings, which `toml_edit` does not keep.
fn with_line_endings_of(before: &str, after: String) -> String {
    let after = after.replace("\r\n", "\n");
    let after = if before.contains("\r\n") { after.replace('\n', "\r\n") } else { after };
    match before.strip_prefix('\u{feff}') {
        Some(_) if !after.starts_with('\u{feff}') => format!("\u{feff}{after}"),
        _ => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::RepositoryFile;

    fn values() -> Vec<(Key, Vec<String>)> {
        vec![
            (Key::Server, vec!["https://devpi.example.com/".into()]),
            (Key::User, vec!["shiny".into()]),
            (Key::ReleaseBranches, vec!["main".into()]),
            (Key::Require, vec!["unit".into(), "system".into()]),
        ]
    }

    const TABLE: &str = "[tool.git-devpi]\nserver = \"https://devpi.example.com/\"\nuser = \"shiny\"\n\
                         release-branches = [\"main\"]\nrequire = [\"unit\", \"system\"]\n";

    #[test]
    fn a_pyproject_keeps_every_comment_and_blank() {
        let before = "# top\n[build-system]  # why\nrequires = [\n  \"hatchling\",   # one\n]\n\n\n[project]\nname   =   'x'\n# end\n";
        let edit = set_values(Some(before), None, &values()).unwrap();
        assert_eq!(edit.after, format!("{before}\n{TABLE}"));
        assert_eq!(edit.file, "pyproject.toml");
        let again = set_values(Some(&edit.after), None, &values()).unwrap();
        assert_eq!(again.after, edit.after, "a second time changes nothing");
    }

    #[test]
    fn a_table_between_others_grows_where_it_is() {
        let before = "[tool.black]\nline-length = 100\n\n[tool.git-devpi]\n# ours\nuser = 'old'  # who\nkeep-for = \"1h\"\n\n\
                      [tool.tox]\nenv_list = []\n";
        let edit = set_values(Some(before), None, &[(Key::User, vec!["new".into()])]).unwrap();
        assert_eq!(edit.after, before.replace("'old'", "\"new\""));
        let edit = set_values(Some(before), None, &[(Key::Require, vec!["unit".into()])]).unwrap();
        assert_eq!(edit.after, before.replace("\"1h\"\n", "\"1h\"\nrequire = [\"unit\"]\n"));
    }

    #[test]
    fn tables_of_tool_are_not_moved() {
        let before = "[tool.black]\nline-length = 100\n\n[project]\nname = \"x\"\n\n[tool.ruff]\nline-length = 100\n";
        let edit = set_values(Some(before), None, &values()).unwrap();
        let without = edit.after.replace(&format!("\n{TABLE}"), "");
        assert_eq!(without, before, "{}", edit.after);
    }

    #[test]
    fn line_ends_and_byte_order_mark_stay() {
        let before = "\u{feff}[project]\r\nname = \"x\"\r\n";
        let edit = set_values(Some(before), None, &[(Key::User, vec!["a".into()])]).unwrap();
        assert_eq!(edit.after, format!("{before}\r\n[tool.git-devpi]\r\nuser = \"a\"\r\n"));
    }

    #[test]
    fn a_file_of_its_own_is_preferred_where_it_is() {
        let edit = set_values(Some("[project]\n"), Some("# ours\n"), &values()[1..2]).unwrap();
        assert_eq!((edit.file, edit.after.as_str()), (".git-devpi.toml", "# ours\nuser = \"shiny\"\n"));
        let new = set_values(None, None, &values()).unwrap();
        assert_eq!(new.before, None);
        let read = RepositoryFile::parse(None, Some(&new.after)).unwrap().unwrap();
        assert_eq!(read.values, values());
    }

    #[test]
    fn a_new_key_of_a_file_with_tables_belongs_to_no_table() {
        for before in ["user = \"a\"\n\n[x]\ny = 1\n", "# ours\n[[x]]\ny = 1\n", "[tool.git-devpi]\nuser = \"a\"\n"] {
            let after = set_values(None, Some(before), &values()).unwrap().after;
            let document: DocumentMut = after.parse().unwrap();
            assert_eq!(document["user"].as_str(), Some("shiny"), "{after}");
            assert_eq!(document["server"].as_str(), Some("https://devpi.example.com/"), "{after}");
        }
    }

    #[test]
    fn what_cannot_be_edited_is_refused() {
        for bad in ["tool = 1\n", "tool = { x = 1 }\n", "[tool]\ngit-devpi = 1\n", "[project\n"] {
            let error = set_values(Some(bad), None, &values()).unwrap_err();
            assert!(matches!(error, Error::BadFile { .. }), "{bad}");
        }
        let inline = set_values(Some("tool.git-devpi = { user = \"x\" }\n"), None, &values()[1..2]).unwrap();
        assert_eq!(inline.after, "tool.git-devpi = { user = \"shiny\" }\n");
    }
}
