//! `requires` of tox's configuration: the packages that tox needs beside itself, of which git-devpi is its plugin.
//!
//! Edits one entry of the text and keeps comments, layout and line ends. The result is parsed again: an unexpected one is refused.

mod ini_list;
mod requirement;
mod toml_list;

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::tox_file::{ToxFormat, edit_legacy, legacy_ini};
use requirement::{Edited, PACKAGE, is_ours, split_name, unusual};

/// The oldest supported tox, and later ones: a requirement that admits none of them excludes all.
const SUPPORTED: [&str; 6] = ["4.2.8", "4.11.4", "4.21.2", "4.30.3", "4.67", "9999"];

/// Adds git-devpi; the text is the same if it is there.
pub(super) fn add(text: &str, format: ToxFormat) -> Edited {
    if is_present(text, format) {
        return Ok(text.to_owned());
    }
    let edited = match format {
        ToxFormat::Ini(core) => ini_list::add(text, core),
        ToxFormat::LegacyIni => edit_legacy(text, |ini| ini_list::add(ini, "tox")),
        ToxFormat::ToxToml => toml_list::add(text, ""),
        ToxFormat::Pyproject => toml_list::add(text, "tool.tox"),
    }?;
    if is_present(&edited, format) { Ok(edited) } else { Err(unusual()) }
}

/// Removes git-devpi, and the setting if it has no other entry.
pub(super) fn remove(text: &str, format: ToxFormat) -> Edited {
    if !is_present(text, format) {
        return Ok(text.to_owned());
    }
    let edited = match format {
        ToxFormat::Ini(core) => ini_list::remove(text, core),
        ToxFormat::LegacyIni => edit_legacy(text, |ini| ini_list::remove(ini, "tox")),
        ToxFormat::ToxToml => toml_list::remove(text, ""),
        ToxFormat::Pyproject => toml_list::remove(text, "tool.tox"),
    }?;
    if is_present(&edited, format) { Err(unusual()) } else { Ok(edited) }
}

/// Whether the configuration requires git-devpi.
pub(super) fn is_present(text: &str, format: ToxFormat) -> bool {
    entries(text, format).iter().any(|entry| is_ours(entry))
}

/// The line to add by hand.
pub(super) fn by_hand(format: ToxFormat) -> String {
    match format {
        ToxFormat::Ini(core) => format!("[{core}]\nrequires = {PACKAGE}\n"),
        ToxFormat::LegacyIni => format!("[tox]\nrequires = {PACKAGE}\n"),
        ToxFormat::ToxToml => format!("requires = [\"{PACKAGE}\"]\n"),
        ToxFormat::Pyproject => format!("[tool.tox]\nrequires = [\"{PACKAGE}\"]\n"),
    }
}

/// Returns the requirement that excludes every supported tox, such as `tox<4`.
pub(super) fn excludes_tox(text: &str, format: ToxFormat) -> Option<String> {
    let excludes = |entry: &String| {
        let (name, specifiers) = split_name(entry);
        let specifiers = specifiers.split(';').next().unwrap_or_default().trim();
        let admits = |specifiers: VersionSpecifiers| {
            SUPPORTED.iter().filter_map(|v| Version::from_str(v).ok()).any(|v| specifiers.contains(&v))
        };
        name == "tox" && !VersionSpecifiers::from_str(specifiers).map_or(true, admits)
    };
    entries(text, format).into_iter().find(excludes)
}

fn entries(text: &str, format: ToxFormat) -> Vec<String> {
    match format {
        ToxFormat::Ini(core) => ini_list::entries(text, core),
        ToxFormat::LegacyIni => ini_list::entries(&legacy_ini(text).unwrap_or_default(), "tox"),
        ToxFormat::ToxToml => toml_list::entries(text, ""),
        ToxFormat::Pyproject => toml_list::entries(text, "tool.tox"),
    }
}

#[cfg(test)]
mod tests;
