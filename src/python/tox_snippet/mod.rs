//! The fallback for teams without git-devpi's plugin: external packaging in tox's configuration, and `toxfile.py`, which reports the
//! result.
//!
//! Each function edits a text in any format of the configuration; the error is the reason why it cannot be edited.

mod ini_format;
mod package_environment;
mod toml_format;
mod toxfile;

use super::tox_file::{ToxFormat, edit_legacy, legacy_ini};
use package_environment::Edited;
use toml_format::Place;

pub(super) use toxfile::{
    FILE_NAME, TOXFILE, edit as add_hook, has_other_code, is_present as has_hook, remove as remove_hook,
};

/// Why an edit is refused whose result would not be read back.
const UNUSUAL: &str = "has a form that cannot be edited";

/// Adds the package environment, and makes every test environment use it.
pub(super) fn add(text: &str, format: ToxFormat) -> Edited {
    let edited = match format {
        ToxFormat::Ini(core) => ini_format::edit(text, core),
        ToxFormat::LegacyIni => edit_legacy(text, |ini| ini_format::edit(ini, "tox")),
        ToxFormat::Pyproject => toml_format::edit(text, Place::Pyproject),
        ToxFormat::ToxToml => toml_format::edit(text, Place::ToxToml),
    }?;
    if is_present(&edited, format) { Ok(edited) } else { Err(UNUSUAL.to_owned()) }
}

/// Removes what [`add`], also of earlier versions, wrote; the text is the same without it.
pub(super) fn remove(text: &str, format: ToxFormat) -> Edited {
    match format {
        ToxFormat::Ini(core) => ini_format::remove(text, core),
        ToxFormat::LegacyIni => edit_legacy(text, |ini| ini_format::remove(ini, "tox")),
        ToxFormat::Pyproject => toml_format::remove(text, Place::Pyproject),
        ToxFormat::ToxToml => toml_format::remove(text, Place::ToxToml),
    }
}

/// Whether the configuration has the package environment.
pub(super) fn is_present(text: &str, format: ToxFormat) -> bool {
    match format {
        ToxFormat::Ini(core) => ini_format::is_present(text, core),
        ToxFormat::LegacyIni => ini_format::is_present(&legacy_ini(text).unwrap_or_default(), "tox"),
        ToxFormat::Pyproject => toml_format::is_present(text, Place::Pyproject),
        ToxFormat::ToxToml => toml_format::is_present(text, Place::ToxToml),
    }
}

/// The environments that the package environment does not serve, each with its setting that says so.
pub(super) fn exceptions(text: &str, format: ToxFormat) -> Vec<(String, String)> {
    match format {
        ToxFormat::Ini(core) => ini_format::exceptions(text, core),
        ToxFormat::LegacyIni => ini_format::exceptions(&legacy_ini(text).unwrap_or_default(), "tox"),
        ToxFormat::Pyproject => toml_format::exceptions(text, Place::Pyproject),
        ToxFormat::ToxToml => toml_format::exceptions(text, Place::ToxToml),
    }
}

/// The setting with which no environment installs the project, if it is set.
pub(super) fn no_package_key(text: &str, format: ToxFormat) -> Option<&'static str> {
    match format {
        ToxFormat::Ini(core) => ini_format::no_package_key(text, core),
        ToxFormat::LegacyIni => ini_format::no_package_key(&legacy_ini(text).unwrap_or_default(), "tox"),
        ToxFormat::Pyproject => toml_format::no_package_key(text, Place::Pyproject),
        ToxFormat::ToxToml => toml_format::no_package_key(text, Place::ToxToml),
    }
}

/// The lines to add by hand.
pub(super) fn by_hand(format: ToxFormat) -> String {
    match format {
        ToxFormat::Ini(_) | ToxFormat::LegacyIni => ini_format::snippet(),
        ToxFormat::Pyproject => toml_format::snippet(Place::Pyproject),
        ToxFormat::ToxToml => toml_format::snippet(Place::ToxToml),
    }
}
