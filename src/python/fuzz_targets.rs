//! The parsers of this room that read foreign bytes.

use std::ops::Range;
use std::path::PathBuf;

use super::ini::{self, Ini};
use super::pyproject::TomlFile;
use super::python_source::{self, Bound};
use super::source_text::SourceText;
use super::tox_file::ToxFormat;
use super::version_literal::{of_expression, version_literal};
use super::{static_value, tox_requires, tox_snippet};
use crate::model::fuzz_targets::Target;

/// Each parser with its name.
pub const TARGETS: [Target; 4] =
    [("ini", ini), ("tox-edits", tox_edits), ("python-source", python_source), ("pyproject", pyproject)];

/// Formats of tox's configuration.
const FORMATS: [ToxFormat; 5] =
    [ToxFormat::Ini("tox"), ToxFormat::Ini("tox:tox"), ToxFormat::LegacyIni, ToxFormat::ToxToml, ToxFormat::Pyproject];

fn ini(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let ini = Ini::parse(&text);
    assert_eq!(ini.text(), text);
    let _ = ini::defect(&text);
    let sections: Vec<&str> = ini.section_names().take(8).collect();
    for section in sections {
        let keys: Vec<&str> = ini.keys(section).take(8).collect();
        for key in keys {
            let _ = ini.get(section, &[key]);
            check_range(&text, ini.span(section, &[key]));
            let _ = (ini.with(section, &[key], "new"), ini.without(section, &[key]));
        }
        let _ = ini.without_empty_section(section);
    }
}

fn tox_edits(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // `init` edits no text that tox cannot read.
    let is_ini = ini::defect(&text).is_none();
    for format in FORMATS.into_iter().filter(|format| is_ini || !matches!(format, ToxFormat::Ini(_))) {
        let _ = (tox_snippet::exceptions(&text, format), tox_snippet::no_package_key(&text, format));
        let _ = tox_requires::excludes_tox(&text, format);
        if let Ok(edited) = tox_snippet::add(&text, format) {
            assert!(tox_snippet::is_present(&edited, format), "{format:?}: {edited:?}");
            assert_eq!(tox_snippet::add(&edited, format).as_ref(), Ok(&edited), "{format:?}: a second edit changes it");
            let _ = tox_snippet::remove(&edited, format);
        }
        if let Ok(edited) = tox_requires::add(&text, format) {
            assert!(tox_requires::is_present(&edited, format), "{format:?}: {edited:?}");
            assert_eq!(
                tox_requires::add(&edited, format).as_ref(),
                Ok(&edited),
                "{format:?}: a second edit changes it"
            );
            let _ = tox_requires::remove(&edited, format);
        }
    }
}

fn python_source(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for name in ["__version__", "V"] {
        if let Some(Bound::Computed(range)) = python_source::binding(&text, name) {
            check_range(&text, Some(range.clone()));
            let _ = of_expression(&text, name, range);
        }
        if let Some(literal) = version_literal(&text, name) {
            check_range(&text, Some(literal.range));
        }
        let _ = python_source::mentions(&text, name);
    }
    for keyword in [python_source::setup_keyword, python_source::meson_project_keyword] {
        if let Some(found) = keyword(&text, "version")
            && let Bound::Computed(range) = found.bound
        {
            let _ = static_value::evaluate(&text, range);
        }
    }
    let _ = (static_value::strings(&text), python_source::possible_paths(&text));
}

fn pyproject(bytes: &[u8]) {
    let file = SourceText::from_bytes(PathBuf::from("pyproject.toml"), bytes.to_vec());
    let text = file.text().to_owned();
    let Ok(toml) = TomlFile::parse(file) else { return };
    let _ = (toml.build_requirements(), toml.texts(&["project", "dynamic"]), toml.has(&["tool", "tox"]));
    check_range(&text, toml.text_span(&["project", "version"]));
}

/// Panics if `range` is not a part of `text`.
fn check_range(text: &str, range: Option<Range<usize>>) {
    if let Some(range) = range {
        let _ = &text[range];
    }
}
