//! The snippet in `tox.ini`, `setup.cfg` and `legacy_tox_ini`.

use super::package_environment::{Edited, OUR_COMMAND, PACKAGE_ENVIRONMENT, PACKAGE_KEYS};
use crate::python::ini::Ini;

/// The section that all test environments inherit.
const BASE: &str = "testenv";

/// Edits `text`, whose core section is `core`.
pub(super) fn edit(text: &str, core: &str) -> Edited {
    let ini = Ini::parse(text);
    refuse_what_installs_nothing(&ini, core)?;
    let section = package_section(&ini, core);
    let mut edited = ini.clone();
    if ini.get(BASE, &["package"]) != Some("external") {
        edited = edited.with(BASE, &["package"], "external");
    }
    if ini.get(BASE, &["usedevelop", "use_develop"]).is_some_and(is_true) {
        // It takes precedence over `package`.
        edited = edited.without(BASE, &["usedevelop", "use_develop"]);
    }
    if !ini.has_section(&section) {
        return Ok(edited.with_block(&block(&section)).text().to_owned());
    }
    if !ini.get(&section, &["commands"]).is_some_and(|commands| commands.contains(OUR_COMMAND)) {
        return Err(format!("has a section [{section}] that builds the package in another way"));
    }
    for (key, value) in PACKAGE_KEYS.iter().filter(|(key, _)| *key != "commands") {
        let keys = aliases(key);
        let complete = match (*key, ini.get(&section, keys)) {
            ("package_glob", present) => present.is_some(),
            (_, present) => present.is_some_and(|text| words(text).any(|word| word == *value || word == "*")),
        };
        if !complete {
            edited = edited.with(&section, keys, value);
        }
    }
    Ok(edited.text().to_owned())
}

/// The complete snippet, for editing by hand.
pub(super) fn snippet() -> String {
    format!("[{BASE}]\npackage = external\n\n{}", block(&format!("{BASE}:{PACKAGE_ENVIRONMENT}")))
}

fn block(section: &str) -> String {
    let keys: String = PACKAGE_KEYS.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[{section}]\n{keys}")
}

/// The section of the package environment; tox derives the name from `package_env` if it is set.
fn package_section(ini: &Ini, core: &str) -> String {
    let of_base = ini.get(BASE, &["package_env"]).map(str::to_owned);
    let of_core = || ini.get(core, &["package_env", "isolated_build_env"]).map(|name| format!("{name}_external"));
    let name = of_base.or_else(of_core).unwrap_or_else(|| PACKAGE_ENVIRONMENT.to_owned());
    format!("{BASE}:{name}")
}

fn refuse_what_installs_nothing(ini: &Ini, core: &str) -> Result<(), String> {
    if ini.get(core, &["no_package", "skipsdist"]).is_some_and(is_true) {
        return Err("sets no_package: no environment installs the project".to_owned());
    }
    if ini.get(BASE, &["skip_install"]).is_some_and(is_true) {
        return Err("sets skip_install for every environment: none installs the project".to_owned());
    }
    match ini.get(BASE, &["runner"]) {
        Some(runner) if runner.contains("lock") => {
            Err(format!("uses the runner {runner}, which takes no external package"))
        }
        _ => Ok(()),
    }
}

fn aliases(key: &str) -> &'static [&'static str] {
    match key {
        "pass_env" => &["pass_env", "passenv"],
        "allowlist_externals" => &["allowlist_externals", "whitelist_externals"],
        _ => &["package_glob"],
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty())
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
}
