//! Takes a change of `init` out of a configuration file that may have been edited since.

use std::path::Path;

use crate::python::reverse_edit::{Reversed, reverse};
use crate::python::tox_file::{self, ToxFormat};
use crate::python::tox_requires;

/// A file without a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// The text, and the lines that the change replaced and that do not come back.
    Text(Reversed),
    /// Without the change, the file could not be read: it has to be undone by hand.
    Unreadable(String),
}

/// Returns the file `path`, whose text is `current`, without the change from `before` to `after`.
pub fn undo(path: &Path, (before, after): (Option<&str>, Option<&str>), current: Option<&str>) -> Undone {
    let reversed = reverse(before, after, current);
    let Some(format) = format_of(path, current.unwrap_or_default()) else { return Undone::Text(reversed) };
    // The user may have added to the list that the entry of `init` is in.
    let is_named = |text: Option<&str>| text.is_some_and(|text| tox_requires::is_present(text, format));
    let text = match reversed.text.as_deref() {
        Some(text) if is_named(after) && !is_named(before) && is_named(Some(text)) => {
            Some(tox_requires::remove(text, format).unwrap_or_else(|_| text.to_owned()))
        }
        other => other.map(str::to_owned),
    };
    // A file that had the defect before keeps it.
    let defect = |text: Option<&str>| text.and_then(|text| tox_file::defect(text, format));
    match defect(text.as_deref()) {
        Some(problem) if defect(current).is_none() => Undone::Unreadable(problem),
        _ => Undone::Text(Reversed { text, ..reversed }),
    }
}

/// The format of a file that `init` writes; `None` for another one than a configuration.
fn format_of(path: &Path, text: &str) -> Option<ToxFormat> {
    match path.file_name()?.to_str()? {
        "tox.ini" => Some(ToxFormat::Ini("tox")),
        "setup.cfg" => Some(ToxFormat::Ini("tox:tox")),
        "pyproject.toml" if tox_file::legacy_ini(text).is_some() => Some(ToxFormat::LegacyIni),
        "pyproject.toml" => Some(ToxFormat::Pyproject),
        name if name.ends_with(".toml") => Some(ToxFormat::ToxToml),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_goes_from_a_list_that_was_edited_since() {
        let (before, after) = ("[tox]\nrequires = a\n", "[tox]\nrequires = a, git-devpi\n");
        let now = "[tox]\nrequires = a, git-devpi, b\n";
        let Undone::Text(reversed) = undo(Path::new("tox.ini"), (Some(before), Some(after)), Some(now)) else {
            unreachable!()
        };
        assert_eq!(reversed.text.as_deref(), Some("[tox]\nrequires = a, b\n"));
        // An entry that was there before stays.
        let text = Some("[tox]\nrequires = git-devpi\nx = 1\n");
        let undone = undo(Path::new("tox.ini"), (Some("[tox]\nrequires = git-devpi\n"), text), text);
        assert!(matches!(undone, Undone::Text(Reversed { text: Some(text), .. }) if text.contains("git-devpi")));
    }

    #[test]
    fn a_file_that_could_not_be_read_is_not_written() {
        let (before, after) = ("[a]\nx = 1\n", "[a]\nx = 1\n\n[tool.git-devpi]\nrequire = [\n  \"unit\",\n]\n");
        let now =
            after.replace("require = [", "require = [ # mine").replace("  \"unit\",\n", "  \"unit\",\n  \"mine\",\n");
        let undone = undo(Path::new("x/pyproject.toml"), (Some(before), Some(after)), Some(&now));
        assert!(matches!(undone, Undone::Unreadable(_)), "{undone:?}");
    }
}
