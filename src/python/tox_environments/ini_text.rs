//! Values of an INI configuration.

use std::collections::BTreeMap;

use super::factors;
use super::values::Values;
use crate::python::ini::Ini;

/// The section that all environments inherit.
const BASE: &str = "testenv";

/// An INI configuration.
pub(super) struct IniText<'a> {
    ini: Ini,
    core: &'a str,
    /// The section of each environment that has one: a header may name several (`[testenv:{unit,lint}]`).
    sections: BTreeMap<String, String>,
}

impl<'a> IniText<'a> {
    pub fn parse(text: &str, core: &'a str) -> Result<Self, String> {
        let ini = Ini::parse(text);
        let mut sections = BTreeMap::new();
        for section in ini.section_names() {
            let Some(header) = section.strip_prefix("testenv:") else { continue };
            for name in factors::names(header).map_err(|_| format!("[{section}]"))? {
                sections.entry(name).or_insert_with(|| section.to_owned());
            }
        }
        Ok(Self { ini, core, sections })
    }

    /// The first existing one of `keys`, each looked up in the environment's own section before the common one, as tox does.
    fn raw(&self, name: &str, keys: &[&str]) -> Option<&str> {
        let own = self.sections.get(name).map(String::as_str);
        let places = |key: &'_ str| own.into_iter().chain([BASE]).find_map(|section| self.ini.get(section, &[key]));
        keys.iter().find_map(|key| places(key))
    }
}

impl Values for IniText<'_> {
    fn env_list(&self) -> Result<Vec<String>, String> {
        let list = self.ini.get(self.core, &["env_list", "envlist"]).unwrap_or_default();
        factors::names(list).map_err(|expression| format!("{expression:?} in env_list"))
    }

    fn core(&self, keys: &[&str]) -> Result<Option<String>, String> {
        self.ini.get(self.core, keys).map(|value| single(value, "", keys[0])).transpose()
    }

    fn of(&self, name: &str, keys: &[&str]) -> Result<Option<String>, String> {
        self.raw(name, keys).map(|value| single(value, name, keys[0])).transpose()
    }

    fn has_commands(&self, name: &str) -> Result<bool, String> {
        let Some(value) = self.raw(name, &["commands"]) else { return Ok(false) };
        let lines = factors::lines_for(value, name).map_err(|line| format!("{line:?} in commands of {name}"))?;
        Ok(!lines.is_empty())
    }
}

/// A value of one line without references.
fn single(value: &str, name: &str, key: &str) -> Result<String, String> {
    let of = if name.is_empty() { String::new() } else { format!(" of {name}") };
    let lines = factors::lines_for(value, name).map_err(|line| format!("{line:?} in {key}{of}"))?;
    match lines[..] {
        // Lines for other environments only.
        [] => Ok(String::new()),
        [line] if !line.contains(['{', '\\']) => Ok(line.to_owned()),
        _ => Err(format!("{key}{of}")),
    }
}
