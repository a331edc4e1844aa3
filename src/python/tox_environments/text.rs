//! Reading the environments from the text of the configuration, without tox.
//!
//! The text is read completely or not at all: a value that only tox can evaluate is an error that names it.

use toml_edit::Document;

use super::ini_text::IniText;
use super::input::Input;
use super::role::{Facts, ToxEnvironment};
use super::toml_text::TomlText;
use super::values::Values;
use crate::python::tox_file::{self, ToxFormat};

/// Reads the environments of `env_list`.
pub(super) fn env_list(input: &Input) -> Result<Vec<ToxEnvironment>, String> {
    if input.plugin.is_some() {
        return Err("toxfile.py may change it".to_owned());
    }
    let ini = |text, core| read(&IniText::parse(text, core)?, input);
    let toml = |root: &'static [&'static str]| {
        let document = Document::parse(input.text.clone()).map_err(|error| error.message().replace('\n', ", "))?;
        read(&TomlText::new(document, root)?, input)
    };
    match input.format {
        ToxFormat::Ini(core) => ini(&input.text, core),
        ToxFormat::LegacyIni => ini(&tox_file::legacy_ini(&input.text).unwrap_or_default(), "tox"),
        ToxFormat::ToxToml => toml(&[]),
        ToxFormat::Pyproject => toml(&["tool", "tox"]),
    }
}

fn read(values: &dyn Values, input: &Input) -> Result<Vec<ToxEnvironment>, String> {
    let environment = |name: String| {
        let role = facts(values, &name, input)?.role();
        Ok(ToxEnvironment { name, role })
    };
    values.env_list()?.into_iter().map(environment).collect()
}

fn facts(values: &dyn Values, name: &str, input: &Input) -> Result<Facts, String> {
    if values.of(name, &["base"])?.is_some() {
        return Err(format!("base of {name}"));
    }
    let core_flag = |keys: &[&str]| is_true(values.core(keys)?, keys[0]);
    let flag = |keys: &[&str]| is_true(values.of(name, keys)?, keys[0]);
    let runner = values.of(name, &["runner"])?;
    let package = if core_flag(&["no_package", "skipsdist"])? || flag(&["skip_install"])? {
        Some("skip".to_owned())
    } else if runner.as_deref() == Some("virtualenv-pep-723") {
        None
    } else if flag(&["use_develop", "usedevelop"])? {
        Some("editable".to_owned())
    } else {
        let default = if input.has_project() { "sdist" } else { "skip" };
        let package = values.of(name, &["package"])?.unwrap_or_else(|| default.to_owned());
        // Older tox rejects an empty value, newer tox takes the default.
        Some(Some(package).filter(|package| !package.is_empty()).ok_or_else(|| format!("package of {name}"))?)
    };
    Ok(Facts { package, runner, has_commands: values.has_commands(name)?, hands_out_package: input.hands_out_package })
}

fn is_true(value: Option<String>, key: &str) -> Result<bool, String> {
    let Some(value) = value else { return Ok(false) };
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(format!("{key} = {value}")),
    }
}
