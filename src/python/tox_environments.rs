//! Reading tox's default environments from its configuration, without running tox.

use std::path::Path;

use super::error::Error;
use super::ini::Ini;
use super::pyproject::TomlFile;
use super::source_text::SourceText;

/// Reads the environments of `env_list` that install the package, in order.
///
/// Omits those with `skip_install`, which do not test the package. Empty if there is no configuration or no `env_list`.
pub fn default_environments(root: &Path) -> Result<Vec<String>, Error> {
    if let Some(file) = SourceText::read(root, "tox.ini")? {
        return Ok(of_ini(file.text(), "tox"));
    }
    if let Some(file) = SourceText::read(root, "setup.cfg")?
        && Ini::parse(file.text()).has_section("tox:tox")
    {
        return Ok(of_ini(file.text(), "tox:tox"));
    }
    if let Some(toml) = TomlFile::read(root, "pyproject.toml")?
        && toml.has(&["tool", "tox"])
    {
        return Ok(match toml.text(&["tool", "tox", "legacy_tox_ini"]) {
            Some(legacy) => of_ini(legacy, "tox"),
            None => of_toml(&toml, &["tool", "tox"]),
        });
    }
    Ok(TomlFile::read(root, "tox.toml")?.map(|toml| of_toml(&toml, &[])).unwrap_or_default())
}

fn of_ini(text: &str, section: &str) -> Vec<String> {
    let ini = Ini::parse(text);
    let skips = |section: &str| match (ini.get(section, &["skip_install"]), ini.get(section, &["package"])) {
        (Some(skip), _) => Some(matches!(skip.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")),
        (None, Some(package)) => Some(package == "skip"),
        (None, None) => None,
    };
    let by_default = skips("testenv").unwrap_or(false);
    let list = ini.get(section, &["env_list", "envlist"]).unwrap_or_default();
    names(list).into_iter().filter(|name| !skips(&format!("testenv:{name}")).unwrap_or(by_default)).collect()
}

fn of_toml(toml: &TomlFile, at: &[&str]) -> Vec<String> {
    let skips = |table: &[&str]| {
        let value = |key: &str| toml.get(&[at, table, &[key]].concat());
        match (value("skip_install").and_then(toml_edit::Item::as_bool), value("package")) {
            (Some(skip), _) => Some(skip),
            (None, Some(package)) => Some(package.as_str() == Some("skip")),
            (None, None) => None,
        }
    };
    let by_default = skips(&["env_run_base"]).unwrap_or(false);
    let list = toml.texts(&[at, &["env_list"]].concat());
    let installs = |name: &&str| !skips(&["env", name]).unwrap_or(by_default);
    list.into_iter().filter(installs).map(str::to_owned).collect()
}

/// Parses an INI list, separated by commas or line ends, and expands `py{310,311}-unit`.
fn names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in list.lines().map(|line| line.split('#').next().unwrap_or_default()) {
        let mut depth = 0_u32;
        let parts = line.split(|c: char| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        });
        for name in parts.flat_map(expand).filter(|name| !name.is_empty()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn expand(pattern: &str) -> Vec<String> {
    let pattern = pattern.trim();
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return Vec::new() };
    let ends = expand(after);
    let one = |choice: &str| -> Vec<String> { ends.iter().map(|end| format!("{before}{choice}{end}")).collect() };
    choices.split(',').map(str::trim).flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        default_environments(dir.path()).unwrap()
    }

    #[test]
    fn tox_ini_lists_its_environments_in_several_ways() {
        assert_eq!(found(&[("tox.ini", "[tox]\nenv_list = unit, system\n")]), ["unit", "system"]);
        let factors = "[tox]\nenvlist =\n    py{310, 311}-{unit,system}  # both\n    docs\n";
        let expected = ["py310-unit", "py310-system", "py311-unit", "py311-system", "docs"];
        assert_eq!(found(&[("tox.ini", factors)]), expected);
        assert!(found(&[("tox.ini", "[testenv]\ncommands = x\n")]).is_empty());
        assert!(found(&[]).is_empty());
    }

    #[test]
    fn an_environment_without_the_package_says_nothing_about_it() {
        let ini = "[tox]\nenv_list = static,unit\n[testenv:static]\nskip_install = true\n";
        assert_eq!(found(&[("tox.ini", ini)]), ["unit"]);
        let ini =
            "[tox]\nenv_list = static,unit\n[testenv]\nskip_install = True\n[testenv:unit]\nskip_install = false\n";
        assert_eq!(found(&[("tox.ini", ini)]), ["unit"]);
        let toml = "env_list = ['lint', 'unit']\n[env.lint]\npackage = 'skip'\n";
        assert_eq!(found(&[("tox.toml", toml)]), ["unit"]);
    }

    #[test]
    fn every_file_that_tox_reads_is_read() {
        assert_eq!(found(&[("setup.cfg", "[tox:tox]\nenvlist = a\n")]), ["a"]);
        let pyproject = "[tool.tox]\nenv_list = ['b', 'c']\nenv.c.skip_install = true\n";
        assert_eq!(found(&[("pyproject.toml", pyproject)]), ["b"]);
        let legacy = "[tool.tox]\nlegacy_tox_ini = '''\n[tox]\nenv_list = d\n'''\n";
        assert_eq!(found(&[("pyproject.toml", legacy)]), ["d"]);
    }
}
