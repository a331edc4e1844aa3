//! The snippet in `tox.ini`, `setup.cfg` and `legacy_tox_ini`.

use super::package_environment::{
    Edited, NO_PACKAGE, OUR_COMMAND, PACKAGE_ENVIRONMENT, PACKAGE_KEYS, SKIPPED, lock_runner,
};
use crate::python::ini::Ini;

/// The section that all test environments inherit.
const BASE: &str = "testenv";

/// The section that all packaging environments inherit.
///
/// Not `testenv:.pkg_external`, which earlier versions wrote: `tox -e ALL` takes it for a test environment and fails.
const PACKAGE_BASE: &str = "pkgenv";

/// Edits `text`, whose core section is `core`.
pub(super) fn edit(text: &str, core: &str) -> Edited {
    let ini = Ini::parse(text);
    refuse_what_installs_nothing(&ini)?;
    let section = package_section(&ini, core);
    refuse_foreign_environment(&ini, &section)?;
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
    for (key, value) in PACKAGE_KEYS.iter().rev() {
        let keys = aliases(key);
        let complete = match (*key, ini.get(&section, keys)) {
            ("package_glob" | "commands", present) => present.is_some(),
            (_, present) => present.is_some_and(|text| words(text).any(|word| word == *value || word == "*")),
        };
        if !complete {
            edited = edited.with(&section, keys, value);
        }
    }
    Ok(edited.text().to_owned())
}

/// Removes what [`edit`], also of earlier versions, wrote.
pub(super) fn remove(text: &str, core: &str) -> Edited {
    let ini = Ini::parse(text);
    if !is_present(text, core) {
        return Ok(text.to_owned());
    }
    let section = package_section(&ini, core);
    let ours: Vec<&[&str]> = PACKAGE_KEYS.iter().map(|(key, _)| aliases(key)).collect();
    let other = ini.keys(&section).find(|key| !ours.iter().any(|names| names.contains(key)));
    if let Some(other) = other.filter(|_| section != PACKAGE_BASE) {
        return Err(format!("has {other} in [{section}], which git-devpi did not write"));
    }
    let mut edited = ini.clone();
    for keys in ours {
        edited = edited.without(&section, keys);
    }
    edited = edited.without_empty_section(&section);
    if ini.get(BASE, &["package"]) == Some("external") {
        edited = edited.without(BASE, &["package"]).without_empty_section(BASE);
    }
    Ok(edited.text().to_owned())
}

/// Whether a package environment of the snippet exists.
pub(super) fn is_present(text: &str, core: &str) -> bool {
    let ini = Ini::parse(text);
    ini.get(&package_section(&ini, core), &["commands"]).is_some_and(|commands| commands.contains(OUR_COMMAND))
}

/// The environments for which tox builds the project itself, each with the setting that says so.
pub(super) fn exceptions(text: &str, core: &str) -> Vec<(String, String)> {
    let ini = Ini::parse(text);
    let package = package_section(&ini, core);
    let mut found = Vec::new();
    for section in ini.section_names().filter(|section| *section != package) {
        let Some(name) = section.strip_prefix("testenv:") else { continue };
        let setting = match (ini.get(section, &["package"]), ini.get(section, &["runner"])) {
            (_, Some(runner)) if runner.contains("lock") => format!("runner = {runner}"),
            (Some(package), _) if !["external", "skip", "deps-only"].contains(&package) => {
                format!("package = {package}")
            }
            _ if ini.get(section, &["usedevelop", "use_develop"]).is_some_and(is_true) => "use_develop".to_owned(),
            _ => continue,
        };
        found.push((name.to_owned(), setting));
    }
    found
}

/// The complete snippet, for editing by hand.
pub(super) fn snippet() -> String {
    format!("[{BASE}]\npackage = external\n\n{}", block(PACKAGE_BASE))
}

/// The setting with which no environment installs the project, if it is set.
pub(super) fn no_package_key(text: &str, core: &str) -> Option<&'static str> {
    let ini = Ini::parse(text);
    NO_PACKAGE.into_iter().find(|key| ini.get(core, &[key]).is_some_and(is_true))
}

fn block(section: &str) -> String {
    let keys: String = PACKAGE_KEYS.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[{section}]\n{keys}")
}

/// The section of the package environment: the one of earlier versions, whose name follows `package_env`, else that of all of them.
fn package_section(ini: &Ini, core: &str) -> String {
    let of_base = ini.get(BASE, &["package_env"]).map(str::to_owned);
    let of_core = || ini.get(core, &["package_env", "isolated_build_env"]).map(|name| format!("{name}_external"));
    let name = of_base.or_else(of_core).unwrap_or_else(|| PACKAGE_ENVIRONMENT.to_owned());
    let own = format!("{BASE}:{name}");
    if ini.has_section(&own) { own } else { PACKAGE_BASE.to_owned() }
}

fn refuse_foreign_environment(ini: &Ini, section: &str) -> Result<(), String> {
    if ini.get(section, &["commands"]).is_some_and(|commands| commands.contains(OUR_COMMAND)) {
        return Ok(());
    }
    if section != PACKAGE_BASE {
        return Err(format!("has a section [{section}] that builds the package in another way"));
    }
    let taken: Vec<&str> =
        PACKAGE_KEYS.iter().map(|(key, _)| *key).filter(|key| ini.get(section, aliases(key)).is_some()).collect();
    if taken.is_empty() { Ok(()) } else { Err(format!("already sets {} in [{section}]", taken.join(", "))) }
}

fn refuse_what_installs_nothing(ini: &Ini) -> Result<(), String> {
    if ini.get(BASE, &["skip_install"]).is_some_and(is_true) {
        return Err(SKIPPED.to_owned());
    }
    match ini.get(BASE, &["runner"]) {
        Some(runner) if runner.contains("lock") => Err(lock_runner(runner)),
        _ => Ok(()),
    }
}

fn aliases(key: &str) -> &'static [&'static str] {
    match key {
        "pass_env" => &["pass_env", "passenv"],
        "allowlist_externals" => &["allowlist_externals", "whitelist_externals"],
        "commands" => &["commands"],
        _ => &["package_glob"],
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty())
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
}
