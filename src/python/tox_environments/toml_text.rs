//! Values of a TOML configuration.

use toml_edit::{Document, Item, Value};

use super::values::Values;

/// The table that all environments inherit.
const BASE: &[&str] = &["env_run_base"];

/// A TOML configuration.
pub(super) struct TomlText {
    document: Document<String>,
    root: &'static [&'static str],
}

impl TomlText {
    /// `root` is the path of tox's table.
    pub fn new(document: Document<String>, root: &'static [&'static str]) -> Result<Self, String> {
        let values = Self { document, root };
        // Its tables apply to the environments that their factors make.
        if values.get(&[], "env_base").is_some() { Err("env_base".to_owned()) } else { Ok(values) }
    }

    fn get(&self, table: &[&str], key: &str) -> Option<&Item> {
        let path = self.root.iter().chain(table).chain(std::iter::once(&key));
        path.copied().try_fold(self.document.as_item(), |item, key| item.get(key))
    }

    fn raw(&self, name: &str, keys: &[&str]) -> Option<&Item> {
        keys.iter().find_map(|key| self.get(&["env", name], key).or_else(|| self.get(BASE, key)))
    }
}

impl Values for TomlText {
    fn env_list(&self) -> Result<Vec<String>, String> {
        let Some(item) = self.get(&[], "env_list") else { return Ok(Vec::new()) };
        let name = |value: &Value| value.as_str().filter(|name| !name.contains('{')).map(str::to_owned);
        let names = item.as_array().and_then(|array| array.iter().map(name).collect::<Option<Vec<_>>>());
        names.ok_or_else(|| "env_list".to_owned())
    }

    fn core(&self, keys: &[&str]) -> Result<Option<String>, String> {
        let found = keys.iter().find_map(|key| self.get(&[], key));
        found.map(|item| plain(item).ok_or_else(|| keys[0].to_owned())).transpose()
    }

    fn of(&self, name: &str, keys: &[&str]) -> Result<Option<String>, String> {
        let found = self.raw(name, keys);
        found.map(|item| plain(item).ok_or_else(|| format!("{} of {name}", keys[0]))).transpose()
    }

    fn has_commands(&self, name: &str) -> Result<bool, String> {
        let Some(item) = self.raw(name, &["commands"]) else { return Ok(false) };
        let commands = item.as_array().ok_or_else(|| format!("commands of {name}"))?;
        // A table stands for commands that a condition or another environment gives.
        match commands.is_empty() || commands.iter().any(Value::is_array) {
            true => Ok(!commands.is_empty()),
            false => Err(format!("commands of {name}")),
        }
    }
}

/// A string without references, or a flag.
fn plain(item: &Item) -> Option<String> {
    match item.as_value()? {
        Value::Boolean(flag) => Some(flag.value().to_string()),
        Value::String(text) if !text.value().contains('{') => Some(text.value().clone()),
        _ => None,
    }
}
